"""An interrupt becomes a cancel, always, and the cell ends with one line."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from cromicle_magic.kernel.shield import SHIELD, is_ipykernels, is_pythons, is_runners

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from types import FrameType

__all__ = [
    "BEAT_S",
    "CLOSE_S",
    "Interrupt",
    "Interrupted",
    "awake",
    "breakable",
    "interruptible",
    "on_interrupt",
]

T = TypeVar("T")

# An interrupt of a cell that waits is noticed when the loop wakes, which a silent server puts off.
BEAT_S = 0.06
# How long what was asked may take to close once it is told to.
CLOSE_S = 1.0


class Interrupted(KeyboardInterrupt):
    """The reader interrupted the cell; what was received is kept."""

    def _render_traceback_(self) -> list[str]:
        return [f"KeyboardInterrupt: {self}"]


class Interrupt:
    """A handler of SIGINT: cancels one task, once.

    A KeyboardInterrupt would be raised wherever the loop happens to be, and a cancel after it is
    lost now and then. A second cancel would disturb what the first has set going.

    Attributes:
        has_come: Whether there was an interrupt.
    """

    def __init__(self) -> None:
        self.has_come: bool = False
        self._task: asyncio.Task[Any] | None = None

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Take note of an interrupt, between any two steps of the main thread."""
        self.has_come = True
        task = self._task
        if task and not task.done():
            task.get_loop().call_soon_threadsafe(self._cancel)

    def cancels(self, task: asyncio.Task[Any]) -> None:
        """Cancel this task at an interrupt; for one that has already come, once it has begun."""
        self._task = task
        if self.has_come:
            task.get_loop().call_soon(self._cancel)

    def _cancel(self) -> None:
        task, self._task = self._task, None
        if task:
            task.cancel()


@contextmanager
def interruptible(tell: Callable[[], str]) -> Iterator[None]:
    """End the cell with one line where its task is cancelled, which an interrupt does.

    ipykernel cancels an awaited cell by itself, and a nested run its task; else, as in a terminal,
    it is done here.

    Args:
        tell: Gives what to say of an interrupt, one sentence.

    Raises:
        Interrupted: In the place of the CancelledError.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("asyncio knows no current task; on Python 3.14 use nest-asyncio2.")
    try:
        with on_interrupt(_is_ours_to_replace) as interrupt:
            interrupt.cancels(task)
            yield
    except asyncio.CancelledError:
        if uncancel := getattr(task, "uncancel", None):  # from Python 3.11 on
            uncancel()
        raise Interrupted(tell()) from None
    finally:
        SHIELD.up()


async def awake(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine while the loop wakes now and then, so that it notices an interrupt.

    Args:
        coroutine: What to run; cancelled with this one, and given a second to end.

    Returns:
        What it returns.
    """
    task = asyncio.ensure_future(coroutine)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=BEAT_S)
    except asyncio.CancelledError:
        task.cancel()
        # The cancel counts, whatever else comes of it; else asyncio would complain of that later.
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        # The loop may stand still next, or be closed, and can't close what still runs.
        await asyncio.wait({task}, timeout=CLOSE_S)
        raise
    return task.result()


@contextmanager
def breakable(told: str) -> Iterator[None]:
    """Let an interrupt break off what holds the loop: code of the reader's, a line to be typed.

    Whoever else handles an interrupt here only cancels a task, which takes effect when the loop
    goes on.

    Args:
        told: What to say of an interrupt, one sentence.

    Raises:
        Interrupted: In the place of the KeyboardInterrupt.
    """
    before = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    is_replaced = is_main and _is_known(before)
    try:
        if is_replaced:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    except KeyboardInterrupt:
        raise Interrupted(told) from None
    finally:
        if is_replaced:
            signal.signal(signal.SIGINT, before)


def _is_known(handler: Any) -> bool:
    """Tell whether our own handler may take the place of this one for a while.

    ipykernel's would cancel the cell, which can't take notice while a run is nested in it.
    """
    return _is_ours_to_replace(handler) or is_ipykernels(handler) or isinstance(handler, Interrupt)


@contextmanager
def on_interrupt(may_replace: Callable[[Any], bool] = _is_known) -> Iterator[Interrupt]:
    """Handle SIGINT for a while; a handler of the user's stays, for it is theirs.

    After an interrupt Python's default handler comes back deaf for a moment, so that a second one
    does no harm.

    Args:
        may_replace: Tells whether a handler may be replaced.

    Yields:
        What to tell which task to cancel.
    """
    interrupt, before = Interrupt(), signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not may_replace(before):
        yield interrupt
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupt
    finally:
        if interrupt.has_come:
            SHIELD.up()
        is_shielded = interrupt.has_come and is_pythons(before)
        signal.signal(signal.SIGINT, SHIELD if is_shielded else before)


def _is_ours_to_replace(handler: Any) -> bool:
    return is_pythons(handler) or is_runners(handler)
