"""The task that reads an answer, and those who wait for what it reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["POLL_S", "Reading"]

# How often an answer of another loop is looked at.
POLL_S = 0.05


class Reading:
    """A task on the running loop, which others may wait for on any loop, and end from any thread.

    Args:
        steps: What the task does.
    """

    def __init__(self, steps: Coroutine[object, object, None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(steps)
        self._growth: asyncio.Future[None] | None = None

    async def until_end(self, timeout_s: float | None = None) -> None:
        """Wait for the task's end, but no longer than so many seconds; raise nothing.

        On another loop, which the task's end can't wake, this is but a short wait: ask again.
        Cancelled, it only stops to wait.

        Args:
            timeout_s: The longest wait; None for no limit.
        """
        if asyncio.get_running_loop() is self._loop:
            await asyncio.wait({self._task}, timeout=timeout_s)
        else:
            await asyncio.sleep(POLL_S if timeout_s is None else timeout_s)

    async def growth(self) -> None:
        """Wait until more has come; on another loop, a moment. Cancelled, it only stops to wait."""
        if asyncio.get_running_loop() is not self._loop:
            await asyncio.sleep(POLL_S)
            return
        if self._growth is None or self._growth.done():
            self._growth = self._loop.create_future()
        # Not awaited itself: a waiter that is cancelled would cancel it for all.
        await asyncio.wait({self._growth})

    def wake(self) -> None:
        """Wake those who wait for more; called on the task's own loop."""
        if self._growth and not self._growth.done():
            self._growth.set_result(None)

    def stop(self, at_stop: Callable[[], bool]) -> None:
        """Cancel the task, from any thread, or too late.

        Args:
            at_stop: Called on the task's loop just before; tells whether there is still a need.
        """
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop, at_stop)

    def _stop(self, at_stop: Callable[[], bool]) -> None:
        if at_stop():
            self._task.cancel()
