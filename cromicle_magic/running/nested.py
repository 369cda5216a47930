"""The synchronous way, for cells that can't be awaited; the only room that knows nest_asyncio."""

from __future__ import annotations

import asyncio
from asyncio.events import Handle
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from cromicle_magic.errors import SettingError
from cromicle_magic.providers.blocking import ended

if TYPE_CHECKING:
    import contextvars
    from collections.abc import Coroutine, Iterator

__all__ = ["run_nested"]

T = TypeVar("T")


def run_nested(coroutine: Coroutine[Any, Any, T], *, hold: bool = False) -> T:
    """Run a coroutine to its end within a call that is not asynchronous.

    Where no loop runs, as in a terminal, it gets a loop of its own; else it runs on the running
    loop, which goes on with everything else meanwhile.

    Args:
        coroutine: What to run.
        hold: Whether messages to the kernel wait until the end, instead of being handled meanwhile.

    Returns:
        What it returns.

    Raises:
        SettingError: The running loop can't be nested.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        with ended(asyncio.new_event_loop()) as loop:
            return loop.run_until_complete(coroutine)
    if not isinstance(loop, asyncio.BaseEventLoop):
        # Looked at first, for nest_asyncio would change asyncio for good before it refuses.
        coroutine.close()
        name = type(loop).__module__
        text = f"A {name} loop can't run one call inside another; use a plain %%cromicle cell here."
        raise SettingError(text)
    _make_nestable(loop)
    task = loop.create_task(coroutine)
    try:
        with _guarded(loop, hold=hold):
            return loop.run_until_complete(task)
    finally:
        # nest_asyncio lets a KeyboardInterrupt through without taking it from the task, and asyncio
        # would complain of it in some later cell.
        if task.done() and not task.cancelled():
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


@contextmanager
def _guarded(loop: asyncio.AbstractEventLoop, *, hold: bool) -> Iterator[None]:
    """Lose no message while a nested run lasts.

    Since ipykernel 7.1 the tasks that handle messages share one context, which the running cell
    has already entered. To enter it again is an error, and asyncio then drops the callback: the
    next cell or a click on a widget would never be handled. So such a callback runs in a copy, or
    waits for the end of the run.
    """
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
        for handle in held:
            loop.call_soon(handle._callback, *handle._args, context=handle._context)


def _is_entered(context: contextvars.Context) -> bool:
    try:
        context.run(int)
    except RuntimeError:
        return True
    return False
