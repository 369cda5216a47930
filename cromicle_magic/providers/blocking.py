"""An asynchronous stream for code that knows no asyncio, and the other way round."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import aclosing, contextmanager, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from cromicle_magic.errors import CromicleError, TruncatedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator

__all__ = ["ended", "iterate", "threaded"]

_END = object()


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


async def threaded(pieces: Generator[Any, None, None]) -> AsyncGenerator[Any, None]:
    """Run a blocking generator in a thread of its own, one step whenever one is asked for.

    Args:
        pieces: The generator, not begun. It is closed at the end, in its thread.

    Yields:
        What it yields. Closed or cancelled, it waits for nobody: the step under way, which nothing
        can interrupt, comes to its end in the thread and is the last.

    Raises:
        CromicleError: What the generator raises; it must raise nothing else.
    """
    wanted: SimpleQueue[asyncio.Future[Any] | None] = SimpleQueue()
    # A daemon: a step that never ends must not keep the interpreter from exiting.
    thread = threading.Thread(
        target=_step, args=(pieces, wanted), name="cromicle-steps", daemon=True
    )
    thread.start()
    try:
        while True:
            wanted.put(step := asyncio.get_running_loop().create_future())
            if (piece := await step) is _END:
                return
            yield piece
    finally:
        wanted.put(None)


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


def _step(
    pieces: Generator[Any, None, None], wanted: SimpleQueue[asyncio.Future[Any] | None]
) -> None:
    try:
        for step in iter(wanted.get, None):
            outcome: Any = TruncatedError("The provider ended its thread before its answer.")
            try:
                outcome = next(pieces, _END)
            except CromicleError as error:
                outcome = error
            except (SystemExit, asyncio.CancelledError):
                # No errors, and yet they would end the thread without a word to who waits.
                pass
            # Closed, if nobody waits any more.
            with suppress(RuntimeError):
                step.get_loop().call_soon_threadsafe(_settle, step, outcome)
    finally:
        # Nobody is left to tell.
        with suppress(CromicleError):
            pieces.close()


def _settle(step: asyncio.Future[Any], outcome: object) -> None:
    if step.done():
        return
    if isinstance(outcome, CromicleError):
        step.set_exception(outcome)
    else:
        step.set_result(outcome)
