"""No message lost, and no kernel, while one run of the loop lasts within another."""

from __future__ import annotations

from asyncio.events import Handle
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cromicle_magic.kernel.fallback import log_fallback

if TYPE_CHECKING:
    import asyncio
    import contextvars
    from collections.abc import Iterator

__all__ = ["guarded", "refilled"]

_PARTS = {"_loop", "_context", "_run"}


@contextmanager
def guarded(loop: asyncio.AbstractEventLoop, *, hold: bool) -> Iterator[None]:
    """Lose no message while a nested run lasts.

    From ipykernel 7.1 on the tasks that handle messages share one context, which the running cell
    has already entered. To enter it again is an error, and asyncio then drops the callback: the
    next cell would never be run. So such a callback runs in a copy, or waits for the end of the
    run. nest_asyncio2 lets it wait by itself, from 1.7.3 on.

    Args:
        loop: The loop that runs within itself.
        hold: Whether such a callback waits.

    Raises:
        ValueError: asyncio's handles differ from those known here, and nobody else keeps the
            messages either.
    """
    if not all(hasattr(Handle, part) for part in _PARTS):
        if not hasattr(loop, "_nest_deferred"):
            raise ValueError("asyncio's handles can't be guarded.")
        log_fallback("asyncio.Handle", "messages wait while a nested answer runs.")
        yield
        return
    original = Handle._run
    held: list[Any] = []

    def run(handle: Any) -> None:
        if handle._loop is loop and _is_entered(handle._context):
            if hold:
                held.append(handle)
                return
            handle._context = handle._context.copy()
        original(handle)

    Handle._run = run  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Handle._run = original  # type: ignore[method-assign]
        # In front, for their turn came first: what is ready may be the cell behind a held one.
        loop._ready.extendleft(reversed(held))  # type: ignore[attr-defined]


@contextmanager
def refilled(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Leave a loop at least as many ready callbacks as it had before a nested run.

    asyncio counts the callbacks of a step before it runs the first. Where that one is the cell
    which makes the loop nestable, the nested run has done the others by then, and asyncio's own
    loop would end by an IndexError, and the kernel with it. Callbacks that do nothing fill the
    gap; after each run, for the next one within the same step does those too.

    Args:
        loop: The loop that runs within itself.
    """
    ready = loop._ready  # type: ignore[attr-defined]
    count = len(ready)
    try:
        yield
    finally:
        for _ in range(count - len(ready)):
            loop.call_soon(int)


def _is_entered(context: contextvars.Context) -> bool:
    try:
        context.run(int)
    except RuntimeError:
        return True
    return False
