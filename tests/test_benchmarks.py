"""The benchmark, as far as it can be looked at without a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from benchmarks.figures import row, table
from benchmarks.replies import CUTS, cut, read_words
from benchmarks.server import answer, events, server
from benchmarks.streams import FLOORS, cell, ours

if TYPE_CHECKING:
    from support.kernels import Kernel


@pytest.mark.parametrize("protocol", ["chat", "openai"])
def test_the_same_answer_is_measured_for_us_and_for_the_floor(
    newest: Kernel, protocol: str
) -> None:
    """Both show every character, the floor in one display, and each figure has both sides."""
    with server() as answering:
        url = answering.address(2_000, 2_000, protocol=protocol)
        cells = (ours(url), FLOORS[protocol].format(url=url))
        for code in cells:
            assert newest.run(code).outputs[-1]["text/plain"] == answer(2_000)
            answering.times()
        measured = row("both", [tuple(cell(newest, answering, code, 2_000) for code in cells)])
    assert measured.ours.keys() == measured.floor.keys() == measured.ratio.keys()
    assert measured.ratio["iopub bytes/byte"] > 1
    assert measured.ours["first text s"] > 0
    assert "ratio" in table([measured])


@pytest.mark.parametrize("how", CUTS)
def test_a_reply_is_read_whole_however_it_is_cut(how: str) -> None:
    """Else the readers would be compared by what they leave out."""
    assert read_words(cut(events(answer(20_000)), how)) == answer(20_000)
