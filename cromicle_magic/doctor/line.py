"""One line to an address, taken up step by step; this file touches the network itself.

A request over aiohttp can't tell a name that is missing from a port that is closed or a proxy that
refuses, so the steps below HTTP are taken here, over one socket of asyncio's own. Nothing of the
reader's goes out but the proxy's password, to the proxy.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cromicle_magic.discretion import public_address
from cromicle_magic.doctor.remedies import port_of
from cromicle_magic.patience import within
from cromicle_magic.wire.models import endpoint

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["STEP_S", "Line"]

# For each step by itself, in seconds; who is there is there within moments.
STEP_S = 5.0

_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})")


class Line:
    """A socket, as far as it has come; each step needs the one before it.

    A step that takes longer than ``STEP_S`` raises ``asyncio.TimeoutError``; any other failure is
    the ``OSError`` that it is. Cancelled, a step leaves the socket for ``close``.

    Args:
        url: The address to come to.
        proxy: The HTTP proxy to go through, if any.
    """

    def __init__(self, url: str, proxy: str | None) -> None:
        self._url, self._proxy = url, proxy
        self._there = urlsplit(url)
        self._addresses: list[Any] = []
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._encrypted: asyncio.Transport | None = None

    def close(self) -> None:
        """Let go of the socket, at once."""
        for transport in (self._encrypted, self._streams and self._streams[1].transport):
            if transport:
                transport.abort()

    async def look_up(self) -> list[str]:
        """Look up the name of the host, or of the proxy's.

        Returns:
            The addresses that it has, each once.

        Raises:
            UnicodeError: No host can have such a name.
        """
        first = self._proxy or self._url
        host, port = urlsplit(first).hostname, port_of(first)
        looking = asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        self._addresses = await within(STEP_S, looking)
        return list(dict.fromkeys(str(address[0]) for *_, address in self._addresses))

    async def connect(self) -> None:
        """Connect to the first of the addresses that accepts; each gets its share of the time.

        Raises:
            OSError: None does, or the name has none.
            asyncio.TimeoutError: The last of them did not answer in its time.
        """
        share_s = STEP_S / max(len(self._addresses), 1)
        failure: OSError | asyncio.TimeoutError = OSError("it has no address")
        for *_, (host, port, *_) in self._addresses:
            try:
                self._streams = await within(share_s, asyncio.open_connection(host, port))
            except (OSError, asyncio.TimeoutError) as error:  # noqa: PERF203 - they are few
                failure = error
            else:
                return
        raise failure

    async def ask_proxy(self) -> int:
        """Ask the proxy for what a request would ask for.

        Returns:
            The status of its answer.

        Raises:
            ValueError: It is no HTTP.
            EOFError: The proxy broke off.
        """
        reader, writer = self._taken()
        host = self._there.hostname or ""
        place = f"[{host}]" if ":" in host else host
        place = f"{place}:{port_of(self._url)}"
        target = f"CONNECT {place}"
        if self._there.scheme != "https":
            target = f"GET {public_address(endpoint(self._url))}"
        head = [f"{target} HTTP/1.1", f"Host: {place}", *self._proxy_key(), "", ""]
        writer.write("\r\n".join(head).encode())
        found = _STATUS.match(await within(STEP_S, _head(reader)))
        if not found:
            raise ValueError("no HTTP")
        return int(found[1])

    async def encrypt(self) -> str:
        """Agree upon TLS, checking the certificate as a request does.

        Returns:
            The version of TLS, such as ``TLSv1.3``.

        Raises:
            ssl.SSLCertVerificationError: The certificate won't do.
        """
        wrapped = await self._wrapped(await _context())
        return str(wrapped.version())

    async def names(self) -> list[str]:
        """Give the names that the certificate is for, over a new connection, if it is trusted."""
        self.close()
        context = await _context()
        context.check_hostname = False
        await self.connect()
        if self._proxy:
            await self.ask_proxy()
        wrapped = await self._wrapped(context)
        found: Any = wrapped.getpeercert() or {}
        return [str(name) for _, name in found.get("subjectAltName", ())]

    async def _wrapped(self, context: ssl.SSLContext) -> ssl.SSLObject:
        _, writer = self._taken()
        before = writer.transport
        beginning: Coroutine[Any, Any, asyncio.Transport | None]
        beginning = asyncio.get_running_loop().start_tls(
            before, before.get_protocol(), context, server_hostname=self._there.hostname
        )
        self._encrypted = await within(STEP_S, beginning)
        if self._encrypted is None:
            raise ConnectionError("closed")
        found: ssl.SSLObject = self._encrypted.get_extra_info("ssl_object")
        return found

    def _taken(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            raise ConnectionError("not connected")
        return self._streams

    def _proxy_key(self) -> list[str]:
        parts = urlsplit(self._proxy or "")
        if not parts.username:
            return []
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return [f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}"]


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise ValueError("no head of HTTP") from None


async def _context() -> ssl.SSLContext:
    # It reads all authorities from disk, some 200 ms.
    return await asyncio.to_thread(ssl.create_default_context)
