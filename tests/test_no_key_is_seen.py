"""A long working session in a real kernel, scanned for the key: in whichever way it was given."""

from __future__ import annotations

import asyncio
import json
from itertools import count, pairwise
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from support.kernels import DEADLINE_S, environment, kernel
from support.peers import END, HEAD, Peer, Visit, chunk, peer, whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.kernels import Kernel

# Of no well-known form, so that nothing finds it but by knowing it; small letters, for the peers.
KEY = "velvet/7341+qx-hush"
EVENT = 'data: {"choices": [{"delta": {"content": "said"}, "finish_reason": "stop"}]}\n\n'
MODELS = json.dumps({"data": [{"id": "tiny"}, {"id": "text-embedding-x"}]})


def refusal(
    status: str, *headers: str, body: str = '{"error": {"message": "no such thing"}}'
) -> bytes:
    """Give a whole reply that is no answer."""
    head = [f"HTTP/1.1 {status}", *headers, f"content-length: {len(body)}", "", body]
    return "\r\n".join(head).encode()


# What the server replies to a prompt that names it; each but the first and the last is an error.
REPLIES = {
    "plain-good": whole(EVENT),
    "one word OK": whole(EVENT),  # the doctor's
    "status-401": refusal("401 Unauthorized"),
    "status-403": refusal("403 Forbidden"),
    "status-404": refusal("404 Not Found", body="<html>nothing</html>"),
    "status-400": refusal("400 Bad Request"),
    "elsewhere-307": refusal("307 Away", "location: http://me:pw@far.invalid/x"),
    "squeezed": refusal("200 OK", "content-encoding: gzip", body="xx"),
    "cut-short": HEAD + chunk("half an ans"),
    "empty-one": HEAD + END,
    "broken-text": HEAD + chunk(b"\xff\xfe\xff") + END,
    "no-http": b"nonsense\r\n\r\n",
    "event-error": whole('data: {"error": {"message": "out of memory", "code": 400}}\n\n'),
    "hang-up": b"",
}
GOOD_ONES = {"plain-good", "one word OK", "broken-text"}
ERRORS = [name for name in REPLIES if name not in GOOD_ONES]


async def script(visit: Visit) -> None:
    """Reply as the prompt says; an unknown prompt waits without end."""
    if visit.path.endswith("/models"):
        await visit.send(whole(MODELS))
        return
    said = next((REPLIES[name] for name in REPLIES if name.encode() in visit.body), None)
    if said is None:
        await visit.send(HEAD, chunk("word "))
        await asyncio.Event().wait()
        return
    await visit.send(said)


@pytest.fixture
def server() -> Iterator[Peer]:
    """A server that answers, fails and hangs in every way, in both protocols."""
    with peer(script) as running:
        yield running


BEGIN = """
%xmode Verbose
import asyncio, logging, pickle, sys, warnings
logging.basicConfig(filename="debug.log", level=logging.DEBUG, force=True)
logging.captureWarnings(True)
warnings.simplefilter("always")
loop = asyncio.get_running_loop()
errors, answers = [], []
"""
# What a reader does in an afternoon; {u} is the server, {e} the same as an engine.
GOOD = [
    "%%cromicle --url {u} -o text\nplain-good",
    "%%cromicle --url {u} -s 'be brief' ;\nplain-good",
    "%cromicle -e {e} plain-good",
    "%%time\n%%cromicle -e {e} -m tiny -t 0 --max-tokens 5 --param top_k 5\nplain-good",
    "%%capture kept\n%%cromicle -e {e} -m tiny\nplain-good",
    "def f(line): return get_ipython().run_line_magic('cromicle', line)\nf('-e {e} plain-good')",
    "%cromicle use {e}",
    "%%cromicle\nplain-good",
    "%%cromicle --bg\nplain-good",
    "%cromicle wait",
    "%%cromicle --bg\nendless",
    "%cromicle status",
    "%cromicle stop",
    "%cromicle show",
    "%cromicle config",
    "%cromicle models",
    "%cromicle sent",
    "%%cromicle --dry-run\nplain-good",
    "%%cromicle --dry-run --url {u}\nplain-good",
    "%%cromicle --url {u}\nplain-good",
    "%cromicle sent",
    "%cromicle help",
    "%cromicle version",
    "%config CromicleMagics",
    "from cromicle_magic import ask, stream, OpenAI, Cromicle",
    "answer = await ask('plain-good', url='{u}')",
    "pieces = [piece async for piece in stream('plain-good', url='{e}', model='tiny')]",
    "registered = get_ipython().magics_manager.registry; "  # noqa: ISC004 - one cell
    "settings = registered['CromicleMagics']._prompts.notebook.settings(); del registered",
    "from cromicle_magic.settings import resolve, settle; found = settle(); resolved = resolve()",
    "found, resolved, settings, vars(answer), answer",
    "%whos",
    "%history -n -o",
]
BAD = [
    *("%%cromicle --url {u}\n" + name for name in ERRORS if name != "event-error"),
    *("%%cromicle -e {e} -m tiny -o half\n" + name for name in ERRORS),
    "f('-e {e} -m tiny status-401')",
    "await ask('status-401', url='{e}', model='tiny')",
    "1; [piece async for piece in stream('cut-short', url='{u}')]",
    "%%cromicle --url {u} --timeout 0.2\nendless",
    "%%cromicle -e {e} -m tiny --timeout 0.2\nendless",
    "%%cromicle --url http://127.0.0.1:1\nHi",
    "%%cromicle --proxy http://127.0.0.1:1 --url {u}\nHi",
    "%cromicle use http://127.0.0.1:1/v1",
    "%cromicle use nobody",
    "%cromicle --timeout soon Hi",
    "%%cromicle --tokn x\nHi",
    "%cromicle login nobody",
    "%%cromicle --bg --url {u}\nstatus-403",
    "%cromicle wait {job}",
    # A traceback that shows the values of all arguments.
    "def g(*given): return 1 / 0\ng(settings, found, resolved, answer, _cromicle, errors, f)",
    "%tb",
]
KEEP = """
errors += [sys.last_value, getattr(_cromicle, "error", None)]
answers += [_cromicle]
"""
# What can be reached from the reader's variables: their reprs, their fields, frames of errors.
SCAN = """
def texts(value, depth, seen):
    if id(value) in seen or depth < 0 or type(value).__name__ in ("module", "_Environ", "Config"):
        return
    seen.add(id(value))
    if type(value) is str:
        yield value
        return
    yield repr(value)
    parts = []
    if isinstance(value, dict):
        parts += [*value, *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts += value
    if isinstance(value, BaseException):
        yield str(value)
        parts += [value.args, value.__cause__, value.__context__]
        trace = value.__traceback__
        while trace:
            yield from map(repr, trace.tb_frame.f_locals.values())
            trace = trace.tb_next
    parts += getattr(value, "__dict__", {}).values()
    parts += [getattr(value, name, None) for name in getattr(type(value), "__slots__", ())]
    for part in parts:
        yield from texts(part, depth - 1, seen)

def pickled(value):
    try:
        return pickle.dumps(value)
    except Exception as error:
        return repr(error).encode()

with open("reached.txt", "w", errors="backslashreplace") as file:
    names = [name for name in list(globals()) if name not in ("texts", "file")]
    for name in names:
        for text in texts(globals()[name], 4, set()):
            file.write(text + chr(10))
with open("pickles.bin", "wb") as file:
    for value in (*errors, *answers, *(vars(each).get("sent") for each in answers), answer):
        file.write(pickled(value))
if "ipywidgets" in sys.modules:
    import ipywidgets, json
    open("widgets.json", "w").write(json.dumps(ipywidgets.Widget.get_manager_state()))
get_ipython().history_manager.writeout_cache()
logging.shutdown()
print(len(errors), len(answers), type(errors[0]).__name__)
"""


def work(running: Kernel, server: Peer) -> None:
    """Work through the session, each good cell well and each bad one badly."""
    running.run(BEGIN)
    jobs = count(3)
    for cells, status in ((GOOD, "ok"), (BAD, "error")):
        for cell in cells:
            code = cell.replace("{u}", server.url).replace("{e}", f"{server.url}/v1")
            code = code.replace("{job}", "3")
            run = running.run(code)
            is_begun = "--bg" in code and next(jobs)
            assert run.status == status or is_begun or code == "%tb", (code, run.error, run.stderr)
            running.run(KEEP)
    assert "first text  ok" in str(running.run(f"%cromicle doctor {server.url}/v1").outputs)
    number = running.submit(f"%%cromicle --url {server.url}\nendless")
    running.watch(number, lambda m: "word" in str(m["content"].get("data")))
    running.interrupt()
    assert running.finish(number).error[0].startswith("KeyboardInterrupt: ")
    assert running.run(SCAN).status == "ok"


def given_by_environment(running: Kernel, server: Peer) -> None:
    """It is there from the start."""


def given_by_file(running: Kernel, server: Peer) -> None:
    """So is the file."""


def given_by_login(running: Kernel, server: Peer) -> None:
    """The reader types it, unseen."""
    number = running.submit(f"%cromicle login {server.url}")
    running.client.get_stdin_msg(timeout=DEADLINE_S)
    running.client.input(KEY)
    assert running.finish(number).status == "ok"


# What the reader writes by his own hand is in the notebook, in the history, and in the config that
# traitlets keeps; it is left out.
BY_HAND = f"CromicleMagics.token = '{KEY}'"
IN_CONFIG = f"{{'token': '{KEY}'}}"


def given_by_config(running: Kernel, server: Peer) -> None:
    """The reader writes it into a cell, which keeps it."""
    assert running.run(f"%config {BY_HAND}").status == "ok"


WAYS = {
    "environment": given_by_environment,
    "file": given_by_file,
    "login": given_by_login,
    "config": given_by_config,
}


def variables(way: str, folder: Path) -> dict[str, str]:
    """Give the environment for a way of giving the key; its file lies apart from the desk."""
    if way == "environment":
        return {"CROMICLE_TOKEN": KEY}
    if way == "file":
        (folder / "key").write_text(f"{KEY}\n")
        (folder / "key").chmod(0o600)
        return {"CROMICLE_TOKEN_FILE": str(folder / "key")}
    return {}


def found_in(text: str) -> list[str]:
    """Give the places of the key in a text, but for the cell that was written by hand."""
    for written in (BY_HAND, BY_HAND.replace("'", "\\'"), IN_CONFIG):
        text = text.replace(written, "")
    parts = text.split(KEY)
    return [f"{before[-60:]}<KEY>{after[:30]}" for before, after in pairwise(parts)]


def leaks_in(folder: Path) -> dict[str, list[str]]:
    """Give the files that hold the key, and where."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = {path.name: path.read_bytes().decode("utf-8", "replace") for path in files}
    return {name: found for name, text in texts.items() if (found := found_in(text))}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("way", WAYS)
def test_a_session_leaves_no_key(tmp_path: Path, server: Peer, way: str) -> None:
    """Messages, widgets, history, logs, tracebacks, variables and pickles: found 0 times."""
    (desk := tmp_path / "desk").mkdir()
    given = variables(way, tmp_path)
    with (
        (desk / "stderr.txt").open("w") as stderr,
        kernel(desk, stderr=stderr, **given) as running,
    ):
        WAYS[way](running, server)
        work(running, server)
        heard = [*running.heard, *(run.reply for run in running._runs.values())]
    assert [found for message in heard if (found := found_in(str(message)))] == []
    assert leaks_in(desk) == {}
    # No error holds one of the HTTP library's, and with it the request.
    assert "ServerDisconnectedError(" not in (desk / "reached.txt").read_text()
    # It was there to be seen: in the requests themselves, and among what was looked through.
    sent = [visit for visit in server.visits if KEY in f"{visit.headers} {visit.body!r}"]
    assert len(sent) > 30
    names = {path.name for path in desk.rglob("*") if path.is_file() and path.stat().st_size}
    wanted = {"reached.txt", "pickles.bin", "widgets.json", "history.sqlite", "debug.log"}
    assert wanted <= names


@pytest.mark.parametrize("way", ["environment", "file"])
def test_a_saved_notebook_holds_no_key(
    tmp_path: Path, server: Peer, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run by nbclient, which goes on behind errors, with all its outputs and its metadata."""
    (desk := tmp_path / "desk").mkdir()
    for name, value in (environment(desk) | variables(way, tmp_path)).items():
        monkeypatch.setenv(name, value)
    cells = ["%load_ext cromicle_magic", BEGIN, *GOOD, *BAD]
    urls = {"{u}": server.url, "{e}": f"{server.url}/v1", "{job}": "1"}
    sources = []
    for cell in cells:
        source = cell
        for mark, url in urls.items():
            source = source.replace(mark, url)
        # Where nobody watches, a background cell is waited for, and nobody stops this one.
        sources += [source] if "--bg" not in source or "endless" not in source else []
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(
        cells=list(map(new_code_cell, sources)), metadata={"kernelspec": kernelspec}
    )
    resources = {"metadata": {"path": str(desk)}}
    NotebookClient(notebook, resources=resources, allow_errors=True, timeout=60).execute()
    nbformat.write(notebook, desk / "saved.ipynb")
    assert leaks_in(desk) == {}
    saved = (desk / "saved.ipynb").read_text()
    assert "AccessError" in saved
    assert "********" in saved
    assert [visit for visit in server.visits if KEY in f"{visit.headers} {visit.body!r}"]
