"""Chats in a real kernel: what goes out with a prompt, and what a cell run again does to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.environments import interpreter
from support.kernels import Kernel, Run, kernel
from support.peers import END, HEAD, Gate, Peer, Visit, chunk, peer, whole
from support.scripts import drip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DELTA = {"choices": [{"delta": {"content": "fine"}, "finish_reason": "stop"}]}
MODELS = {"data": [{"id": "m"}]}


async def engine(visit: Visit) -> None:
    """Answer as an engine of OpenAI's protocol, always the same."""
    text = f"data: {json.dumps(DELTA)}\n\n" if visit.body else json.dumps(MODELS)
    await visit.send(whole(text))


@pytest.fixture(scope="module")
def chatty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel of a reader who has set nothing."""
    with kernel(tmp_path_factory.mktemp("kernel"), CROMICLE_BUDGET="") as running:
        yield running


@pytest.fixture
def book(chatty: Kernel) -> Kernel:
    """The same, with no chat yet."""
    assert chatty.run("%reload_ext cromicle_magic", metadata={}).status == "ok"
    return chatty


@pytest.fixture
def server() -> Iterator[Peer]:
    """An engine that remembers what it was asked."""
    with peer(engine) as running:
        yield running


def ask(kernel: Kernel, server: Peer, prompt: str, cell: str = "", options: str = "") -> Run:
    """Run a prompt cell, named or not; it has to end well."""
    run = kernel.run(
        f"%%cromicle --url {server.url}/v1 {options}\n{prompt}",
        metadata={"cellId": cell} if cell else {},
    )
    assert run.status == "ok", (run.error, run.stderr)
    return run


def asked(server: Peer) -> list[list[str]]:
    """Give the contents of the messages of each request."""
    return [
        [m["content"] for m in body(visit)["messages"]] for visit in server.visits if visit.body
    ]


def body(visit: Visit) -> Any:
    """Give what a request says."""
    return json.loads(visit.body)


def footer(run: Run) -> str:
    """Give the HTML below the last answer."""
    return str(run.outputs[-1]["text/html"]).rpartition("<div")[2]


def test_turns_go_as_messages_to_an_engine(book: Kernel, server: Peer) -> None:
    """Each with its role, the system prompt first; the footer says how many went along."""
    assert "sent with" not in footer(ask(book, server, "one", "a"))
    run = ask(book, server, "two", "b", "-s brief")
    assert body(server.visits[-1])["messages"] == [
        {"role": "system", "content": "brief"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "fine"},
        {"role": "user", "content": "two"},
    ]
    assert "sent with 1 earlier turn<" in footer(run)


def test_turns_are_folded_for_the_cromicle_protocol(book: Kernel) -> None:
    """Into its one message, as format_prompt does it."""
    with peer(whole("fine")) as server:
        for prompt in ("one", "two"):
            book.run(f"%%cromicle --url {server.url}\n{prompt}", metadata={})
        assert [visit.message for visit in server.visits] == [
            "one",
            "User: one\nAssistant: fine\nUser: two\nAssistant:",
        ]


def test_a_cell_run_again_replaces_its_turn(book: Kernel, server: Peer) -> None:
    """It sends what stood before it, and the cells below send its new words."""
    for cell in "abc":
        ask(book, server, cell, cell)
    ask(book, server, "B", "b")
    ask(book, server, "c", "c")
    ask(book, server, "d", "d")
    assert asked(server)[3:] == [
        ["a", "fine", "B"],
        ["a", "fine", "B", "fine", "c"],
        ["a", "fine", "B", "fine", "c", "fine", "d"],
    ]


CELLS = [
    ("", "one"),
    ("--fork idea", "two"),
    ("-c idea -s brief", "three"),
    ("--new", "four"),
    ("--no-history", "five"),
    ("--budget 30", "six"),
    ("--bg", "seven"),
    ("--bg", "eight"),
]


def run_notebook(kernel: Kernel, server: Peer, *, is_named: bool) -> list[bytes]:
    """Run such a notebook from its top; give its requests, byte for byte, in their order."""
    before = len(server.visits)
    for number, (options, prompt) in enumerate(CELLS):
        ask(kernel, server, prompt, f"cell {number}" if is_named else "", options)
    assert kernel.run("%cromicle wait", metadata={}).status == "ok"
    return [visit.body for visit in server.visits[before:] if visit.body]


def test_a_notebook_run_again_sends_the_same_bytes(
    tmp_path: Path, each_name: str, server: Peer
) -> None:
    """In the same kernel, by its cells' names."""
    with kernel(tmp_path, interpreter(each_name), CROMICLE_BUDGET="") as running:
        first = run_notebook(running, server, is_named=True)
        ask(running, server, "Three", "cell 2", "-c idea")
        assert run_notebook(running, server, is_named=True) == first
    assert [len(json.loads(each)["messages"]) for each in first] == [1, 3, 6, 1, 1, 3, 5, 7]


def test_a_notebook_without_names_sends_the_same_in_a_fresh_kernel(
    tmp_path: Path, server: Peer
) -> None:
    """As a console's or nbclient's would."""
    runs = []
    for _ in range(2):
        with kernel(tmp_path, CROMICLE_BUDGET="") as running:
            cells = [cell for cell in CELLS if "--bg" not in cell[0]]
            for options, prompt in cells:
                ask(running, server, prompt, options=options)
        runs.append([visit.body for visit in server.visits if visit.body])
        server.visits.clear()
    assert runs[0] == runs[1]
    assert len(runs[0]) == 6


def test_a_chat_is_chosen_left_and_forked(book: Kernel, server: Peer) -> None:
    """Each has turns of its own; a fork begins with those that were there."""
    ask(book, server, "a", "1")
    ask(book, server, "b", "2", "-c other")
    ask(book, server, "c", "3", "--fork idea")
    ask(book, server, "d", "4")
    ask(book, server, "e", "5", "-c idea")
    ask(book, server, "f", "6", "--no-history")
    ask(book, server, "g", "7", "--new")
    ask(book, server, "h", "8")
    assert asked(server) == [
        ["a"],
        ["b"],
        ["a", "fine", "c"],
        ["a", "fine", "d"],
        ["a", "fine", "c", "fine", "e"],
        ["f"],
        ["g"],
        ["g", "fine", "h"],
    ]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--no-history --new", "--new is about a chat, and this prompt belongs to none; leave"),
        ("--budget 0 -c x", "--chat is about a chat, and this prompt belongs to none; leave"),
        ("-c all", "A chat can't be named all"),
        ("-c --new", "--chat: '--new' is no name of a chat; write it like idea, in one word."),
        ("--budget -1", "--budget: '-1' is no number of characters from 0 up; write it like 8000."),
        ("--fork main", 'There already is a chat "main"'),
    ],
)
def test_what_can_not_be_is_one_sentence(
    book: Kernel, server: Peer, options: str, says: str
) -> None:
    """And no turn is left open by it."""
    run = book.run(f"%%cromicle --url {server.url}/v1 {options}\nHi", metadata={})
    assert run.stderr.startswith(f"UsageError: {says}")
    assert run.stderr.count("\n") == 1
    ask(book, server, "Hello")
    assert asked(server) == [["Hello"]]


def test_the_budget_is_told(book: Kernel, server: Peer) -> None:
    """The oldest turns are left out first, whole; the system prompt and the prompt never."""
    for prompt in ("1" * 20, "2" * 20, "3" * 20):
        ask(book, server, prompt)
    run = ask(book, server, "4" * 20, "four", "--budget 60 -s brief")
    assert asked(server)[-1] == ["brief", "3" * 20, "fine", "4" * 20]
    told = "sent with 1 earlier turn, 2 older ones left out (budget 60 characters)<"
    assert told in footer(run)
    run = ask(book, server, "5", "five", "--budget 0")
    assert asked(server)[-1] == ["5"]
    assert "sent with" not in footer(run)
    book.run("%config CromicleMagics.budget = 60")
    ask(book, server, "6" * 20)
    assert asked(server)[-1] == ["4" * 20, "fine", "6" * 20]
    book.run("%config CromicleMagics.budget = None")


def test_background_cells_of_one_chat_keep_their_order(book: Kernel) -> None:
    """Each waits for the one before, and says so; another chat's doesn't."""
    gate = Gate()

    async def script(visit: Visit) -> None:
        await visit.send(HEAD)
        if visit.message == "one":
            await gate.wait()
        await visit.send(chunk("fine"), END)

    with peer(script) as server:
        line = f"%%cromicle --bg --url {server.url}"
        for prompt in ("one", "two"):
            assert book.run(f"{line}\n{prompt}", metadata={"cellId": prompt}).status == "ok"
        other = f"%%cromicle --url {server.url} -c other\nother"
        assert book.run(other, metadata={"cellId": "other"}).status == "ok"
        last = book.submit(f"%%cromicle --url {server.url}\nthree", metadata={"cellId": "three"})
        book.watch(last, lambda m: "waiting for an earlier answer of this chat" in str(m))
        assert {visit.message for visit in server.visits} == {"one", "other"}
        gate.open()
        assert book.finish(last).status == "ok"
        assert [visit.message.count("User: ") for visit in server.visits[2:]] == [2, 3]


FAILING = HEAD + chunk("half an ans")


@pytest.mark.parametrize("options", ["", "--bg"])
def test_a_turn_ends_with_its_answer_however_that_ends(
    book: Kernel, server: Peer, options: str
) -> None:
    """A failed answer is left out of what is sent, a stopped one goes along; none is waited for."""
    with peer(FAILING) as failing:
        book.run(f"%%cromicle {options} --url {failing.url}\nfailing", metadata={"cellId": "f"})
        assert asked_after(book, server) == ["next"]
    with peer(drip) as endless:
        cell = f"%%cromicle {options} --url {endless.url}\nendless"
        number = book.submit(cell, metadata={"cellId": "e"})
        endless.visit()
        if options:
            book.finish(number)
            book.run("import asyncio\nwhile not _cromicle.text: await asyncio.sleep(0.01)")
            book.run("%cromicle stop")
        else:
            book.watch(number, lambda m: "word" in str(m["content"]))
            book.interrupt()
            assert book.finish(number).error[0].startswith("KeyboardInterrupt: ")
        first, _, prompt, words, last = asked_after(book, server)
    assert (first, prompt, last) == ("next", "endless", "next")
    assert words.startswith("word")


def asked_after(kernel: Kernel, server: Peer) -> list[str]:
    """Give the contents of what a further prompt sends."""
    ask(kernel, server, "next")
    return asked(server)[-1]


def test_a_turn_ends_though_nothing_can_be_shown(book: Kernel, server: Peer) -> None:
    """Neither in its cell nor in the background."""
    broken = "import ipywidgets; kept, ipywidgets.HTMLMath = ipywidgets.HTMLMath, None"
    for options in ("", "--bg"):
        book.run(broken)
        run = book.run(f"%%cromicle {options} --url {server.url}/v1\nHi")
        assert "TypeError" in run.error[-1]
        book.run("ipywidgets.HTMLMath = kept")
        assert asked_after(book, server)[-1] == "next"


def test_an_answer_knows_its_cell(book: Kernel) -> None:
    """By the number in its brackets."""
    run = book.run("%%cromicle --bg -e offline\nHi")
    assert int(book.run("print(_cromicle.cell)").stdout) == run.reply["execution_count"]
