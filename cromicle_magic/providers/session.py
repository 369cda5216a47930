"""One request over aiohttp, in terms of our own."""

from __future__ import annotations

import asyncio
import io
import time
from typing import TYPE_CHECKING

import aiohttp

from cromicle_magic.discretion import public_address
from cromicle_magic.providers.failures import FAILURES, alone, translated
from cromicle_magic.providers.limits import LATE_S
from cromicle_magic.providers.pool import end, send
from cromicle_magic.providers.refusals import check

if TYPE_CHECKING:
    from typing_extensions import Self

    from cromicle_magic.errors import CromicleError
    from cromicle_magic.providers.limits import Limits
    from cromicle_magic.wire.request import Request

__all__ = ["Exchange"]

# How often to look whether a connection is still there; a reader hardly feels it.
LOOK_S = 0.25


class Exchange:
    """One request and the bytes that come back, in terms of our own.

    ``async with Exchange(...) as body: async for data in body: ...``. Nothing is read from the
    environment, and no cookie is kept. Leaving the block early, as on a cancel, closes the
    connection.

    Args:
        request: What to send, as it is.
        limits: How long to wait.

    Attributes:
        content_type: What the server says that it sends, with its parameters; "" if it doesn't.

    Raises:
        CromicleError: Whatever goes wrong on entering or iterating.
    """

    def __init__(self, request: Request, limits: Limits) -> None:
        self._request, self._limits = request, limits
        self._failure: CromicleError | None = None
        self._watch, self._is_open = limits.watch(), False
        self.content_type: str = ""

    async def __aenter__(self) -> Self:
        self._began_s = time.monotonic()
        try:
            with self._watch:
                self._response = await self._send()
                self._chunks = self._response.content.iter_any()
                self._lookout = _Lookout(self._response)
                self.content_type = self._response.headers.get("content-type", "")
                self._is_open = True
                return self
            failure: CromicleError = self._limits.passed()
        except FAILURES as error:
            failure = self._translated(error)
        finally:
            if not self._is_open:
                self._watch.end()
        with alone(failure):
            raise failure

    async def __aexit__(self, *_: object) -> None:
        self._watch.end()
        self._lookout.end()
        end(self._response)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        failure = self._failure or (self._limits.passed() if self._limits.left_s <= 0 else None)
        if failure:
            raise failure
        try:
            with self._watch, self._lookout:
                return await anext(self._chunks)
            failure = self._limits.passed()
        except StopAsyncIteration:
            if not self._is_reset():
                raise
            failure = self._translated(ConnectionResetError())
        except FAILURES as error:
            self._failure = failure = self._translated(error)
            if data := self._left_over():
                return data
        with alone(failure):
            raise failure

    async def _send(self) -> aiohttp.ClientResponse:
        connect_s = self._limits.connect_timeout
        response = await send(
            self._request.method,
            self._request.url,
            data=self._payload(),
            headers=self._request.headers,
            proxy=self._request.proxy,
            allow_redirects=False,
            # Only what comes before the request is aiohttp's to time; the rest is the limits'.
            timeout=aiohttp.ClientTimeout(total=None, connect=connect_s, sock_connect=connect_s),
        )
        try:
            await check(response, public_address(self._request.url))
        except BaseException:
            end(response)
            raise
        return response

    def _payload(self) -> aiohttp.BytesIOPayload | None:
        if self._request.method == "GET":
            return None
        # As a file, for of bytes beyond 1 MiB aiohttp warns that they might lock the loop.
        return aiohttp.BytesIOPayload(io.BytesIO(self._request.body))

    def _left_over(self) -> bytes:
        """Give what had come before a failure; aiohttp would keep it to itself."""
        content = self._response.content
        # Without its exception it gives what it holds.
        content.set_exception(None)  # type: ignore[arg-type]
        return content.read_nowait()

    def _is_reset(self) -> bool:
        """Tell whether a body that only the connection's end can end was cut by a reset.

        aiohttp takes any end of the connection for the end of such a body.
        """
        headers = self._response.headers
        if "content-length" in headers or "transfer-encoding" in headers:
            return False
        protocol = getattr(self._response, "_protocol", None)
        return protocol is not None and isinstance(protocol.exception(), OSError)

    def _translated(self, error: Exception) -> CromicleError:
        limits, proxy = self._limits, self._request.proxy
        # Where the connection took too long only because the loop stood still, it may yet be made.
        late_s = time.monotonic() - self._began_s - limits.connect_timeout
        is_late = isinstance(error, asyncio.TimeoutError) and late_s > LATE_S
        address = public_address(self._request.url)
        failure = translated(error, address, proxy, limits.connect_timeout)
        failure.retryable = failure.retryable or is_late
        return failure


class _Lookout:
    """A block around the wait for more of a body, which ends if its connection has gone.

    At a chunk that it can't read aiohttp closes the connection, and forgets who waits. Only a wait
    can be ended so: what came before may still be on its way through the parser.

    Args:
        response: The response whose body it is.
    """

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._content = response.content
        self._protocol = response.connection.protocol if response.connection else None
        self._loop = asyncio.get_running_loop()
        self._bytes, self._since_s = 0, float("inf")
        # One for all waits, which are many and short.
        self._set()

    def __enter__(self) -> None:
        self._bytes, self._since_s = self._content.total_bytes, self._loop.time()

    def __exit__(self, *_: object) -> None:
        self._since_s = float("inf")

    def end(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _set(self) -> None:
        self._timer = self._loop.call_later(LOOK_S, self._look)

    def _look(self) -> None:
        content = self._content
        is_long = self._loop.time() - self._since_s >= LOOK_S
        is_over = content.is_eof() or content.exception() or content.total_bytes > self._bytes
        # Compared to None, for a protocol that holds no message is false.
        has_gone = self._protocol is not None and self._protocol.transport is None
        if is_long and not is_over and has_gone:
            content.set_exception(aiohttp.ClientPayloadError())
        self._set()
