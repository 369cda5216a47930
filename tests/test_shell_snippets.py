"""Every command, script and configuration of the README and the manual, run as it stands there."""

from __future__ import annotations

import asyncio
import email
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zipfile import ZipFile

import nbformat
import pytest
from support.balancer import balancer
from support.foreign import lay_distribution
from support.peers import HEAD, Gate, Visit, chunk, peer
from support.scripts import llama
from support.shells import Served, run, served
from support.snippets import ROOT, codes, snippets
from support.terminals import terminal
from support.typed_cells import CELLS

import cromicle_magic
from cromicle_magic import ask
from cromicle_magic.answer import Answer
from cromicle_magic.line.commandline import read_line
from cromicle_magic.options import OPTIONS
from cromicle_magic.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPConnection, HTTPResponse

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Test = TypeVar("Test")
EXECUTED: set[str] = set()

SERVE = "python -m cromicle_magic serve"
GATEWAY = f"{SERVE} --upstream http://127.0.0.1:11434/v1 --model llama3.2"
ADDRESS = "export CROMICLE_URL=http://127.0.0.1:8001/v1"
HEADLESS = "jupyter execute --inplace notebooks/01-first-prompt.ipynb"
# Options of other programs; the tests of the places that take them use them.
OTHERS = {"--simple-prompt"}
TRY, BENCH = "bash .ci/try", "bash .ci/bench"
# The run that this test is a part of, whole or in part: the only ones that nothing here executes.
THIS_RUN = {
    "bash .ci/test",
    "bash .ci/test tests/test_readme.py",
    "bash .ci/test --matrix tests/running tests/kernel tests/browser/test_stop.py",
}
# What takes long to start, and is run, clicked and looked at in tests/browser.
IN_THE_BROWSER = {"jupyter lab"}

FENCES = {
    kind: [each.text for each in snippets() if each.kind == kind]
    for kind in ("python", "toml", "nginx", "bash")
}
(MANY,) = (text for text in FENCES["bash"] if "--name" in text)
PIPS = [each.text for each in snippets() if each.text.startswith("pip ")]
# A script is known by its last line but one, or by all it has; with what it prints.
SCRIPTS = {
    'system="be brief"))': r"\*\*No model is connected",
    'ask(f"Count to {n}")': r"\*\*No model is connected.*HOST:PORT/v1` *\n +\d+\.\d+\n\*\*No model",
    "error.retryable": r"^ConnectError True\n$",
    "Cromicle.create_async_generator": r"\*\*No model is connected.*HOST:PORT/v1`",
}
PACKAGE = Path(cromicle_magic.__file__).parent
KERNELS = {"JUPYTER_PATH": str(Path(sys.executable).parents[1] / "share" / "jupyter")}


def executes(*texts: str) -> Callable[[Test], Test]:
    """Say which snippets a test executes."""
    EXECUTED.update(texts)
    return lambda test: test


def test_every_snippet_is_executed() -> None:
    """Each that is found in the text, by a test here or as a cell; and none that isn't there."""
    cells = {cell.text for page in CELLS.values() for cell in page}
    found = {text for text in map(_text, snippets()) if not text.startswith("%cromicle help ")}
    known = cells | EXECUTED | THIS_RUN | IN_THE_BROWSER
    assert (found - known, known - found) == (set(), set())


@executes(*FENCES["python"])
@pytest.mark.parametrize("script", FENCES["python"], ids=range(len(FENCES["python"])))
def test_a_script_runs(script: str, tmp_path: Path) -> None:
    """In a process of its own, without a warning."""
    (printed,) = (says for part, says in SCRIPTS.items() if part in script)
    (tmp_path / "script.py").write_text(script)
    done = run("python -W error script.py", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(printed, done.stdout, re.DOTALL), done.stdout


@executes(*PIPS)
@pytest.mark.parametrize("command", PIPS)
def test_what_is_installed_is_there(command: str, wheel: str, tmp_path: Path) -> None:
    """Pip would install the wheel in the place of the clone, with extras that it has; dry."""
    dry = command.replace("pip install", "python -m pip install --dry-run --no-deps --no-index")
    dry = re.sub(r'(?<=[ "])\.(?=[ \[]|$)', wheel, dry)
    assert wheel in dry
    done = run(dry, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Would install cromicle-magic" in done.stdout or "already installed" in done.stdout
    with ZipFile(wheel) as file:
        (place,) = (name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        extras = email.message_from_bytes(file.read(place)).get_all("Provides-Extra", [])
    assert set(re.findall(r"\[(\w+)\]", command)) <= set(extras)


@executes("python -m cromicle_magic doctor")
def test_the_doctor_looks(tmp_path: Path) -> None:
    """Nothing is amiss where the built-in responder answers."""
    done = run("python -m cromicle_magic doctor", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search("first text +ok", done.stdout)


@executes(SERVE)
def test_the_responder_is_served(tmp_path: Path) -> None:
    """To whoever has its token."""
    with served(SERVE, tmp_path) as server:
        assert _asked(server).startswith("**No model is connected")


@executes(GATEWAY)
def test_an_engine_is_served(tmp_path: Path) -> None:
    """The model is the one that the gateway names."""
    with (
        peer(llama) as upstream,
        served(_at(GATEWAY, upstream.url), tmp_path) as server,
    ):
        assert _asked(server) == "llama3.2 says: Hi"


@executes(MANY, *FENCES["nginx"])
def test_many_gateways_stand_behind_a_balancer(tmp_path: Path) -> None:
    """A streamed answer comes through nginx in pieces, by both gateways, under their one token."""
    gate = Gate()

    async def slow(visit: Visit) -> None:
        await visit.send(HEAD, chunk(_event("first")))
        await gate.wait()
        await visit.send(chunk(_event("last", "stop")), b"0\r\n\r\n")

    (block,) = FENCES["nginx"]
    command = MANY.replace("TOKEN=...", "TOKEN=ours").replace("10.0.0.5", "127.0.0.1")
    with peer(slow) as upstream, peer(slow) as same:
        with (
            served(command.replace("http://10.0.0.7:8000", upstream.url), tmp_path) as one,
            served(command.replace("http://10.0.0.7:8000", same.url), tmp_path) as other,
            balancer(_between(block, one.port, other.port), tmp_path, "chat.example") as connect,
        ):
            connections = [connect(), connect()]
            replies = [_begun(each, "ours") for each in connections]
            for reply in replies:
                assert b"first" in (piece := reply.read1())
                assert b"last" not in piece
            gate.open()
            for reply in replies:
                assert b"last" in reply.read()
            for connection in connections:
                connection.close()
        keys = [each.visit().headers["authorization"] for each in (upstream, same)]
        assert keys == ["bearer ours", "bearer ours"]


@executes(ADDRESS)
def test_the_environment_names_an_address(tmp_path: Path) -> None:
    """For whatever starts from that terminal."""
    script = "import asyncio, cromicle_magic as c; print(asyncio.run(c.ask('Hi')).text)"
    with peer(llama) as server:
        done = run(f'{_at(ADDRESS, server.url)}\npython -c "{script}"', tmp_path)
    assert done.stdout == "llama3.2 says: Hi\n", done.stderr


@executes("jupyter execute", HEADLESS)
def test_a_notebook_runs_headless(tmp_path: Path) -> None:
    """Its answer is one output in the file."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    path = tmp_path / "notebooks" / "01-first-prompt.ipynb"
    blank = nbformat.read(path, as_version=4)
    blank.cells[-2].outputs = []
    nbformat.write(blank, path)
    done = run(HEADLESS, tmp_path, PYTHONWARNINGS="", **KERNELS)
    assert done.returncode == 0, done.stderr
    (output,) = nbformat.read(path, as_version=4).cells[-2].outputs
    assert output.data["text/plain"].startswith("**No model is connected**")


@executes("jupyter console")
def test_a_console_answers(tmp_path: Path) -> None:
    """On one line, as the words come."""
    program = [str(Path(sys.executable).parent / "jupyter"), "console", "--simple-prompt"]
    with terminal(tmp_path, program, TERM="dumb", PYTHONWARNINGS="", **KERNELS) as console:
        console.run("%load_ext cromicle_magic")
        assert "No model is connected" in console.run("%cromicle Hi")


@executes(TRY)
def test_the_first_command_shows_an_answer(tmp_path: Path) -> None:
    """What it runs once its environment is there, in that of the tests; CI runs all of it first."""
    script = (ROOT / ".ci" / "try").read_text().partition("<<'PY'\n")[2].partition("\nPY\n")[0]
    assert script
    done = run(f"cd {ROOT}\npython - <<'PY'\n{script}\nPY", tmp_path, **KERNELS)
    assert done.returncode == 0, done.stderr
    assert "%%cromicle" in done.stdout
    assert "**No model is connected**" in done.stdout


@executes(BENCH, f"{BENCH} --only loading --rounds 3")
def test_the_benchmark_takes_these_options(tmp_path: Path) -> None:
    """It takes half an hour, and is never timed within the tests, so it is asked for its help."""
    for text in (BENCH, f"{BENCH} --only loading --rounds 3"):
        command = text.replace(BENCH, f"cd {ROOT}/tests; python -m benchmarks")
        done = run(f"{command} --help", tmp_path, PYTHONWARNINGS="")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("usage: bash .ci/bench")


@executes(*FENCES["toml"])
def test_a_package_adds_a_provider(tmp_path: Path) -> None:
    """By the entry point as it stands there."""
    (text,) = FENCES["toml"]
    points = tomllib.loads(text)["project"]["entry-points"]["cromicle_magic.providers"]
    source = "class Shout:\n    async def create_async(model, messages):\n        return 'HI'\n"
    lines = "\n".join(f"{name} = {place}" for name, place in points.items())
    lay_distribution(tmp_path, lines, your_package=source)
    script = "import asyncio, cromicle_magic as c; print(asyncio.run(c.ask('', engine='shout')))"
    path = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    assert run(f'python -c "{script}"', tmp_path, PYTHONPATH=path).stdout == "HI\n"


@pytest.mark.parametrize("code", sorted(each for each in codes() if re.match("--?[a-z]", each)))
def test_an_option_that_is_named_is_there(code: str, tmp_path: Path) -> None:
    """On the magic line with its value, or as an option of serve."""
    flag, _, value = code.partition(" ")
    rows = [row for row in OPTIONS if row.is_option and flag in {row.flag, row.short}]
    if rows and rows[0].is_option and (value or not rows[0].metavar):
        assert resolve(read_line(code)[0])
    if not rows and flag not in OTHERS:
        assert flag in run(f"{SERVE} --help", tmp_path).stdout


@pytest.mark.parametrize("code", sorted(each for each in codes() if "CROMICLE" in each))
def test_a_variable_that_is_named_is_read(code: str) -> None:
    """By an option, or by serve."""
    known = {row.environment for row in OPTIONS} | {"CROMICLE_UPSTREAM_TOKEN"}
    assert set(re.findall(r"CROMICLE_\w+", code)) <= known


@pytest.mark.parametrize(
    "code", sorted(each for each in codes() if re.fullmatch(r"[\w-]+/[\w./-]*", each))
)
def test_a_file_that_is_named_is_there(code: str) -> None:
    """In the repository, or in the package, wherever that is."""
    assert (ROOT / code).exists() or (PACKAGE.parent / code).exists()


def test_an_attribute_that_is_named_is_there() -> None:
    """Each of the Answer's."""
    named = {name for code in codes() for name in re.findall(r"_cromicle\.(\w+)", code)}
    assert len(named) > 10
    assert all(hasattr(Answer(), name) for name in named)


def _text(snippet: tuple[str, str, str]) -> str:
    return snippet[1]


def _at(command: str, url: str) -> str:
    return re.sub(r"http://127\.0\.0\.1:\d+", url, command)


def _asked(server: Served) -> str:
    """Ask a server of the Cromicle protocol."""
    place = {"url": f"http://127.0.0.1:{server.port}", "token": server.token}
    return asyncio.run(ask("Hi", **place)).text


def _event(text: str, finish: str | None = None) -> str:
    said = {"choices": [{"delta": {"content": text}, "finish_reason": finish}]}
    return f"data: {json.dumps(said)}\n\n"


def _between(block: str, *ports: int) -> str:
    """Put the gateways' ports into a balancer's configuration, in their order."""
    left = iter(ports)
    return re.sub(r"10\.0\.0\.\d+:8377", lambda _: f"127.0.0.1:{next(left)}", block)


def _begun(connection: HTTPConnection, token: str) -> HTTPResponse:
    """Ask for a streamed answer, and give the reply as soon as it begins."""
    body = {"messages": [{"role": "user", "content": "Hi"}], "stream": True}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    reply = connection.getresponse()
    assert reply.status == 200
    return reply
