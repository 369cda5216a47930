"""Sessions that all requests of an event loop share, closed with the loop, whoever owns it."""

from __future__ import annotations

import asyncio
import atexit
from concurrent.futures import wait
from contextlib import closing
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from types import SimpleNamespace

    from aiohttp.connector import Connection

__all__ = ["close_all", "end", "send"]

# Shorter than the 5 s after which uvicorn and Node hang up on a silent client: a kernel that
# computes does not see them go, and its next request would be lost.
KEEP_ALIVE_S = 4.0
# A connection that is cut takes a few turns of the loop to close, and Python complains of it where
# the loop ends before.
LEAVE_S = 0.01
# A loop that something blocks must not keep the interpreter from exiting.
EXIT_S = 1.0


class _Held(NamedTuple):
    """A session, and the generator that closes it."""

    session: aiohttp.ClientSession
    ending: AsyncGenerator[None, None]


# By the loop, and whether connections are kept for further requests.
_held: dict[tuple[asyncio.AbstractEventLoop, bool], _Held] = {}
# What each response was read from, so that it is not closed before.
_used: WeakKeyDictionary[aiohttp.ClientResponse, _Held] = WeakKeyDictionary()
# What the present task's latest request was sent over, as long as there is no response to ask.
_taken: ContextVar[list[asyncio.Transport]] = ContextVar("taken")


async def send(method: str, url: str, **request: Any) -> aiohttp.ClientResponse:
    """Send a request over the running loop's session, which its first request makes.

    The session closes with the loop's asynchronous generators, as at the end of ``asyncio.run``;
    where no loop does that, the exit does. Only over https does a connection serve further
    requests. If one turns out to be closed then, the request is sent again, once, over a new one.

    Args:
        method: Either "POST" or "GET".
        url: Where to send it.
        **request: As for ``aiohttp.ClientSession.request``.

    Returns:
        The response with its body yet to be read, for the caller to ``end``. A cancel before closes
        the connection.

    Raises:
        aiohttp.ClientError: No response came.
    """
    if urlsplit(url).scheme == "https":
        reused: list[object] = []
        try:
            return await _send(method, url, is_kept=True, trace_request_ctx=reused, **request)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not reused:
                raise
    return await _send(method, url, is_kept=False, **request)


def end(response: aiohttp.ClientResponse) -> None:
    """Be done with a response; if its body was not read to the end, close the connection at once.

    Args:
        response: The response; one that has ended stays as it is.
    """
    if response.connection and (transport := response.connection.transport):
        # To close it would wait for the server's farewell in TLS, longer than many a loop lasts.
        transport.abort()
    response.close()
    _used.pop(response, None)


def close_all() -> None:
    """Close the sessions of the loop that runs here, or else of all loops that stand still.

    A running loop closes its own as soon as it goes on, or when the answers under way have ended.
    Those that run in other threads are left to their owners.
    """
    here = _running()
    for key in list(_held):
        loop, _ = key
        if loop is here:
            # The loop closes a generator that nobody holds any more, as a response under way does.
            del _held[key]
        elif here is None and not loop.is_running():
            _run(loop, _held.pop(key).ending)


@atexit.register
def _close_at_exit() -> None:
    close_all()
    # What is left are loops of daemons, which do not learn of the end themselves.
    wait(
        [
            asyncio.run_coroutine_threadsafe(held.ending.aclose(), loop)
            for (loop, _), held in list(_held.items())
        ],
        EXIT_S,
    )


async def _send(method: str, url: str, *, is_kept: bool, **request: Any) -> aiohttp.ClientResponse:
    held = await _hold(is_kept=is_kept)
    taken: list[asyncio.Transport] = []
    _taken.set(taken)
    try:
        response = await held.session.request(method, url, **request)
    except BaseException:
        for transport in taken:
            transport.abort()  # see end
        raise
    _used[response] = held
    return response


async def _hold(*, is_kept: bool) -> _Held:
    await _forget_closed_loops()
    key = asyncio.get_running_loop(), is_kept
    held = _held.get(key)
    if held is None or held.session.closed:
        session = _kept() if is_kept else _fresh()
        held = _held[key] = _Held(session, _close_at_the_end(session, LEAVE_S if is_kept else 0))
        # A loop learns of a generator, and closes it at its own end, once it has begun.
        await anext(held.ending)
    return held


async def _forget_closed_loops() -> None:
    for key in [each for each in list(_held) if each[0].is_closed()]:
        # Another thread may have seen it, too.
        if held := _held.pop(key, None):
            await held.ending.aclose()


class _Connector(aiohttp.TCPConnector):
    """Notes the transport of each request that is under way."""

    async def connect(self, *request: Any, **options: Any) -> Connection:
        """Give a connection, as it always does."""
        connection = await super().connect(*request, **options)
        if connection.transport:
            _taken.get().append(connection.transport)
        return connection


def _kept() -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_note_reuse)
    # No limit, for beyond it (aiohttp's is 100) a request waits for others until it times out.
    connector = _Connector(limit=0, keepalive_timeout=KEEP_ALIVE_S)
    return _bare(connector, [trace])


def _fresh() -> aiohttp.ClientSession:
    # Without TLS a new connection costs next to nothing, and llama.cpp's server hangs up after an
    # answer, though it announces keep-alive. The header "Connection: close" alone is not enough:
    # aiohttp would still keep the connection of a server that does not repeat it.
    return _bare(_Connector(limit=0, force_close=True), [])


def _bare(
    connector: aiohttp.TCPConnector, traces: list[aiohttp.TraceConfig]
) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trace_configs=traces,
    )


async def _note_reuse(_session: object, context: SimpleNamespace, reuse: object) -> None:
    context.trace_request_ctx.append(reuse)


async def _close_at_the_end(
    session: aiohttp.ClientSession, leave_s: float
) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await session.close()
        await asyncio.sleep(leave_s)


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _run(loop: asyncio.AbstractEventLoop, ending: AsyncGenerator[None, None]) -> None:
    if not loop.is_closed():
        loop.run_until_complete(ending.aclose())
        return
    with closing(asyncio.new_event_loop()) as other:
        other.run_until_complete(ending.aclose())
