"""The way to an address below HTTP, judged step by step: name, connection, proxy, TLS."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cromicle_magic.discretion import public_address
from cromicle_magic.doctor import remedies
from cromicle_magic.doctor.check import Check
from cromicle_magic.doctor.line import STEP_S, Line
from cromicle_magic.render.terminal import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["way"]

_SLOW = f"within {STEP_S:g} s"

# Statuses by which a proxy says that it wants a password, or that it didn't get through; an engine
# says none of them by itself. 403 may be said by either.
_WANTS_PASSWORD = 407
_NOT_THROUGH = frozenset({502, 503, 504})
_FORBIDDEN = 403

# What OpenSSL finds in a certificate, by the numbers of its x509_vfy.h.
_OUT_OF_DATE = {9: "isn't valid yet", 10: "has expired"}
_UNKNOWN_ISSUER = frozenset({18, 19, 20, 21})
_OTHER_HOST = frozenset({62, 64})


async def way(url: str, proxy: str | None, *, start: str) -> AsyncGenerator[Check, None]:
    """Go the way to an address, one step after the other.

    Args:
        url: The address.
        proxy: The HTTP proxy to go through, if any; name and connection are then the proxy's.
        start: What to type where nobody listens at the address.

    Yields:
        A check for each of four steps; behind one that failed nothing sensible comes. Closed or
        cancelled, it closes the connection.
    """
    route = _Route(url, proxy, start)
    try:
        yield await route.name()
        yield await route.connection()
        yield await route.through_proxy()
        yield await route.encryption()
    finally:
        route.line.close()


class _Route:
    """A line, and the judgement on each of its steps."""

    def __init__(self, url: str, proxy: str | None, start: str) -> None:
        self.line = Line(url, proxy)
        self._url, self._proxy, self._start = url, proxy, start
        self._hop, there = urlsplit(proxy or url), urlsplit(url)
        self._hop_host, self._host = self._hop.hostname or "", there.hostname or ""
        self._is_https = there.scheme == "https"

    async def name(self) -> Check:
        """Judge the name of the host to connect to."""
        remedy = remedies.NO_PROXY if self._proxy else remedies.resolve(self._hop_host)
        try:
            addresses = await self.line.look_up()
        except asyncio.TimeoutError:
            text = f"The name {quoted(self._hop_host)} was not found {_SLOW}."
            return Check("name", "failed", text, remedy)
        except (OSError, UnicodeError) as error:
            said = getattr(error, "strerror", None) or "it can't be one"
            text = f"There is no host named {quoted(self._hop_host)} ({said.lower()})."
            return Check("name", "failed", text, remedy)
        whose = ", the proxy's" if self._proxy else ""
        found = "is an address" if _is_number(self._hop_host) else f"is {', '.join(addresses)}"
        return Check("name", "ok", f"{self._hop_host}{whose} {found}")

    async def connection(self) -> Check:
        """Judge whether anybody accepts there."""
        began_s = time.monotonic()
        place = f"{self._hop_host}:{remedies.port_of(self._proxy or self._url)}"
        place = f"the proxy at {place}" if self._proxy else place
        try:
            await self.line.connect()
        except asyncio.TimeoutError:
            remedy = remedies.NO_PROXY if self._proxy else remedies.seek(self._url)
            return Check("connection", "failed", f"Nothing accepts at {place} {_SLOW}.", remedy)
        except OSError as error:
            remedy = remedies.NO_PROXY if self._proxy else self._start
            text = f"Nothing listens at {place} ({_said(error)})."
            return Check("connection", "failed", text, remedy)
        took_ms = 1000 * (time.monotonic() - began_s)
        return Check("connection", "ok", f"{place} accepted after {took_ms:.0f} ms")

    async def through_proxy(self) -> Check:
        """Judge whether the proxy lets a request through."""
        shown = public_address(self._proxy or "")
        if not shown:
            return Check("proxy", "skipped", "none is set, so none is used")
        if self._hop.scheme == "https":
            return Check("proxy", "skipped", f"{shown} speaks TLS itself; a request will tell")
        try:
            status = await self.line.ask_proxy()
        except asyncio.TimeoutError:
            return _no_proxy(f"{shown} did not answer {_SLOW}.")
        except (OSError, ValueError, EOFError):
            return _no_proxy(f"{shown} did not answer as an HTTP proxy does.")
        return self._judged(shown, status)

    def _judged(self, shown: str, status: int) -> Check:
        if status == _WANTS_PASSWORD:
            return _no_proxy(f"{shown} wants a user and a password, or others (HTTP {status}).")
        if not self._is_https and status == _FORBIDDEN:
            text = f"{shown} refused, or the server behind it did (HTTP {status})."
            return Check("proxy", "warning", text, remedies.NO_PROXY)
        is_through = 200 <= status < 300 if self._is_https else status not in _NOT_THROUGH
        if not is_through:
            return _no_proxy(f"{shown} did not let a request through (HTTP {status}).")
        return Check("proxy", "ok", f"{shown} lets through")

    async def encryption(self) -> Check:
        """Judge TLS, as far as the address asks for it."""
        if not self._is_https:
            return Check("TLS", "skipped", "the address is http, without encryption")
        if self._proxy and self._hop.scheme == "https":
            return Check("TLS", "skipped", "it lies within the proxy's own; a request will tell")
        try:
            version = await self.line.encrypt()
        except ssl.SSLCertVerificationError as error:
            return await self._distrusted(error)
        except asyncio.TimeoutError:
            return _no_tls(f"TLS was not agreed upon {_SLOW}.", remedies.seek(self._url))
        except OSError as error:
            said = (getattr(error, "reason", None) or "it broke off").replace("_", " ").lower()
            text = f"{self._host} does not speak TLS there ({said})."
            return _no_tls(text, remedies.plain_http(self._url))
        return Check("TLS", "ok", f"{version}; the certificate is trusted, fits and is in date")

    async def _distrusted(self, error: ssl.SSLCertVerificationError) -> Check:
        code, whose = error.verify_code, f"The certificate of {self._host}"
        said = quoted(error.verify_message)
        if code in _OTHER_HOST:
            names = await self._names()
            others = f"; it is for {quoted(', '.join(names))}" if names else ""
            text = f"The certificate is not for {self._host}{others}."
            return _no_tls(text, remedies.rename(self._url, names))
        if code in _UNKNOWN_ISSUER:
            text = f"{whose} is not trusted ({said}); if you know that it is the right one, trust "
            return _no_tls(f"{text}it, before Jupyter starts.", remedies.trust(self._url))
        fault = _OUT_OF_DATE.get(code, "can't be used")
        text = f"{whose} {fault}, or this machine's clock is wrong ({said})."
        return _no_tls(text, remedies.dates(self._url))

    async def _names(self) -> list[str]:
        with suppress(OSError, ValueError, EOFError, asyncio.TimeoutError):
            return await self.line.names()
        return []


def _no_proxy(text: str) -> Check:
    return Check("proxy", "failed", f"The proxy {text}", remedies.NO_PROXY)


def _no_tls(text: str, remedy: str) -> Check:
    return Check("TLS", "failed", text, remedy)


def _is_number(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _said(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else "no answer"
