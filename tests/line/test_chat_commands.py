"""What %cromicle obeys about chats, in a real kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.kernels import Kernel, kernel
from support.peers import HEAD, Peer, chunk, peer, whole
from support.scripts import silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def chatty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel of a reader who has set nothing."""
    with kernel(tmp_path_factory.mktemp("kernel"), CROMICLE_BUDGET="") as running:
        yield running


@pytest.fixture
def book(chatty: Kernel, server: Peer) -> Kernel:
    """The same, with no chat yet, and a server that answers."""
    chatty.run("%reload_ext cromicle_magic", metadata={})
    chatty.run(f"%config CromicleMagics.url = {server.url!r}", metadata={})
    return chatty


@pytest.fixture
def server() -> Iterator[Peer]:
    """A server that remembers what it was asked."""
    with peer(whole("fine")) as running:
        yield running


def ask(kernel: Kernel, prompt: str, options: str = "", cell: str = "") -> None:
    """Run a prompt cell, named by its prompt unless otherwise."""
    run = kernel.run(f"%%cromicle {options}\n{prompt}", metadata={"cellId": cell or prompt})
    assert run.status == "ok", (run.error, run.stderr)


def told(kernel: Kernel, line: str, cell: str = "command") -> str:
    """Give what a command shows."""
    run = kernel.run(f"%cromicle {line}", metadata={"cellId": cell})
    assert run.status == "ok", (run.error, run.stderr)
    (data,) = run.outputs
    return str(data["text/plain"])


def stop(kernel: Kernel, prompt: str) -> None:
    """Run a prompt cell that is stopped after its first word."""
    with peer(silent) as endless:
        line = f"%%cromicle --bg --url {endless.url} -s brief\n{prompt}"
        kernel.run(line, metadata={"cellId": prompt})
        kernel.run("import asyncio\nwhile not _cromicle.text: await asyncio.sleep(0.01)")
        kernel.run("%cromicle stop")


def test_history_tells_each_turn_and_which_are_stale(book: Kernel) -> None:
    """A cell run again makes the later ones stale; failed and stopped ones are marked."""
    ask(book, "one")
    ask(book, "two")
    with peer(HEAD + chunk("half")) as failing:
        book.run(f"%%cromicle --url {failing.url}\nthree", metadata={"cellId": "three"})
    ask(book, "One", cell="one")
    head, _, names, *rows = told(book, "history").splitlines()
    assert head == "main: 3 turns; 2 of them, 14 characters, go out with the next prompt."
    assert names.split() == ["cell", "time", "state", "prompt", "answer"]
    assert [row.split()[3:] for row in rows] == [
        ["done", "One", "fine"],
        ["done", "stale", "two", "fine"],
        ["failed", "stale,", "not", "sent", "three", "half"],
    ]
    assert told(book, "history", "another").splitlines()[0] == head


def test_chats_are_listed_and_reset(book: Kernel, server: Peer) -> None:
    """One by its name, all by all; what is not there is one sentence."""
    assert told(book, "chats") == "No chat has a turn yet; %%cromicle begins one."
    ask(book, "one")
    ask(book, "two", "--fork idea")
    rows = [row.split() for row in told(book, "chats").splitlines()[1:]]
    assert [row[:4] for row in rows] == [["main", "1", "1", "7"], ["idea", "2", "2", "14"]]
    assert rows[1][4] == "main"
    assert told(book, "reset idea") == "The chat idea begins anew; 2 turns forgotten."
    ask(book, "three", "-c idea")
    assert server.visits[-1].message == "three"
    assert told(book, "reset") == "The chat main begins anew; 1 turn forgotten."
    assert told(book, "reset all") == "All chats begin anew; 1 turn forgotten."
    for line in ("history nope", "reset nope", "retry nope", "continue nope", "export x.md nope"):
        run = book.run(f"%cromicle {line}")
        assert run.stderr.startswith('UsageError: There is no chat "nope"; there is: ')
        assert run.stderr.count("\n") == 1


def test_chats_are_written_to_a_file(book: Kernel, tmp_path: Path) -> None:
    """All of them or one, for readers and for programs; blanks in the path go in quotes."""
    ask(book, "one")
    ask(book, "two", "-c idea")
    file = tmp_path / "my chats.jsonl"
    assert told(book, f'export "{file}"') == f"2 turns written to {file}."
    turns = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(t["chat"], t["prompt"], t["answer"]) for t in turns] == [
        ("main", "one", "fine"),
        ("idea", "two", "fine"),
    ]
    told(book, f"export {tmp_path}/idea.md idea")
    text = (tmp_path / "idea.md").read_text()
    assert text.startswith("# idea\n")
    assert "> two\n\nfine\n" in text
    run = book.run(f"%cromicle export {tmp_path}/x.txt")
    assert "ends neither in .md nor in .jsonl" in run.stderr
    run = book.run("%cromicle export ~nobody-here/x.md")
    assert "There is no home for '~nobody-here/x.md'" in run.stderr
    for wrong in ("a.md b c", "--force"):
        run = book.run(f"%cromicle export {wrong}")
        assert "export takes FILE [NAME] [--force]" in run.stderr


def test_an_export_writes_over_no_file_unasked(book: Kernel, tmp_path: Path) -> None:
    """What stands there stays, and the sentence names --force, which may stand anywhere."""
    file = tmp_path / "chats.md"
    file.write_text("mine")
    ask(book, "one")
    run = book.run(f"%cromicle export {file}")
    assert run.stderr.startswith(f"UsageError: '{file}' is there already; choose another name")
    assert "export --force" in run.stderr
    assert file.read_text() == "mine"
    assert told(book, f"export --force {file} main") == f"1 turn written to {file}."
    assert told(book, f"export {file} --force") == f"1 turn written to {file}."
    assert file.read_text().startswith("# main")


def test_a_stopped_answer_is_gone_on_with(book: Kernel, server: Peer) -> None:
    """Under the same instruction; the answer is shown, kept and a turn of its own."""
    run = book.run("%cromicle continue")
    assert 'The chat "main" has no turn yet' in run.stderr
    stop(book, "one")
    assert told(book, "continue", "c") == "fine"
    message = server.visits[-1].message
    assert message.startswith("System: brief\nUser: one\nAssistant: word \nUser: Go on with your")
    assert book.run("print(_cromicle.text)").stdout == "fine\n"
    assert told(book, "continue", "c") == "fine"
    assert server.visits[-1].message == message


def test_only_what_is_not_whole_is_gone_on_with(book: Kernel, server: Peer) -> None:
    """A complete answer is told to be so, and nothing is asked; one cut at its limit goes on."""
    ask(book, "one")
    whole_one = 'The last answer of the chat "main" is complete; nothing was asked.'
    assert told(book, "continue", "c") == whole_one
    assert len(server.visits) == 1
    cut = {"choices": [{"delta": {"content": "half"}, "finish_reason": "length"}]}
    with peer(whole(f"data: {json.dumps(cut)}\n\n")) as engine:
        ask(book, "two", f"--url {engine.url}/v1 -m tiny")
    assert told(book, "continue", "c") == "fine"
    assert "User: two\nAssistant: half\nUser: Go on" in server.visits[-1].message


def test_a_prompt_is_asked_again(book: Kernel, server: Peer) -> None:
    """As it was sent, without the answer that it replaces; later prompts see the new one only."""
    ask(book, "one")
    book.run("x = 'put in'")
    ask(book, "two {{ x }}", "-s brief")
    first = server.visits[-1].message
    book.run("x = 'other'")
    assert told(book, "retry", "r") == "fine"
    assert server.visits[-1].message == first
    ask(book, "three")
    prompts = "User: one\nAssistant: fine\nUser: two put in\nAssistant: fine\nUser: three"
    assert server.visits[-1].message == f"{prompts}\nAssistant:"
    assert told(book, "retry", "r") == "fine"
    assert server.visits[-1].message == first


def test_what_went_along_of_the_notebook_goes_along_again(book: Kernel, server: Peer) -> None:
    """The same cells, whatever has run since; and again when the retry itself is asked again."""
    book.run("x = 'seen'", metadata={"cellId": "x"})
    ask(book, "one", "--context 1")
    first = server.visits[-1].message
    assert "x = 'seen'" in first
    book.run("x = 'later'", metadata={"cellId": "y"})
    for cell in ("r", "s"):
        run = book.run("%cromicle retry", metadata={"cellId": cell})
        assert "context: 1 cell, " in run.outputs[0]["text/html"]
        assert server.visits[-1].message == first
    ask(book, "two")
    assert "seen" not in server.visits[-1].message


@pytest.mark.parametrize("is_first", [True, False])
def test_the_last_failure_is_explained(tmp_path: Path, server: Peer, *, is_first: bool) -> None:
    """With its cell and its traceback, also if nothing was asked before; its braces stay."""
    with kernel(tmp_path, CROMICLE_URL=server.url) as running:
        for line in ("fix", "fix my grammar"):
            assert "UsageError: No cell has failed yet" in running.run(f"%cromicle {line}").stderr
        if is_first:
            running.run("%reload_ext cromicle_magic")
        running.run("zero = '{{ zero }}'\n1 / 0", metadata={"cellId": "f"})
        assert told(running, "fix in one line") == "fine"
        assert running.run("_cromicle.state").outputs[0]["text/plain"] == "'done'"
    message = server.visits[-1].message
    assert message.startswith("This cell of my notebook failed.")
    assert "```python\nzero = '{{ zero }}'\n1 / 0\n```" in message
    assert "cell:2, in <module>\n    1 / 0\nZeroDivisionError: division by zero" in message
    assert message.endswith("in one line")


def test_what_asks_is_a_prompt_like_any_other(book: Kernel, server: Peer) -> None:
    """It is the cell's Out, fails in one line, is interrupted, and works within other code."""
    ask(book, "one")
    run = book.run("%cromicle retry", metadata={"cellId": "r"})
    assert "</div>" in run.outputs[0]["text/html"]
    number = run.reply["execution_count"]
    assert book.run(f"print(type(Out[{number}]).__name__)").stdout == "Answer\n"
    nested = "1; get_ipython().run_line_magic('cromicle', 'retry')"
    assert book.run(nested).outputs[0]["text/plain"] == "fine"
    with peer(silent) as endless:
        book.run(f"%config CromicleMagics.url = {endless.url!r}")
        cell = book.submit("%cromicle retry")
        book.watch(cell, lambda m: "word" in str(m["content"]))
        book.interrupt()
        assert book.finish(cell).error == [
            "KeyboardInterrupt: 5 characters were received and are kept."
        ]
    run = book.run("%cromicle retry")
    assert run.error[0].startswith("ConnectError: ")


def test_tab_knows_the_chats(book: Kernel) -> None:
    """Over the messages of every frontend."""
    ask(book, "one", "-c thought")
    for code in ("%%cromicle -c tho", "%cromicle history tho"):
        reply = book.client.complete(code, reply=True, timeout=30)["content"]
        assert reply["matches"] == ["thought"]
