"""The magics in a real kernel: what is asked, what is shown, what is bound."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from support.answers import Paced, essay
from support.kernels import Kernel, kernel
from support.peers import END, HEAD, Gate, Peer, Visit, chunk, peer, whole
from support.scripts import gated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROMPTS = [
    "{x} {{x}} {0} {} %s %(a)s",
    "$HOME $x $$ ${x} $x^2$ $$\\int$$ \\(a\\) \\[b\\]",
    "\\frac{a}{b} \\n \\\\ \\",
    'it\'s "quoted" \'\'\'thrice\'\'\' """and"""',
    ">>> print('a doctest')\n... more\n>>> x?",
    "In [1]: x = 1\n   ...: y",
    "%time x\n%%bash\nls\n!rm -rf x\n?help me\nhelp?",
    "def f(x):\n\treturn {x: 1}[x]\n\n\nif __name__ == '__main__':\n    f(1)",
    '#!/bin/sh\necho ${HOME:-none} `ls` && [ -z "$x" ]',
    'int main(void) { printf("%d\\n", 1); }',
    '{"json": [1, 2, {"a": null}]}',
    "{% for x in y %}{{ x }}{% endfor %}",
    "-m not an option\n--help",
    "  leading and trailing blanks  ",
    "中文 👩‍👩‍👧‍👦 \u2028 \ufeff \x0c",
    "What is this?",
    "a;\nb;",
]


Way = Callable[[str], str]


def nested(cell: str) -> str:
    """Give code that calls the magic of a cell, and is more than that call."""
    line, body = cell.removeprefix("%%cromicle").split("\n", 1)
    return f"1; get_ipython().run_cell_magic('cromicle', {line!r}, {body!r})"


@pytest.fixture
def echo() -> Iterator[Peer]:
    """A server that says something and remembers what it was asked."""
    with peer(whole("**bold** <b>x</b>")) as server:
        yield server


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize(
    "way", ["%%cromicle", "%%time\n%%cromicle", "%%capture seen\n\n%%cromicle"]
)
def test_a_prompt_arrives_as_typed(each: Kernel, echo: Peer, prompt: str, way: str) -> None:
    """Nothing in a cell is expanded, stripped, unescaped or taken for Python."""
    assert each.run(f"{way} --url {echo.url}\n{prompt}").status == "ok"
    assert echo.visit().message == prompt


@pytest.mark.parametrize("prompt", [p for p in PROMPTS if "\n" not in p and "\x0c" not in p])
def test_a_prompt_on_one_line_arrives_as_typed(each: Kernel, echo: Peer, prompt: str) -> None:
    """The same for %cromicle, also where the line ends with a question mark."""
    if "\\" in prompt[-1] or prompt.startswith("-"):
        prompt += " end"
    each.run(f"%cromicle --url {echo.url} -- {prompt}")
    assert echo.visit().message == prompt.strip()


def test_the_cells_of_other_magics_are_theirs(each: Kernel) -> None:
    """What looks like our line in a file to write is text."""
    text = "%cromicle What is this?\nx = %cromicle why?\n"
    each.run(f"%%writefile kept.txt\n{text}")
    assert each.run("print(open('kept.txt').read(), end='')").stdout == text


def test_a_shown_answer_is_the_latest(each: Kernel, echo: Peer) -> None:
    """%cromicle show puts it under the present cell; without one it says so."""
    each.run("%reload_ext cromicle_magic")
    assert "no answer to show yet" in each.run("%cromicle show").stderr
    first = each.run(f"%%cromicle --url {echo.url}\nHi").outputs
    assert each.run("%cromicle show").outputs == first
    assert each.run("1; get_ipython().run_line_magic('cromicle', 'show')").outputs == first


def test_an_answer_of_another_loop_is_shown(each: Kernel, echo: Peer) -> None:
    """A call from a thread has a loop of its own, which is closed by then."""
    call = f"get_ipython().run_line_magic('cromicle', '-o a --url {echo.url} Hi')"
    each.run(f"import threading; t = threading.Thread(target=lambda: {call}); t.start(); t.join()")
    run = each.run("%cromicle show")
    assert run.status == "ok", run.error
    assert run.outputs[-1]["text/plain"] == "**bold** <b>x</b>"


def test_answers_of_one_cell_are_one_output_each(each: Kernel) -> None:
    """However long they are, between what else the cell prints."""
    text = essay(20_000)
    with peer(Paced(text, chunk_chars=400, per_s=100)) as server:
        call = f"get_ipython().run_line_magic('cromicle', '--url {server.url} Hi')"
        run = each.run(f"for n in range(2):\n    print('before', n)\n    {call}\nprint('after')")
    assert [data["text/plain"] == text for data in run.outputs] == [True, True]
    assert run.stdout == "before 0\nbefore 1\nafter\n"


def test_options_arrive_as_typed(each: Kernel, echo: Peer) -> None:
    """Quotes part the values, and everything within them is theirs."""
    system = "\\frac{a}{b} {x} $HOME it's #1"
    each.run(f'%%cromicle -s "{system}" -m "a model" --url={echo.url} --timeout 5\nHi')
    assert echo.visit().message == f"System: {system}\nUser: Hi\nAssistant:"


def test_the_answer_stays_as_one_plain_output(each: Kernel, echo: Peer) -> None:
    """At the end no widget is left: HTML that holds no markup of the model's, and the answer."""
    run = each.run(f"%%cromicle -o reply --url {echo.url}\nHi")
    (data,) = run.outputs
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"] == "**bold** <b>x</b>"
    assert "<b>" not in data["text/html"]
    opened = {m["content"]["comm_id"] for m in run.of("comm_open")}
    closed = {m["content"]["comm_id"] for m in run.of("comm_close")}
    assert opened == closed != set()
    assert each.run("print(type(reply), reply)").stdout == "<class 'str'> **bold** <b>x</b>\n"


def test_text_reaches_the_frontend_while_the_server_writes(each: Kernel) -> None:
    """The server sends its last word only once the first has been seen in the live box."""
    gate = Gate()

    with peer(gated(gate, "first <b>&", " last")) as server:
        number = each.submit(f"%%cromicle --url {server.url}\nHi")
        seen = each.watch(
            number,
            lambda m: "first" in str(m["content"].get("data", {}).get("state", {}).get("value")),
        )
        assert "first &lt;b&gt;&amp;" in seen["content"]["data"]["state"]["value"]
        gate.open()
        assert each.finish(number).outputs[0]["text/plain"] == "first <b>& last"


def test_repaints_keep_their_pace(newest: Kernel) -> None:
    """However many chunks come, the live box is repainted at most ten times a second."""

    async def script(visit: Visit) -> None:
        await visit.send(HEAD)
        for _ in range(200):
            await visit.send(chunk("word "))
            await asyncio.sleep(0.005)
        await visit.send(END)

    with peer(script) as server:
        start = time.monotonic()
        run = newest.run(f"%%cromicle --url {server.url}\nHi")
        seconds = time.monotonic() - start
    repaints = [m for m in run.of("comm_msg") if "value" in m["content"]["data"]["state"]]
    assert 3 <= len(repaints) <= 10 * seconds + 1


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%%cromicle --modle x\nHi", "There is no option --modle; did you mean --model?"),
        (
            "%%cromicle --url x\nHi",
            "--url: 'x' is no address; write it like http://127.0.0.1:8377.",
        ),
        ("%%cromicle explain\nHi", "'explain' is no option; write the prompt below"),
        ("%%cromicle -s 'x\nHi", "A quote on the line stays open"),
        ("%%cromicle -o 1x\nHi", "--out: '1x' is no Python name"),
        ("%%cromicle\n  \n", "The cell holds no prompt"),
    ],
)
@pytest.mark.parametrize("way", [str, nested], ids=["awaited", "nested"])
def test_a_mistake_on_the_line_is_one_sentence(
    each: Kernel, cell: str, says: str, way: Way
) -> None:
    """IPython's usage error, without a traceback; the cell failed."""
    run = each.run(way(cell))
    assert run.status == "error"
    assert run.error == []
    assert run.stderr.startswith(f"UsageError: {says}")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("way", [str, nested], ids=["awaited", "nested"])
def test_a_failure_is_one_line_and_keeps_the_text(each: Kernel, way: Way) -> None:
    """What had arrived stays shown and bound; the error is one line; the next cell works."""
    with peer(HEAD + chunk("half an ans")) as server:
        run = each.run(way(f"%%cromicle -o half --url {server.url}\nHi"))
    assert run.status == "error"
    assert [data["text/plain"] for data in run.outputs if "text/html" in data] == ["half an ans"]
    (line,) = run.error
    assert line.startswith(f"TruncatedError: {server.url}/chat broke off")
    assert each.run("print(half)").stdout == "half an ans\n"


def test_help_is_shown_where_it_is_asked_for(each: Kernel) -> None:
    """By -h, and by IPython's own question mark; the bare line magic lists what it obeys."""
    (short,) = each.run("%cromicle").outputs
    assert "%cromicle doctor [ENGINE]" in short["text/plain"]
    assert "--timeout" not in short["text/plain"]
    assert [short] == each.run("%cromicle help").outputs
    for cell in ("%%cromicle -h", "%cromicle -h", "%%cromicle -h\nHi"):
        run = each.run(cell)
        assert "--timeout SECONDS" in run.outputs[0]["text/plain"], cell
    for cell in ("%%cromicle?", "%cromicle?"):
        (page,) = each.run(cell).reply["payload"]
        assert "--timeout SECONDS" in page["data"]["text/plain"]


def test_options_without_a_prompt_are_a_mistake(newest: Kernel) -> None:
    """Which took the prompt, as like as not."""
    run = newest.run("%cromicle -o hello")
    assert run.status == "error"
    assert run.stderr == ("UsageError: The line holds no prompt; write it behind the options.\n")


def test_settings_hold_for_all_cells_until_a_cell_says_otherwise(
    newest: Kernel, echo: Peer
) -> None:
    """%config sets what a cell's line overrides, and None takes it back."""
    newest.run(f"%config CromicleMagics.url = '{echo.url}'\n%config CromicleMagics.token = 'hush'")
    newest.run("%%cromicle\nfirst")
    assert (echo.visit().message, json.loads(echo.visit().body)["token"]) == ("first", "hush")
    assert "hush" not in newest.run("%config CromicleMagics").stdout
    with peer(whole("other")) as other:
        newest.run(f"%%cromicle --url {other.url}\nHi")
        assert other.visit()
    newest.run("%config CromicleMagics.url = None\n%config CromicleMagics.token = None")
    assert newest.run("%%cromicle\nHi").outputs[0]["text/plain"].startswith("**No model")
    newest.run("%config CromicleMagics.timeout = -1")
    run = newest.run("%%cromicle\nHi")
    assert run.stderr.startswith("UsageError: %config CromicleMagics.timeout: '-1' is no number")
    newest.run("%config CromicleMagics.timeout = None")


def test_the_environment_holds_for_every_notebook(tmp_path: Path, echo: Peer) -> None:
    """CROMICLE_URL and CROMICLE_TOKEN are read when a cell runs."""
    with kernel(tmp_path, CROMICLE_URL=echo.url, CROMICLE_TOKEN="t") as running:
        assert running.run("%cromicle Hi").outputs[0]["text/plain"] == "**bold** <b>x</b>"
        assert json.loads(echo.visit().body)["token"] == "t"


def test_loading_brings_nothing_heavy(tmp_path: Path) -> None:
    """What takes long to import is not there before the first prompt."""
    with kernel(tmp_path) as running:
        heavy = "{'aiohttp', 'ipywidgets', 'markdown_it', 'nest_asyncio', 'nh3'} & set(sys.modules)"
        assert running.run(f"import sys; print({heavy})").stdout == "set()\n"
        ours = "[name for name in sys.modules if name.startswith('cromicle_magic')]"
        assert int(running.run(f"print(len({ours}))").stdout) <= 12


STATE = """
ip = get_ipython()
print(len(ip.configurables), len(ip.input_transformers_cleanup), len(ip.input_transformers_post),
      *("cromicle" in ip.magics_manager.magics[kind] for kind in ("cell", "line")),
      "CromicleMagics" in ip.magics_manager.registry)
"""

THREADS = "import threading; print([t.name for t in threading.enumerate() if 'crom' in t.name])"


def test_loading_twice_is_loading_once_and_unloading_takes_everything_back(tmp_path: Path) -> None:
    """Reloading adds nothing; unloading leaves the shell as it was, and closes the server."""
    with kernel(tmp_path) as running:
        loaded = running.run(STATE).stdout
        running.run("%reload_ext cromicle_magic")
        assert running.run(STATE).stdout == loaded
        assert running.run("%cromicle Hi").status == "ok"
        running.run("%reload_ext cromicle_magic\n%unload_ext cromicle_magic")
        counts = [int(count) for count in loaded.split()[:3]]
        expected = " ".join(str(count - 1) for count in counts) + " False False False\n"
        assert running.run(STATE).stdout == expected
        assert running.run(THREADS).stdout == "[]\n"
        assert "not found" in running.run("%%cromicle\nHi").stderr
        running.run("%load_ext cromicle_magic")
        assert running.run(STATE).stdout == loaded
        assert running.run("%cromicle Hi").status == "ok"
