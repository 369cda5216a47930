"""An answer as HTML, block by block and slot by slot."""

from __future__ import annotations

import pytest
from support.answers import essay

from cromicle_magic.answer import Answer
from cromicle_magic.render.markdown import render_pieces
from cromicle_magic.views.layout import MOST_SLOTS, Layout, Part, fold


def never() -> bool:
    """Tell that there is time enough."""
    return False


def at_once() -> bool:
    """Tell that time is up."""
    return True


def laid_out(text: str, size: int) -> tuple[Layout, list[Part]]:
    """Lay a text out in pieces of a size, and give the layout and the settled slots."""
    layout, settled = Layout(), []
    for at in range(0, len(text), size):
        layout.feed(text[at : at + size])
        layout.lay_out(never)
        if part := layout.settle():
            settled.append(part)
    return layout, settled


@pytest.mark.parametrize("size", [7, 100, 5_000])
def test_the_parts_are_the_whole(size: int) -> None:
    """Settled slots and the last one hold each character once, and so does their HTML."""
    text = essay(12_345)
    layout, settled = laid_out(text, size)
    layout.finish(Answer(), never)
    parts = [*settled, layout.last()]
    assert "".join(part.text for part in parts) == text == layout.whole().text
    assert "".join(part.html for part in parts) == layout.whole().html
    assert layout.whole().html == "".join(render_pieces(text))


@pytest.mark.parametrize("chars", [20_000, 200_000, 2_000_000])
def test_there_are_never_too_many_slots(chars: int) -> None:
    """JupyterLab shows no more than 50 outputs of a cell."""
    _, settled = laid_out(essay(chars), 2_000)
    assert len(settled) < MOST_SLOTS <= 45


def test_each_block_is_laid_out_once() -> None:
    """Whoever has no time gets one block a step, or a few small ones, and the rest later."""
    layout, long = Layout(), "word " * 1_500
    layout.feed(f"one\n\ntwo\n\n{long}\n\nthree\n\nfour")
    shown = ["<p>one</p>\n<p>two</p>\n", f"<p>{long.strip()}</p>\n", "<p>three</p>\n<p>four</p>\n"]
    assert not layout.lay_out(at_once)
    assert layout.live() == shown[0]
    assert not layout.lay_out(at_once)
    assert layout.live() == "".join(shown[:2])
    assert layout.lay_out(at_once)
    assert layout.live() == "".join(shown)


def test_what_there_is_no_time_for_stays_plain_text() -> None:
    """Nothing is missing from a layout that is finished in a hurry."""
    layout = Layout()
    filler = "word " * 1_500
    layout.feed(f"*one*\n\n{filler}\n\n*two*\n\n*three*")
    layout.finish(Answer(), at_once)
    whole = layout.whole()
    assert whole.text == f"*one*\n\n{filler}\n\n*two*\n\n*three*"
    assert whole.html.startswith("<p><em>one</em></p>")
    assert "*two*\n\n*three*" in whole.html


def test_a_huge_live_slot_shows_its_end() -> None:
    """Until it is complete; then it is all there."""
    layout = Layout()
    layout.feed("```\n" + "line\n" * 20_000 + "the end")
    live = layout.live()
    assert "characters before these are shown when the answer is complete" in live
    assert "the end" in live
    assert len(live) < 10_000
    layout.finish(Answer(), never)
    assert layout.whole().html.count("line") == 20_000


def test_thinking_is_folded_and_no_part_of_the_text() -> None:
    """A fold shows one line, and what it holds is escaped."""
    part = fold("a <b> & $x$")
    assert part.text == ""
    assert part.html.startswith("<details><summary>Reasoning, 11 characters</summary>")
    assert "&lt;b&gt;" in part.html


def test_an_answer_is_taken_in_step_by_step() -> None:
    """However large its pieces are; in the end each character is there once."""
    answer, layout, steps = Answer(), Layout(), 1
    answer.pieces += ["a\n\n" * 5_000, "", "b"]
    while not layout.take(answer, at_once):
        steps += 1
    assert 8 <= steps <= 10
    assert layout.take(answer, at_once)
    layout.finish(answer, never)
    assert layout.whole().text == answer.text
