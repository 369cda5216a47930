"""When to repaint, and for how long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BEAT_S", "REPAINT_S", "Pace", "timer"]

# How often to look whether there is something to do.
BEAT_S = 0.06
# Eight repaints a second look fluid; more only cost.
REPAINT_S = 0.12
# A repaint sends the whole live slot again. So that all repaints together stay in proportion to
# the answer, they may send this many bytes for each character received ...
BYTES_A_CHAR = 1.5
# ... and this many a second besides, which keeps a slow answer moving.
BYTES_A_SECOND = 2_000
MOST_SAVED_BYTES = 6_000
# What a message costs beyond its text: names, quotes, ids.
MESSAGE_BYTES = 300
# A repaint that was hard to render waits for so many times as long.
REST = 5
# All live views of a kernel together repaint so often a second, and tell their states so often:
# JupyterLab loses messages above 1,000 a second, and a browser feels far fewer.
ALL_REPAINTS_A_SECOND = 15
ALL_STATUSES_A_SECOND = 6
STATUS_S = 1.0


class Pace:
    """Decides repaint by repaint, so that time and traffic have a bound.

    Args:
        now_s: The time of a monotonic clock, in seconds, as everywhere here.
    """

    _live: ClassVar[WeakSet[Pace]] = WeakSet()

    def __init__(self, now_s: float) -> None:
        self._saved_bytes = float(MOST_SAVED_BYTES)
        self._earned_s = self._due_s = self._status_s = now_s
        self._live.add(self)

    @property
    def beat_s(self) -> float:
        """How long to wait before the next look, in seconds; longer where many views are live."""
        return max(BEAT_S, len(self._live) / ALL_REPAINTS_A_SECOND / 4)

    def earn(self, now_s: float, chars: int) -> None:
        """Take note of characters received since the last time.

        Args:
            now_s: The time, in seconds.
            chars: How many have come since.
        """
        earned = chars * BYTES_A_CHAR + (now_s - self._earned_s) * BYTES_A_SECOND
        self._saved_bytes = min(self._saved_bytes + earned, MOST_SAVED_BYTES)
        self._earned_s = now_s

    def is_due(self, now_s: float) -> bool:
        """Tell whether to repaint now; at most every 0.12 s."""
        return self._saved_bytes > 0 and now_s >= self._due_s

    def is_status_due(self, now_s: float, *, is_news: bool) -> bool:
        """Tell whether to tell the state anew, and if so, take note of that.

        Args:
            now_s: The time.
            is_news: Whether it is another state, and not only more of the same.
        """
        share_s = len(self._live) / ALL_STATUSES_A_SECOND
        if now_s - self._status_s < (share_s if is_news else max(share_s, STATUS_S)):
            return False
        self._status_s = now_s
        return True

    def end(self) -> None:
        """Leave the time and the traffic to the other views."""
        self._live.discard(self)

    def spend(self, now_s: float, text_bytes: int, render_s: float) -> None:
        """Take note of a repaint.

        Args:
            now_s: The time, in seconds.
            text_bytes: How many bytes of text went to the frontend.
            render_s: How long it took to make them, in seconds.
        """
        self._saved_bytes -= text_bytes + MESSAGE_BYTES
        # Half a beat early still counts: timers wake a little late, never early.
        share_s = len(self._live) / ALL_REPAINTS_A_SECOND
        self._due_s = now_s + max(REPAINT_S - BEAT_S / 2, share_s, REST * render_s)


def timer(seconds: float) -> Callable[[], bool]:
    """Give a question that is answered by yes once so many seconds have passed."""
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline
