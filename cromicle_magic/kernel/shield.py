"""A cell's reply kept safe from an interrupt that comes just before it is sent."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cromicle_magic.kernel.fallback import log_fallback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["SHIELD", "is_ipykernels", "is_pythons", "is_runners", "keep_replies", "release_replies"]

# From the end of an answer to the cell's reply, on a busy machine.
DEAF_S = 0.5

_CONTEXT = "_cancel_on_sigint"


class _Shield:
    """A handler of SIGINT: Python's default one, but deaf for a moment after an answer's end.

    ipykernel catches a KeyboardInterrupt which comes between a cell's end and its reply, and then
    never sends that reply: Run All would wait for it without end.
    """

    def __init__(self) -> None:
        self._until_s = 0.0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self.is_up:
            signal.default_int_handler(number, frame)

    @property
    def is_up(self) -> bool:
        """Whether an interrupt is ignored now."""
        return time.monotonic() < self._until_s

    def up(self) -> None:
        """Ignore interrupts for a moment, wherever this is the handler."""
        self._until_s = time.monotonic() + DEAF_S

    def cover(self) -> None:
        """Become the handler, if an answer has just ended; the kernel puts its own back."""
        # A subshell's thread must not, and need not.
        if self.is_up and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            try:
                signal.signal(signal.SIGINT, self)
            except ValueError:
                pass


SHIELD = _Shield()


def is_pythons(handler: Any) -> bool:
    """Tell whether a handler of SIGINT is Python's default one, or acts as that."""
    return handler is signal.default_int_handler or _home(handler) == __name__


def is_ipykernels(handler: Any) -> bool:
    """Tell whether a handler of SIGINT is the one that ipykernel puts around an awaited cell."""
    return _home(handler) == "ipykernel.ipkernel"


def is_runners(handler: Any) -> bool:
    """Tell whether a handler of SIGINT is that of ``asyncio.run``, from Python 3.11 on.

    It cancels the whole programme, once that awaits; ``IPython.embed()`` in such a programme would
    not end the answer then, but all that follows.
    """
    return getattr(getattr(handler, "func", None), "__qualname__", "") == "Runner._on_sigint"


def keep_replies(shell: InteractiveShell) -> None:
    """Keep the replies of a kernel's cells safe, as far as their answers are ours.

    Args:
        shell: The shell; one without a kernel sends no replies.
    """
    kernel: Any = getattr(shell, "kernel", None)
    if kernel is None:
        return
    shell.events.register("post_execute", SHIELD.cover)
    if not callable(getattr(kernel, _CONTEXT, None)):
        log_fallback("ipykernel's handler of SIGINT", "a second interrupt may lose a cell's reply.")
        return
    original: Any = getattr(kernel, _CONTEXT)

    @contextmanager
    def cancel_on_sigint(future: Any) -> Iterator[None]:
        # It puts back what it has found, and so it has to find the shield.
        signal.signal(signal.SIGINT, SHIELD)
        try:
            with original(future):
                yield
        finally:
            if not SHIELD.is_up:
                signal.signal(signal.SIGINT, signal.default_int_handler)

    setattr(kernel, _CONTEXT, cancel_on_sigint)


def release_replies(shell: InteractiveShell) -> None:
    """Take back what ``keep_replies`` did, if it did."""
    kernel = getattr(shell, "kernel", None)
    if _home(vars(kernel or object).get(_CONTEXT)) == __name__:
        delattr(kernel, _CONTEXT)
    for callback in list(shell.events.callbacks["post_execute"]):
        if _home(callback) == __name__:
            shell.events.unregister("post_execute", callback)


def _home(handler: Any) -> str | None:
    return getattr(handler, "__module__", None)
