"""How long one answer may keep its reader waiting, and how much of it is kept."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cromicle_magic.errors import DeadlineError, LimitError
from cromicle_magic.options import CONNECT_S

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["LATE_S", "Limits", "Watch"]

# A timer that rings so late tells of a loop that stood still, as under a cell that computes, and
# not of a silent server: what the server sent meanwhile is yet to be read.
LATE_S = 1.0


@dataclass
class Limits:
    """The deadlines of one answer, however often it is asked for, and its size.

    Silence is time without text or thinking, whatever else arrives: comments of a proxy and empty
    events keep a connection open, not a promise. Only waiting counts; a reader who takes his time
    between two pieces is not the server's silence.

    Args:
        address: Who answers, for the errors.
        timeout: The longest silence, in seconds.
        first_timeout: The longest wait for the first text, in seconds; None means ``timeout``.
        connect_timeout: The longest wait for a connection, in seconds.
        total_timeout: The longest time for the whole answer, in seconds; None for no limit.
        max_chars: The longest answer that is kept, in characters.

    Attributes:
        has_begun: Whether text or thinking has come.
    """

    address: str
    timeout: float
    first_timeout: float | None = None
    connect_timeout: float = CONNECT_S
    total_timeout: float | None = None
    max_chars: float = float("inf")
    has_begun: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._began_s = self._latest_s = time.monotonic()
        self._chars = 0

    @property
    def due_s(self) -> float:
        """When the next deadline passes, in seconds of ``time.monotonic``."""
        whole_s = self.total_timeout or float("inf")
        return min(self._latest_s + self._patience_s, self._began_s + whole_s)

    @property
    def left_s(self) -> float:
        """How long until then, in seconds."""
        return self.due_s - time.monotonic()

    def count(self, text: str, thought: str = "") -> None:
        """Take note of what has come and been handed on; the silence begins anew.

        Args:
            text: What has come of the answer.
            thought: What has come of the thinking before it.

        Raises:
            LimitError: It is more than is kept.
        """
        if not (text or thought):
            return
        self.has_begun = True
        self._chars += len(text) + len(thought)
        if self._chars > self.max_chars:
            most = f"{self.max_chars:,} characters"
            told = f"{self.address} sent more than {most}; max_chars sets the limit."
            raise LimitError(told, address=self.address)
        self._latest_s = time.monotonic()

    def watch(self) -> Watch:
        """Give a block around an await, which the deadline ends; ``passed`` is then the error."""
        return Watch(self)

    def forgive(self, late_s: float) -> bool:
        """Take a time in which the loop stood still for no silence of the server.

        Args:
            late_s: How long, in seconds.

        Returns:
            Whether that puts the deadline off; the whole answer's own holds in any case.
        """
        self._latest_s += late_s
        return self.left_s >= 0

    def passed(self) -> DeadlineError:
        """Give the error for the deadline that has passed."""
        which = "timeout"
        total_s = self.total_timeout
        if total_s and self.due_s == self._began_s + total_s:
            told, which = f"had not ended after {total_s:g} s", "total_timeout"
        elif self.has_begun:
            told = f"was silent for {self._patience_s:g} s"
        else:
            told = f"sent no text for {self._patience_s:g} s"
            which = "first_timeout" if self.first_timeout else which
        text = f"{self.address} {told}; a larger {which} waits longer."
        return DeadlineError(text, address=self.address)

    @property
    def _patience_s(self) -> float:
        return self.timeout if self.has_begun else self.first_timeout or self.timeout


class Watch:
    """A block that is left, by a cancel that nobody else sees, when its time is up.

    Not ``asyncio.timeout``: Python 3.10 has none, and it can't tell a late timer. An answer enters
    it for each piece, so its timer is left to run from one block to the next, and set anew only
    when it rings too early; ``end`` stops it for good.

    Args:
        limits: They say when.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._has_passed = self._is_inside = False
        self._timer: asyncio.TimerHandle | None = None
        self._rings_s = self._due_s = float("inf")

    def __enter__(self) -> Self:
        self._task: Any = asyncio.current_task()
        self._cancels = self._count("cancelling")
        self._is_inside = True
        self._wait_until(self._limits.due_s)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> bool:
        self._is_inside = False
        if not self._has_passed:
            return False
        self._has_passed = False
        # One cancel more than our own is somebody else's, and goes on.
        is_ours = self._count("uncancel") <= self._cancels
        return is_ours and isinstance(error, asyncio.CancelledError)

    def end(self) -> None:
        """Stop the timer; the block is not entered again."""
        if self._timer:
            self._timer.cancel()

    def _wait_until(self, due_s: float) -> None:
        self._due_s = due_s
        if due_s >= self._rings_s:
            return
        self.end()
        self._rings_s = due_s
        left_s = due_s - time.monotonic()
        self._timer = asyncio.get_running_loop().call_later(left_s, self._ring)

    def _ring(self) -> None:
        self._rings_s = float("inf")
        if not self._is_inside:
            return
        late_s = time.monotonic() - self._due_s
        if late_s < 0 or (late_s > LATE_S and self._limits.forgive(late_s + LATE_S)):
            self._wait_until(self._limits.due_s)
            return
        self._has_passed = True
        self._task.cancel()

    def _count(self, name: str) -> int:
        """Ask the task how often it was cancelled; before Python 3.11 it doesn't know."""
        count: int = getattr(self._task, name, int)()
        return count
