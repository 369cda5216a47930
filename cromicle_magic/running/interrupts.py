"""An interrupt becomes a cancel, always, and the cell ends with one line."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cromicle_magic.answer import Answer

__all__ = ["Interrupted", "interruptible"]


class Interrupted(KeyboardInterrupt):
    """The reader interrupted the cell; what was received is kept."""

    def _render_traceback_(self) -> list[str]:
        return [f"KeyboardInterrupt: {self}"]


@contextmanager
def interruptible(answer: Answer) -> Iterator[None]:
    """Let an interrupt of the cell cancel the present task, and end it with one line.

    A KeyboardInterrupt would be raised wherever the loop happens to be, and a cancel after it is
    lost now and then; so SIGINT cancels right away. The handler is ours only where one of Python's
    own stands: ipykernel brings its own around an awaited cell, and a handler of the user's is
    theirs.

    Args:
        answer: The answer that the task is after.

    Raises:
        Interrupted: In the place of the CancelledError.
    """
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task is None:
        raise RuntimeError("asyncio knows no current task; on Python 3.14 use nest-asyncio2.")
    try:
        with _handling(lambda: loop.call_soon_threadsafe(task.cancel)):
            yield
    except asyncio.CancelledError:
        if uncancel := getattr(task, "uncancel", None):  # from Python 3.11 on
            uncancel()
        raise Interrupted(f"{len(answer.text):,} characters were received and are kept.") from None


@contextmanager
def _handling(cancel: Callable[[], object]) -> Iterator[None]:
    present = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not _is_pythons(present):
        yield
        return
    signal.signal(signal.SIGINT, lambda _number, _frame: cancel())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, present)


def _is_pythons(handler: object) -> bool:
    # From Python 3.11 on asyncio.run brings one that cancels the whole programme, once it awaits;
    # IPython.embed() in such a programme would not end the answer then, but all that follows.
    name = getattr(getattr(handler, "func", None), "__qualname__", "")
    return handler is signal.default_int_handler or name == "Runner._on_sigint"
