"""The chats: a cell keeps its place, and a rerun sends what the first run sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from cromicle_magic.conversation.chats import Chats
from cromicle_magic.conversation.turn import Ask, Cell, Turn
from cromicle_magic.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Notebook:
    """A reader at a notebook whose engine answers each prompt by its number of messages."""

    chats: Chats = field(default_factory=Chats)
    sent: list[list[str]] = field(default_factory=list)
    _runs: Any = field(default_factory=lambda: count(1))

    def cell(self, name: str = "") -> Cell:
        """Give the next run of a cell; of one without a name, where the frontend names none."""
        number = next(self._runs)
        return Cell(name, f"run-{number}", number)

    def begin(self, cell: Cell, prompt: str = "", **more: Any) -> Turn:
        """Open a turn in the run of a cell."""
        return self.chats.begin(Ask(prompt or cell.id, cell=cell, **more), 0.0)

    def answer(self, turn: Turn, state: Any = "done", text: str | None = None) -> Turn:
        """Send a turn, and end it."""
        request = self.chats.request(turn)
        self.sent.append([message["content"] for message in request.messages])
        turn.end(state, f"re: {turn.ask.prompt}" if text is None else text)
        return turn

    def run(self, name: str, prompt: str = "", **more: Any) -> list[str]:
        """Run a cell with one prompt, and give what was sent."""
        self.answer(self.begin(self.cell(name), prompt, **more))
        return self.sent[-1]

    def stale(self, chat: str = "main") -> list[str]:
        """Give the prompts of the turns that are stale."""
        turns = self.chats.turns(chat)
        return [turn.ask.prompt for turn in turns if self.chats.is_stale(turn)]

    def prompts(self, chat: str = "main") -> list[str]:
        """Give the prompts of a chat, in order."""
        return [turn.ask.prompt for turn in self.chats.turns(chat)]


def test_turns_follow_each_other() -> None:
    """Each prompt goes out with all before it, and another chat's turns stay out."""
    book = Notebook()
    assert book.run("a") == ["a"]
    assert book.run("x", chat="other") == ["x"]
    assert book.run("b") == ["a", "re: a", "b"]
    assert book.chats.names() == ["main", "other"]


def test_a_rerun_replaces_its_turn() -> None:
    """In its place, with the turns before it only; later ones become stale, none is lost."""
    book = Notebook()
    for name in "abc":
        book.run(name)
    assert book.run("b", "b, edited") == ["a", "re: a", "b, edited"]
    assert book.prompts() == ["a", "b, edited", "c"]
    assert book.stale() == ["c"]
    assert book.run("c") == ["a", "re: a", "b, edited", "re: b, edited", "c"]
    assert book.stale() == []


def test_a_rerun_of_the_same_words_also_makes_the_later_turns_stale() -> None:
    """They were answered to another answer, if perhaps of the same words."""
    book = Notebook()
    for name in "abc":
        book.run(name)
    book.run("a")
    assert book.stale() == ["b", "c"]


CELLS = ("plain", "new", "loop", "fork", "on fork", "reset", "retry", "continue", "failing")
KINDS = st.sampled_from(CELLS)


def perform(book: Notebook, name: str, kind: str) -> None:
    """Run one cell of some kind."""
    cell, chats = book.cell(name), book.chats
    if kind == "reset":
        chats.enter(cell)
        chats.reset("all")
    elif kind == "loop":
        for number in range(3):
            book.answer(book.begin(cell, f"{name}, {number}"))
    elif kind == "fork":
        book.answer(book.begin(cell, fork=f"idea-{name}"))
        book.answer(book.begin(cell, f"{name}, on it", chat=f"idea-{name}"))
    elif kind in {"retry", "continue"}:
        try:
            prompt = chats.latest(cell=cell).ask.prompt
        except SettingError:
            reject()  # a run from the top ends here
        book.answer(book.begin(cell, prompt, retries=kind == "retry"))
    else:
        state = "failed" if kind == "failing" else "done"
        more = {"chat": "idea"} if kind == "on fork" else {"opens": kind == "new"}
        book.answer(book.begin(cell, **more), state)


@given(st.lists(KINDS, max_size=9), st.lists(st.integers(0, 8), max_size=9))
def test_a_notebook_run_again_from_its_top_sends_the_same(
    kinds: list[str], between: Sequence[int]
) -> None:
    """Whatever its cells do, and whichever of them were run again in between."""
    book = Notebook()
    for number, kind in enumerate(kinds):
        perform(book, f"cell {number}", kind)
    first = list(book.sent)
    for number in between:
        if number < len(kinds):
            perform(book, f"cell {number}", kinds[number])
    book.sent.clear()
    for number, kind in enumerate(kinds):
        perform(book, f"cell {number}", kind)
    assert book.sent == first


def test_without_the_cells_names_turns_only_follow() -> None:
    """As in a terminal, where nothing tells that a cell runs again."""
    book = Notebook()
    book.run("", "a")
    assert book.run("", "a") == ["a", "re: a", "a"]
    assert book.prompts() == ["a", "a"]


def test_each_prompt_of_a_cell_has_its_own_place() -> None:
    """A shorter second run leaves a turn over: kept, and no longer sent."""
    book = Notebook()
    for names in ("123", "12"):
        cell = book.cell("loop")
        for name in names:
            book.answer(book.begin(cell, name))
    assert book.sent[-1] == ["1", "re: 1", "2"]
    assert book.prompts() == ["1", "2", "3"]
    assert [turn.is_left_over for turn in book.chats.turns()] == [False, False, True]
    assert book.run("after") == ["1", "re: 1", "2", "re: 2", "after"]


def test_a_cell_that_changes_its_chat_leaves_the_old_one() -> None:
    """Its turn there is kept, and no longer sent."""
    book = Notebook()
    book.run("a")
    book.run("a", chat="other")
    assert book.run("b") == ["b"]
    assert (book.prompts(), book.prompts("other")) == (["a", "b"], ["a"])


def test_failed_turns_are_left_out_of_what_is_sent() -> None:
    """So is one that was stopped before its first word; both are kept. A part goes out."""
    book = Notebook()
    book.answer(book.begin(book.cell("a")), "failed", "half")
    book.answer(book.begin(book.cell("b")), "stopped", "")
    book.answer(book.begin(book.cell("c")), "stopped", "part")
    assert book.run("d") == ["c", "part", "d"]
    assert [turn.state for turn in book.chats.turns()] == ["failed", "stopped", "stopped", "done"]


def test_new_begins_anew_and_deletes_nothing() -> None:
    """What comes after does not see what was before; the turns before see each other still."""
    book = Notebook()
    book.run("a")
    assert book.run("b", opens=True) == ["b"]
    assert book.run("c") == ["b", "re: b", "c"]
    assert book.run("a") == ["a"]
    assert book.prompts() == ["a", "b", "c"]
    assert book.stale() == []


def test_a_fork_goes_its_own_way() -> None:
    """It begins with the turns so far; neither sees what the other says later."""
    book = Notebook()
    book.run("a")
    assert book.run("f", fork="idea") == ["a", "re: a", "f"]
    assert book.run("b") == ["a", "re: a", "b"]
    assert book.run("g", chat="idea") == ["a", "re: a", "f", "re: f", "g"]
    assert (book.chats.parent("idea"), book.prompts("idea")) == ("main", ["a", "f", "g"])
    book.run("a", "a, edited")
    assert (book.stale(), book.stale("idea")) == (["b"], ["f", "g"])
    book.chats.reset("main")
    assert book.prompts("idea") == ["a, edited", "f", "g"]


@pytest.mark.parametrize("name", ["main", "other"])
def test_a_fork_to_a_chat_that_is_there_is_refused(name: str) -> None:
    """It would have to throw away turns."""
    book = Notebook()
    book.run("a")
    book.run("x", chat="other")
    with pytest.raises(SettingError, match=f'already is a chat "{name}"; go on with it by -c'):
        book.run("f", fork=name)


def test_a_reset_forgets_the_turns_and_keeps_the_places() -> None:
    """A cell above that runs again still stands above."""
    book = Notebook()
    book.run("a")
    book.run("b")
    book.run("x", chat="other")
    book.chats.reset("main")
    assert (book.prompts(), book.chats.names()) == ([], ["other"])
    assert book.run("b") == ["b"]
    assert book.run("a") == ["a"]
    assert book.prompts() == ["a", "b"]
    book.chats.reset("all")
    assert book.chats.names() == []


def test_an_unknown_chat_is_told_with_the_known_ones() -> None:
    """One sentence, with what was asked for made visible."""
    book = Notebook()
    book.run("x", chat="other")
    with pytest.raises(SettingError, match=r'no chat "a␛"; there is: "other"'):
        book.chats.reset("a\x1b")
    with pytest.raises(SettingError, match="can't be named all"):
        book.run("x", chat="all")


def test_a_retry_stands_in_for_the_turn_before() -> None:
    """Once it has an answer; until then, and if it fails, the turn before holds."""
    book = Notebook()
    book.run("a")
    again = book.chats.latest(cell=(cell := book.cell("r")))
    retry = book.begin(cell, again.ask.prompt, retries=True)
    assert [turn.ask.cell.id for turn in book.chats.sent_next()] == ["a"]
    book.answer(retry, text="better")
    assert book.sent[-1] == ["a"]
    assert book.run("b") == ["a", "better", "b"]
    book.answer(book.begin(book.cell("r"), "a", retries=True), "failed")
    assert book.run("b") == ["a", "re: a", "b"]


def test_a_retry_of_a_failed_turn_spares_the_one_before_it() -> None:
    """It stands in for the failed one only."""
    book = Notebook()
    book.run("a")
    book.answer(book.begin(book.cell("b")), "failed")
    book.run("r", "b", retries=True)
    assert book.run("c") == ["a", "re: a", "b", "re: b", "c"]


def test_a_stopped_answer_can_go_on() -> None:
    """What is asked then says so; where there is nothing to go on from, that is told."""
    book = Notebook()
    with pytest.raises(SettingError, match="no turn yet"):
        book.chats.continuation()
    book.answer(book.begin(book.cell("a")), "failed", "")
    with pytest.raises(SettingError, match="is failed and has no answer"):
        book.chats.continuation()
    book.answer(book.begin(book.cell("a")), "stopped", "part")
    prompt = book.chats.continuation(cell=(cell := book.cell("k")))
    book.answer(book.begin(cell, prompt))
    assert book.sent[-1][:2] == ["a", "part"]
    assert book.chats.continuation() == ""


def test_what_streams_still_is_ahead_of_what_follows() -> None:
    """In the background a turn waits for those before it, and sends their answers."""
    book = Notebook()
    first, other = book.begin(book.cell("a")), book.begin(book.cell("x"), chat="other")
    second, third = book.begin(book.cell("b")), book.begin(book.cell("c"))
    assert book.chats.ahead(first) == book.chats.ahead(other) == []
    assert book.chats.ahead(third) == [first, second]
    for turn in (first, second, third):
        assert book.chats.ahead(turn) == []
        book.answer(turn)
    assert book.sent[-1] == ["a", "re: a", "b", "re: b", "c"]


def test_a_turn_replaced_while_it_streams_changes_nothing_at_its_end() -> None:
    """The cell's newer run has the place; after a reset nobody has it."""
    book = Notebook()
    old = book.begin(book.cell("a"))
    book.run("a", "newer")
    old.end("done", "late")
    assert book.run("b") == ["newer", "re: newer", "b"]
    late = book.begin(book.cell(""), "late")
    book.chats.reset("main")
    book.answer(late)
    assert book.sent[-1] == ["late"]
    assert book.prompts() == []
