"""An asynchronous stream for code that knows no asyncio."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import aclosing, contextmanager, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

__all__ = ["ended", "iterate"]


def iterate(chunks: AsyncGenerator[str, None]) -> Iterator[str]:
    """Run an asynchronous generator in a thread with a loop of its own.

    A thread, because the caller's may already have a running loop, as every notebook has.

    Args:
        chunks: The generator; it is closed at the end, whichever way the end comes.

    Yields:
        What it yields, when it yields it.

    Raises:
        Exception: What it raises.
    """
    arrived: SimpleQueue[str | None] = SimpleQueue()
    loop = asyncio.new_event_loop()

    async def pump() -> None:
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    arrived.put(chunk)
        finally:
            arrived.put(None)

    task = loop.create_task(pump())
    # A daemon: a generator that is never finished must not keep the interpreter from exiting.
    thread = threading.Thread(target=_run, args=(loop, task), name="cromicle-pump", daemon=True)
    thread.start()
    try:
        yield from iter(arrived.get, None)
        thread.join()
        task.result()
    finally:
        # Already closed, if the thread has ended by itself.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(task.cancel)
        # At the interpreter's end daemons stand still, and nobody can wait for himself.
        if not sys.is_finalizing() and thread is not threading.current_thread():
            thread.join()


@contextmanager
def ended(loop: asyncio.AbstractEventLoop) -> Iterator[asyncio.AbstractEventLoop]:
    """End a loop of ours as ``asyncio.run`` would: first its generators, then itself.

    One of them closes the loop's connections.

    Args:
        loop: The loop, which must not run any more at the end of the block.

    Yields:
        The same.
    """
    try:
        yield loop
    finally:
        try:
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    with ended(loop):
        loop.run_until_complete(asyncio.wait({task}))
