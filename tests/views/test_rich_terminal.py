"""The terminal with Rich, drawn into a text."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console
from support.answers import essay

from cromicle_magic.answer import Answer
from cromicle_magic.errors import TruncatedError
from cromicle_magic.views import rich_terminal
from cromicle_magic.views.rich_terminal import RichView

STEP_S = 0.5


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal of 80 columns and 24 rows."""
    drawn = io.StringIO()

    def console() -> Console:
        return Console(file=drawn, width=80, height=24, force_terminal=True, color_system=None)

    monkeypatch.setattr(rich_terminal, "Console", console)
    return drawn


def test_blocks_stay_apart(screen: io.StringIO) -> None:
    """What is printed block by block looks like what is printed at once."""
    view, answer = RichView(), Answer()
    view.open(answer)
    for piece in ("One.\n\n", "Two.\n\n", "- a\n- b\n\n", "Three."):
        answer.pieces.append(piece)
        view.paint()
    view.close()
    lines = [line.rstrip() for line in screen.getvalue().replace("\r", "\n").split("\n")]
    for before, after in (("One.", "Two."), ("Two.", " • a"), (" • b", "Three.")):
        first = max(n for n, line in enumerate(lines) if line.endswith(before))
        second = max(n for n, line in enumerate(lines) if line.endswith(after))
        assert second > first


def test_of_a_high_block_the_last_words_are_seen(screen: io.StringIO) -> None:
    """Neither a long paragraph nor a long fence hides what has just come, or looks like prose."""
    for text in ("word " * 600 + "newest", "```python\n# comment\n" + "x = 1\n" * 40 + "newest"):
        view, answer = RichView(), Answer()
        view.open(answer)
        answer.pieces.append(text)
        view.paint()
        live = screen.getvalue()
        assert "newest" in live
        assert "┏" not in live
        view.close()


@pytest.mark.parametrize(
    "text",
    [
        "a\n\n" * 10_000,
        essay(100_000),
        "```console\n" + "a::" * 8_000,
        "```python\n" + "x = 1\n" * 10_000,
        "|a|b|\n|-|-|\n" + "|1|2|\n" * 3_000,
        "word " * 60_000,
        "[" * 20_000,
    ],
    ids=["blocks", "essay", "console", "python", "table", "paragraph", "brackets"],
)
def test_no_step_holds_the_loop(screen: io.StringIO, text: str) -> None:
    """However much has come at once; the bound is generous, for machines are noisy."""
    view, answer = RichView(), Answer()
    view.open(answer)
    answer.pieces.append(text)
    longest_s, is_done = 0.0, False
    while not is_done:
        start = time.thread_time()
        is_done = view.paint()
        longest_s = max(longest_s, time.thread_time() - start)
    start = time.thread_time()
    view.close()
    longest_s = max(longest_s, time.thread_time() - start)
    print(f"{longest_s * 1000:.0f} ms")
    assert longest_s < STEP_S
    assert screen.getvalue()


def test_a_failure_that_no_cell_raises_is_said(screen: io.StringIO) -> None:
    """Below the text, its foreign words made visible."""
    view, answer = RichView(), Answer()
    answer.tells_error, answer.error = True, TruncatedError("cut \x1b[2J off")
    view.open(answer)
    answer.pieces.append("half")
    view.close()
    assert screen.getvalue().rstrip().endswith("TruncatedError: cut ␛[2J off")
