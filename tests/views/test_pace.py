"""When to repaint."""

from __future__ import annotations

from itertools import pairwise

from cromicle_magic.views.pace import Pace


def repaints(*, seconds: float, chars_per_s: float, size: int, render_s: float = 0) -> list[float]:
    """Give the times of the repaints of a text that grows steadily, looked at 20 times a second."""
    pace, times = Pace(0), []
    for tick in range(1, int(seconds * 20) + 1):
        now = tick / 20
        pace.earn(now, int(chars_per_s / 20))
        if pace.is_due(now):
            pace.spend(now, size, render_s)
            times.append(now)
    return times


def test_a_small_text_is_repainted_eight_times_a_second() -> None:
    """And never more often, however fast the text comes."""
    times = repaints(seconds=10, chars_per_s=2_000, size=200)
    assert 60 <= len(times) <= 100
    assert len(repaints(seconds=10, chars_per_s=1e6, size=10)) <= 100


def test_repaints_send_no_more_than_their_share() -> None:
    """A part of what was received, a little each second, and what was saved at the start."""
    for chars_per_s in (100, 1_000, 10_000):
        for size in (500, 5_000, 50_000):
            times = repaints(seconds=20, chars_per_s=chars_per_s, size=size)
            assert len(times) * size <= 20 * (1.5 * chars_per_s + 2_000) + 6_000 + size


def test_a_slow_answer_keeps_moving() -> None:
    """A long paragraph that grows by a word a second is still repainted every second or so."""
    times = repaints(seconds=20, chars_per_s=20, size=2_000)
    assert max(after - before for before, after in pairwise(times)) <= 1.5


def test_what_is_hard_to_render_is_rendered_less_often() -> None:
    """Five parts rest for each part of work."""
    times = repaints(seconds=10, chars_per_s=10_000, size=10, render_s=0.1)
    assert len(times) <= 10 / 0.5 + 1
