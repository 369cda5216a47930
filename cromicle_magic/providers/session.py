"""One request over aiohttp, and the one place where aiohttp's errors become ours."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import aiohttp

from cromicle_magic.errors import (
    AccessError,
    ConnectError,
    CromicleError,
    DeadlineError,
    ProtocolError,
    SettingError,
    StatusError,
    TruncatedError,
)
from cromicle_magic.options import public_address
from cromicle_magic.providers.pool import end, send
from cromicle_magic.render.terminal import quoted
from cromicle_magic.wire.faults import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

    from cromicle_magic.wire.request import Request

__all__ = ["Exchange"]

# A server that is there accepts within moments; only its answer may take long.
CONNECT_S = 10.0
# Enough of an error page to find the sentence in it.
ERROR_BODY_BYTES = 4096

# What each error of aiohttp means; the first row that fits holds.
_KINDS: tuple[
    tuple[type[Exception] | tuple[type[Exception], ...], type[CromicleError], str], ...
] = (
    (
        aiohttp.ConnectionTimeoutError,
        ConnectError,
        "{address} did not accept a connection{via} within {connect:g} s; is it up?",
    ),
    (
        asyncio.TimeoutError,
        DeadlineError,
        "{address} was silent for {timeout:g} s; a larger timeout waits longer.",
    ),
    (
        aiohttp.ClientHttpProxyError,
        ConnectError,
        "{address} can't be reached: the proxy refused{via} (HTTP {status}).",
    ),
    (
        (aiohttp.ClientConnectorError, aiohttp.ClientSSLError),
        ConnectError,
        "Nothing answers at {address}{via} ({cause}); is the server running?",
    ),
    (
        (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, OSError),
        TruncatedError,
        "{address} broke off before its answer was complete; ask again.",
    ),
    (ValueError, SettingError, "{address} can't be used as an address; check the url."),
    (aiohttp.ClientError, ProtocolError, "{address} did not answer in HTTP; check the url."),
)
_FAILURES = (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError)


class Exchange:
    """One request and the bytes that come back, in terms of our own.

    ``async with Exchange(...) as body: async for data in body: ...``. Nothing is read from the
    environment, no cookie is kept, no redirect is followed (it would carry the prompt to another
    host), and no compression is accepted (a compressed text that is cut looks whole). Leaving the
    block early, as on a cancel, closes the connection.

    Args:
        request: What to send, as it is.
        timeout: The longest silence of the server, in seconds.

    Raises:
        CromicleError: Whatever goes wrong on entering or iterating.
    """

    def __init__(self, request: Request, *, timeout: float) -> None:
        self._request, self._timeout_s = request, timeout

    async def __aenter__(self) -> Self:
        try:
            self._response = await self._send()
        except _FAILURES as error:
            failure = self._translated(error)
        else:
            self._chunks = self._response.content.iter_any()
            return self
        with _alone(failure):
            raise failure

    async def __aexit__(self, *_: object) -> None:
        end(self._response)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except _FAILURES as error:
            failure = self._translated(error)
        with _alone(failure):
            raise failure

    async def _send(self) -> aiohttp.ClientResponse:
        response = await send(
            self._request.method,
            self._request.url,
            data=self._request.body or None,
            headers=self._request.headers,
            proxy=self._request.proxy,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=CONNECT_S, sock_connect=CONNECT_S, sock_read=self._timeout_s
            ),
        )
        try:
            await _check(response, public_address(self._request.url))
        except BaseException:
            end(response)
            raise
        return response

    def _translated(self, error: Exception) -> CromicleError:
        if isinstance(error, CromicleError):
            return error
        address = public_address(self._request.url)
        return _translated(error, address, self._request.proxy, self._timeout_s)


@contextmanager
def _alone(failure: CromicleError) -> Iterator[None]:
    """Let an error be raised with no context: aiohttp's own errors hold the request, key and all.

    Outside of their handler is not enough: asyncio's tasks in Python, which nest_asyncio
    puts in the place of those in C, run a coroutine within the handler of what it gets thrown.
    """
    try:
        yield
    finally:
        failure.__context__ = None


async def _check(response: aiohttp.ClientResponse, address: str) -> None:
    status = response.status
    if 200 <= status < 300:
        encoding = response.headers.get("content-encoding", "identity")
        if encoding.lower() == "identity":
            return
        text = f"{address} compressed its answer ({quoted(encoding, 40)}), which was not asked for."
        raise ProtocolError(text, address=address, status=status)
    if 300 <= status < 400:
        target = quoted(public_address(response.headers.get("location", "nowhere")))
        text = f"{address} redirects to {target}; nothing was sent on. Trust it? Name it as url."
        raise ProtocolError(text, address=address, status=status)
    said = (await response.content.read(ERROR_BODY_BYTES)).decode("utf-8", "replace")
    kind, advice = _advice(status)
    text = f"{address} replied with HTTP {status}: {advice}."
    if reason := sentence(said) or response.reason:
        text += f" It said: {quoted(reason)}"
    raise kind(text, address=address, status=status)


def _advice(status: int) -> tuple[type[CromicleError], str]:
    if status in {401, 403}:
        return AccessError, "check the token (CROMICLE_TOKEN)"
    if status == 404:
        return StatusError, "check the url"
    return StatusError, "the server can't answer this now"


def _translated(error: Exception, address: str, proxy: str | None, timeout: float) -> CromicleError:
    kind, text = next(row[1:] for row in _KINDS if isinstance(error, row[0]))
    via = f" through the proxy {public_address(proxy)}" if proxy else ""
    status = getattr(error, "status", None) or None
    parts = {"timeout": timeout, "connect": CONNECT_S, "cause": _cause(error), "status": status}
    return kind(text.format(address=address, via=via, **parts), address=address, status=status)


def _cause(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "no such host name"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return quoted(f"its certificate is not trusted: {error.certificate_error}")
    number = getattr(error, "errno", None)
    if number and not isinstance(error, aiohttp.ClientSSLError):
        return os.strerror(number).lower()
    return quoted(str(error))
