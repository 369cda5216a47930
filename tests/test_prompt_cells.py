"""What goes into a prompt in a real kernel: values, cells, variables; and what is said of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from support.kernels import Kernel, Run, kernel
from support.peers import Peer, peer, whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAYS = {
    "awaited": "%%cromicle --url {url} {options}\n{prompt}",
    "nested": "1; get_ipython().run_cell_magic('cromicle', '--url {url} {options}', {prompt!r})",
}


@pytest.fixture
def server() -> Iterator[Peer]:
    """A server that remembers what it was asked."""
    with peer(whole("fine")) as running:
        yield running


def ask(kernel: Kernel, server: Peer, prompt: str, options: str = "", cell: str = "p") -> Run:
    """Run a prompt cell."""
    code = f"%%cromicle --url {server.url} {options}\n{prompt}"
    return kernel.run(code, metadata={"cellId": cell})


def footer(run: Run) -> str:
    """Give the HTML below the answer, which has to have come."""
    assert run.status == "ok", (run.error, run.stderr)
    return str(run.outputs[-1]["text/html"]).rpartition("<div")[2]


@pytest.mark.parametrize("way", WAYS)
def test_values_are_put_in_and_named_below(each: Kernel, server: Peer, way: str) -> None:
    """Of the notebook's own names, each once; single braces stay."""
    each.run("word, looks, calls = 'blue', '{{ word }}', []")
    each.run("def call(): calls.append(1); return len(calls)")
    prompt = "Is {it} {{ word }}, {{word.upper()}}? {{ call() }}{{ call() }} {{ looks }}"
    code = WAYS[way].format(url=server.url, options="", prompt=prompt)
    below = footer(each.run(code, metadata={"cellId": "p"}))
    assert server.visit().message == "Is {it} blue, BLUE? 11 {{ word }}"
    told = "word (str, 4 characters), word.upper() (str, 4 characters), call() (int) and 1 more<"
    assert f"put in: {told}" in below


def test_what_fails_is_left_as_typed_and_named(each: Kernel, server: Peer) -> None:
    """With the reason; --strict sends nothing then, and --raw looks at nothing."""
    each.run("zero = 0")
    prompt = "{{ nobody }} and {{ 1 / zero }}"
    below = footer(ask(each, server, prompt))
    assert server.visits[-1].message == prompt
    assert "left as typed: {{ nobody }} (there is no variable nobody), " in below
    assert "{{ 1 / zero }} (ZeroDivisionError: division by zero)" in below
    assert "left as typed" not in footer(ask(each, server, prompt, "--raw"))
    run = ask(each, server, prompt, "--strict")
    assert run.stderr.startswith("UsageError: {{ nobody }} (there is no variable nobody) can't be")
    assert run.stderr.count("\n") == 1
    assert len(server.visits) == 2
    below = footer(ask(each, server, "{{ zero }}", "--raw --strict"))
    assert server.visits[-1].message == "{{ zero }}"


def test_a_terminal_says_it_below_the_words(each: Kernel, server: Peer) -> None:
    """As a console shows no footer."""
    each.run("word = 'x'")
    run = each.run(f"%cromicle --url {server.url} {{{{ word }}}} {{{{ nobody }}}}", metadata={})
    lines = run.stdout.splitlines()
    assert lines[0] == "fine"
    assert lines[1].startswith(f"({server.url} · put in: word (")
    assert lines[1].endswith(" · left as typed: {{ nobody }} (there is no variable nobody))")


def test_the_chat_keeps_what_was_put_in_but_no_context(tmp_path: Path, server: Peer) -> None:
    """So the next request says the same again, and is not filled with what it never asked for."""
    with kernel(tmp_path, CROMICLE_BUDGET="") as running:
        running.run("x = 1", metadata={"cellId": "a"})
        footer(ask(running, server, "first {{ x }}", "--context 1", "b"))
        running.run("x = 2", metadata={"cellId": "c"})
        footer(ask(running, server, "second {{ x }}", cell="d"))
    assert server.visits[0].message.endswith("```python\nx = 1\n```\n\nfirst 1")
    assert server.visits[1].message == "User: first 1\nAssistant: fine\nUser: second 2\nAssistant:"


def test_context_takes_room_of_the_budget(tmp_path: Path, server: Peer) -> None:
    """So that a request with both still keeps to it."""
    with kernel(tmp_path, CROMICLE_BUDGET="") as running:
        running.run("x = 1", metadata={"cellId": "a"})
        footer(ask(running, server, "first", cell="b"))
        below = footer(ask(running, server, "second", "--context all --budget 90", "c"))
    assert server.visits[1].message.startswith("Cells of the notebook above")
    assert "0 earlier turns, 1 older one left out (budget 90 characters)" in below


def test_a_notebook_with_context_sends_the_same_again(tmp_path: Path, server: Peer) -> None:
    """Cells that ran before the first prompt have their places, too."""
    cells = {"a": "x = 1", "b": "x + 1", "d": "y = 5"}

    def run_all(running: Kernel) -> list[str]:
        before = len(server.visits)
        for name in "abcde":
            if code := cells.get(name):
                running.run(code, metadata={"cellId": name})
            else:
                footer(ask(running, server, name, "--context all", name))
        return [visit.message for visit in server.visits[before:]]

    with kernel(tmp_path) as running:
        running.run("%reload_ext cromicle_magic", metadata={"cellId": "load"})
        first = run_all(running)
        assert run_all(running) == first
        cells["a"] = "x = 2"
        assert "x = 2" in run_all(running)[0]
    assert first[0].count("x = 1") == first[1].count("y = 5") == 1
    assert "y = 5" not in first[0]
    assert "x + 1\n```\nOutput:\n```\n2\n```" in first[0]


def test_context_is_nothing_unless_asked_for(each: Kernel, server: Peer) -> None:
    """Then it is cells, or variables without their values, and the footer says how much."""
    each.run("secret_word = 'a value'", metadata={"cellId": "a"})
    assert "context" not in footer(ask(each, server, "Hi", cell="b"))
    assert server.visits[-1].message == "Hi"
    below = footer(ask(each, server, "Hi", "--context 1", "b"))
    assert "secret_word = 'a value'" in server.visits[-1].message
    assert "context: 1 cell, " in below
    below = footer(ask(each, server, "Hi", "--context vars", "b"))
    assert "- secret_word: str of 7" in server.visits[-1].message
    assert "a value" not in server.visits[-1].message
    assert "context: " in below
    assert " variables" in below
    run = ask(each, server, "Hi", "--context some")
    assert run.stderr.startswith("UsageError: --context: 'some' is no context; write it like 3,")


@pytest.mark.parametrize("way", WAYS)
def test_an_expression_can_be_interrupted(each: Kernel, server: Peer, way: str) -> None:
    """Though it holds the loop; the next cell runs, and can be interrupted as ever."""
    each.run("import time\ndef slow(): print('begun', flush=True); time.sleep(30)")
    code = WAYS[way].format(url=server.url, options="", prompt="{{ slow() }}")
    start = time.monotonic()
    number = each.submit(code, metadata={"cellId": "p"})
    each.watch(number, lambda m: "begun" in str(m["content"]))
    each.interrupt()
    assert each.finish(number).error == ["KeyboardInterrupt: nothing was sent."]
    assert time.monotonic() - start < 20
    assert not server.visits
    assert footer(ask(each, server, "Hi"))
