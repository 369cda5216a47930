"""What aiohttp's errors mean; the one place where they become ours."""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import aiohttp

from cromicle_magic.discretion import public_address
from cromicle_magic.errors import (
    ConnectError,
    CromicleError,
    ProtocolError,
    SettingError,
    TruncatedError,
)
from cromicle_magic.render.terminal import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FAILURES", "alone", "translated"]

# What each error of aiohttp means; the first row that fits holds.
_KINDS: tuple[
    tuple[type[Exception] | tuple[type[Exception], ...], type[CromicleError], str], ...
] = (
    (
        asyncio.TimeoutError,
        ConnectError,
        "{address} did not accept a connection{via} within {connect:g} s; is it up?",
    ),
    (
        aiohttp.ClientHttpProxyError,
        ConnectError,
        "{address} can't be reached: the proxy refused{via} (HTTP {status}).",
    ),
    (
        aiohttp.ClientConnectorCertificateError,
        ConnectError,
        "{address} can't be trusted{via} ({cause}); nothing was sent. Check its certificate.",
    ),
    (
        aiohttp.ClientSSLError,
        ConnectError,
        "{address} does not answer in TLS{via} ({cause}); does it want http instead of https?",
    ),
    (
        aiohttp.ClientConnectorError,
        ConnectError,
        "Nothing answers at {address}{via} ({cause}); is the server running?",
    ),
    (
        (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, OSError),
        TruncatedError,
        "{address} broke off{via} before its answer was complete; ask again.",
    ),
    (ValueError, SettingError, "{address} can't be used as an address; check the url."),
    (aiohttp.ClientError, ProtocolError, "{address} did not answer in HTTP{via}; check the url."),
)
FAILURES = (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError)
# A server that restarts refuses or drops a connection; no such name, and no route, stay so.
_PASSING = {errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE}


def translated(
    error: Exception, address: str, proxy: str | None, connect_s: float
) -> CromicleError:
    """Give an error in terms of our own; one of ours stays as it is.

    Args:
        error: One of ``FAILURES``.
        address: Who was asked.
        proxy: The HTTP proxy that was gone through, if any.
        connect_s: The longest wait for a connection, in seconds.
    """
    if isinstance(error, CromicleError):
        return error
    kind, text = next(row[1:] for row in _KINDS if isinstance(error, row[0]))
    status = getattr(error, "status", None) or None
    parts = {
        "address": address,
        "via": f" through the proxy {public_address(proxy)}" if proxy else "",
        "connect": connect_s,
        "cause": _cause(error),
        "status": status,
    }
    is_passing = None
    if kind is ConnectError:
        is_passing = _number(error) in _PASSING or (status or 0) >= 500
    return kind(text.format(**parts), address=address, status=status, retryable=is_passing)


@contextmanager
def alone(failure: CromicleError) -> Iterator[None]:
    """Let an error be raised with no context: aiohttp's own errors hold the request, key and all.

    Outside of their handler is not enough: asyncio's tasks in Python, which nest_asyncio
    puts in the place of those in C, run a coroutine within the handler of what it gets thrown.
    """
    try:
        yield
    finally:
        failure.__context__ = None


def _number(error: Exception) -> int:
    # A failure of TLS bears a number of OpenSSL's own.
    is_tls = isinstance(error, aiohttp.ClientSSLError)
    return 0 if is_tls else getattr(error, "errno", None) or 0


def _cause(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "no such host name"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        said = error.certificate_error
        return quoted(getattr(said, "verify_message", "") or str(said))
    if number := _number(error):
        return os.strerror(number).lower()
    return quoted(str(error))
