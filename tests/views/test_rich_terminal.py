"""The terminal with Rich, drawn into a text."""

from __future__ import annotations

import io
import re
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


def rows(drawn: str) -> list[str]:
    """Give what stands on the screen in the end, without the blanks around it."""
    shown, row = [""], 0
    for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", drawn):
        if part == "\x1b[1A":
            row -= 1
        elif part == "\x1b[2K":
            shown[row] = ""
        elif part == "\n":
            row += 1
            shown += [""] * (row == len(shown))
        elif part[0] not in "\r\x1b":
            shown[row] = part.rstrip()
    return "\n".join(shown).rstrip().split("\n")


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


def printed(screen: io.StringIO, text: str) -> str:
    """Give what a whole answer leaves on the screen."""
    view, answer = RichView(), Answer()
    view.open(answer)
    answer.pieces.append(text)
    view.close()
    return screen.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "a &#x202e;evil&#x202c; b",
        "| a&#x2028;b |\n|---|\n| &#xE0041; |",
        "[a&#x202e;b](http://h.invalid/&#x202e;)",
        "# &#x9b;31m",
        "![a&#x202e;b](http://h.invalid/)",
        "&#27;[2J",
    ],
)
def test_no_reference_brings_a_control_back(screen: io.StringIO, text: str) -> None:
    """A character that is written by its number is as visible as one that is written as it is."""
    shown = printed(screen, text)
    assert not re.search("[\u2028-\u202e\u2066-\u206f\x80-\x9f\U000e0000-\U000e007f]", shown)
    assert "\x1b[2J" not in shown


def test_a_formula_stays_as_the_model_wrote_it(screen: io.StringIO) -> None:
    """Its backslashes, stars and underscores are no Markdown; a terminal shows its source."""
    shown = printed(screen, "So \\(a * b_1 * c_1\\) and\n\n$$\n\\int x\\,dx\n$$\n")
    assert "\\(a * b_1 * c_1\\)" in shown
    assert "\\int x\\,dx" in shown


def test_an_image_and_a_link_stand_in_their_place(screen: io.StringIO) -> None:
    """With their targets, and a bare address once."""
    text = (
        "See ![cat](https://img.invalid/c.png), [this](https://a.invalid/) and https://b.invalid/x."
    )
    shown = printed(screen, text)
    told = " ".join(shown.split())
    assert "See image: cat (img.invalid) (https://img.invalid/c.png), this" in told
    assert "this (https://a.invalid/) and https://b.invalid/x." in told


def test_nothing_stands_above_the_first_word(screen: io.StringIO) -> None:
    """No empty line, whether the answer came in one piece or in several."""
    view, answer = RichView(), Answer()
    view.open(answer)
    for piece in ("One.\n\nTwo.\n\n", "Three."):
        answer.pieces.append(piece)
        view.paint()
    view.close()
    assert rows(screen.getvalue()) == ["One.", "", "Two.", "", "Three."]


def test_what_it_waits_for_is_told_until_the_first_text(screen: io.StringIO) -> None:
    """A reader sees that a silent model was asked, and nothing of that stays."""
    view, answer = RichView(), Answer("engine")
    view.open(answer)
    view.paint()
    assert "waiting · engine · 0 s" in screen.getvalue()
    answer.pieces.append("One.")
    view.paint()
    view.close()
    assert rows(screen.getvalue()) == ["One."]
