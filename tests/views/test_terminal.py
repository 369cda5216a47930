"""The terminal's view: what a terminal gets, however the answer is cut."""

from __future__ import annotations

import io
import sys

import pytest

from cromicle_magic.answer import Answer
from cromicle_magic.errors import TruncatedError
from cromicle_magic.views.terminal import TerminalView


def shown(capsys: pytest.CaptureFixture[str], *pieces: str) -> list[str]:
    """Show an answer piece by piece, and give what was written at each, and at the end."""
    answer, view, written = Answer(), TerminalView(), []
    view.open(answer)
    for piece in pieces:
        answer.pieces.append(piece)
        view.paint()
        written.append(capsys.readouterr().out)
    view.close()
    return [*written, capsys.readouterr().out]


@pytest.mark.parametrize(
    ("pieces", "written"),
    [
        (["a\r\nb"], ["a\nb", "\n"]),
        (["a\r", "\nb"], ["a", "\nb", "\n"]),
        (["a\r", "b"], ["a", "␍b", "\n"]),
        (["a\r", "\r", "\n"], ["a", "␍", "\n", "\n"]),
        (["a\r"], ["a", "␍\n"]),
    ],
)
def test_a_crlf_is_a_newline_wherever_it_is_cut(
    capsys: pytest.CaptureFixture[str], pieces: list[str], written: list[str]
) -> None:
    """A carriage return waits for what follows it, and is shown as one unless that is a newline."""
    assert shown(capsys, *pieces) == written


def test_nothing_received_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even an empty line."""
    assert shown(capsys) == [""]


def test_a_failure_that_no_cell_raises_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """On a line of its own below the text, its foreign words made visible."""
    answer, view = Answer(), TerminalView()
    answer.tells_error, answer.error = True, TruncatedError("cut \x1b[2J off")
    view.open(answer)
    answer.pieces.append("half")
    view.close()
    assert capsys.readouterr().out == "half\nTruncatedError: cut ␛[2J off\n"


def test_what_was_amiss_stands_below(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line of its own, foreign text that can't act."""
    answer, view = Answer(), TerminalView()
    view.open(answer)
    answer.pieces.append("said")
    answer.notice = "cut \x1b[31m" + "n" * 5_000
    view.close()
    said, noted = capsys.readouterr().out.splitlines()
    assert said == "said"
    assert noted.startswith("(cut ␛[31mnnn")
    assert len(noted) < 100


def test_a_terminal_of_few_characters_gets_the_others_by_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that knows no UTF-8 shows the answer, too, and what stands below it."""
    screen = io.TextIOWrapper(io.BytesIO(), "ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", screen)
    answer, view = Answer("engine", "tiny"), TerminalView()
    view.open(answer)
    answer.pieces.append("naïve 😀")
    answer.chars = 7
    view.paint()
    view.close()
    assert screen.buffer.getvalue() == b"na\\xefve \\U0001f600\n(engine \\xb7 tiny)\n"
