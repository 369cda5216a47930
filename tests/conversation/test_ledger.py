"""The tables and the files: readable, in one line a turn, and whole."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from cromicle_magic.conversation.chats import Chats
from cromicle_magic.conversation.ledger import chats_table, export, history_table
from cromicle_magic.conversation.turn import Ask, Cell
from cromicle_magic.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

# The text of a table must not hang on where it is made.
NOON_S = time.mktime((2026, 11, 24, 12, 0, 0, 0, 0, -1))


def talk(
    chats: Chats, name: str, prompt: str, answer: str, state: str = "done", **more: str
) -> None:
    """Run a cell to its end."""
    cell = Cell(name, f"{name}{time.monotonic_ns()}", 7)
    turn = chats.begin(Ask(prompt, cell=cell, **more), NOON_S)  # type: ignore[arg-type]
    chats.request(turn)
    turn.end(state, answer, engine="engine", model="tiny")  # type: ignore[arg-type]


@pytest.fixture
def chats() -> Chats:
    """Two chats, with one turn of each kind."""
    chats = Chats()
    talk(chats, "a", "Why is\nthe sky \x1b[2J blue?", "Because " + "of light " * 20)
    talk(chats, "b", "And at night?", "Half an ans", "stopped")
    talk(chats, "c", "x", "", "failed", system="Be brief.\nVery.")
    talk(chats, "a", "Why is the sky grey?", "Clouds.")
    talk(chats, "f", "Else?", "No.", fork="idea")
    return chats


def test_a_history_has_one_line_for_each_turn(chats: Chats) -> None:
    """Cut to its columns, with what is stale and what is not sent."""
    head, blank, *rows = history_table(chats).split("\n")
    assert head == "main: 3 turns; 2 of them, 51 characters, go out with the next prompt."
    assert blank == ""
    assert rows == [
        "   cell  time   state                     prompt                answer",
        "1  [7]   12:00  done                      Why is the sky grey?  Clouds.",
        "2  [7]   12:00  stopped  stale            And at night?         Half an ans",
        "3  [7]   12:00  failed   stale, not sent  x",
    ]


def test_nothing_foreign_acts_in_a_table() -> None:
    """Newlines are blanks, controls are pictures, and long texts end early."""
    chats = Chats()
    talk(chats, "a", "one\ntwo\x1b[2J" + "x" * 1000, "y" * 41)
    row = history_table(chats).split("\n")[-1]
    assert "one two␛[2Jxxx" in row
    assert row.count("x") == 40 - len("one two␛[2J") - 1
    assert row.endswith("  " + "y" * 39 + "…")


def test_the_chats_are_listed(chats: Chats) -> None:
    """With what their next prompt would carry along."""
    assert chats_table(chats).split("\n") == [
        "chat  turns  sent next  characters  forked from  last",
        "main  3      2          51                       12:00",
        "idea  4      3          59          main         12:00",
    ]
    assert "%%cromicle begins one" in chats_table(Chats())
    assert history_table(Chats()) == "The chat main has no turn yet."


def test_an_export_for_programs_holds_all(chats: Chats, tmp_path: Path) -> None:
    """One object a line, also with what no encoding takes."""
    talk(chats, "d", "half \ud83d", "中\u2028文")
    path = tmp_path / "all.jsonl"
    assert export(chats, ["main", "idea"], path) == 8
    turns = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
    assert [(turn["chat"], turn["turn"], turn["state"]) for turn in turns[:3]] == [
        ("main", 1, "done"),
        ("main", 2, "stopped"),
        ("main", 3, "failed"),
    ]
    assert (turns[3]["prompt"], turns[3]["answer"]) == ("half \ud83d", "中\u2028文")
    assert (turns[2]["system"], turns[1]["is_stale"]) == ("Be brief.\nVery.", True)


def test_an_export_for_readers_reads_well(chats: Chats, tmp_path: Path) -> None:
    """Prompts are quoted, answers stand as they are."""
    talk(chats, "d", "half \ud83d", "**bold**\n")
    path = tmp_path / "main.md"
    assert export(chats, ["main"], path) == 4
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# main\n\n## 1. done · engine · tiny · 2026-11-2")
    assert "\n\n> Why is the sky grey?\n\nClouds.\n\n## 2. stopped" in text
    assert "System:\n\n> Be brief.\n> Very.\n\n> x\n" in text
    assert text.endswith("> half \\ud83d\n\n**bold**\n\n")


def test_an_export_that_cannot_work_says_why(chats: Chats, tmp_path: Path) -> None:
    """The kind of the file, its place, or the chat's name."""
    with pytest.raises(SettingError, match=r"neither in \.md nor in \.jsonl"):
        export(chats, ["main"], tmp_path / "main.txt")
    with pytest.raises(SettingError, match="can't be written: No such file"):
        export(chats, ["main"], tmp_path / "none" / "main.md")
    with pytest.raises(SettingError, match='no chat "mian"'):
        export(chats, ["mian"], tmp_path / "main.md")
