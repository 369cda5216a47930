"""The synchronous way, for cells that can't be awaited; the only room that knows nest_asyncio."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from cromicle_magic.errors import SettingError
from cromicle_magic.kernel.handles import guarded, refilled
from cromicle_magic.providers.blocking import ended
from cromicle_magic.running.interrupts import Interrupted, on_interrupt

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["run_nested"]

T = TypeVar("T")


def run_nested(coroutine: Coroutine[Any, Any, T], *, hold: bool = False) -> T:
    """Run a coroutine to its end within a call that is not asynchronous.

    Where no loop runs, as in a terminal, it gets a loop of its own; else it runs on the running
    loop, which goes on with everything else meanwhile.

    Args:
        coroutine: What to run; an interrupt cancels it, once it has begun.
        hold: Whether messages to the kernel wait until the end, instead of being handled meanwhile.

    Returns:
        What it returns.

    Raises:
        SettingError: The running loop can't be nested.
        Interrupted: An interrupt came when it had just ended, too late to cancel it.
    """
    # First of all, for what comes before the first await may take half a second of imports.
    with on_interrupt() as interrupt, ExitStack() as stack:
        loop = _loop(stack, coroutine, hold=hold)
        task = loop.create_task(coroutine)
        interrupt.cancels(task)
        try:
            result = loop.run_until_complete(task)
        finally:
            _let_go(task)
    if interrupt.has_come:
        raise Interrupted("the answer had just ended, and is kept.")
    return result


def _loop(
    stack: ExitStack, coroutine: Coroutine[Any, Any, Any], *, hold: bool
) -> asyncio.AbstractEventLoop:
    """Give the loop to run on, made ready for that until the stack is left."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return stack.enter_context(ended(asyncio.new_event_loop()))
    # Looked at first, for nest_asyncio would change asyncio for good before it refuses.
    if not isinstance(loop, asyncio.BaseEventLoop):
        raise _refused(loop, coroutine)
    _make_nestable(loop)
    stack.enter_context(refilled(loop))
    try:
        stack.enter_context(guarded(loop, hold=hold))
    except ValueError:
        raise _refused(loop, coroutine) from None
    return loop


def _refused(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any]) -> SettingError:
    coroutine.close()
    name = type(loop).__module__
    text = f"A {name} loop can't run one call inside another; use a plain %%cromicle cell here."
    return SettingError(text)


def _let_go(task: asyncio.Task[Any]) -> None:
    # A handler of the user's may raise KeyboardInterrupt, and nest_asyncio lets it through without
    # taking it from the task: asyncio would complain of it in some later cell.
    if not task.done():
        task.cancel()
    elif not task.cancelled():
        task.exception()


def _make_nestable(loop: asyncio.AbstractEventLoop) -> None:
    # Both packages mark a loop that they have patched by this name, and the first one wins.
    if hasattr(loop, "_nest_patched"):
        return
    # nest-asyncio is what runs below Python 3.14, nest-asyncio2 from there on (see pyproject.toml).
    try:
        package = import_module("nest_asyncio")
    except ImportError:
        package = import_module("nest_asyncio2")
    package.apply(loop)
