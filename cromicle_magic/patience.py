"""A wait with a bound, which loses no cancel."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["within"]

T = TypeVar("T")


async def within(seconds: float, awaitable: Awaitable[T]) -> T:
    """Wait for something, but not for longer than so many seconds.

    Not by ``asyncio.wait_for``: below Python 3.12 it swallows a cancel that comes as the wait ends.

    Args:
        seconds: The longest wait.
        awaitable: What to wait for. Late or cancelled, it has been cancelled and has ended, too.

    Returns:
        What it gives.

    Raises:
        asyncio.TimeoutError: It took longer.
    """
    task = asyncio.ensure_future(awaitable)
    try:
        await asyncio.wait({task}, timeout=seconds)
        is_late = not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if is_late:
        raise asyncio.TimeoutError
    return task.result()
