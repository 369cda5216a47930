"""One request, whole: what goes out is made here, byte by byte, before anything is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cromicle_magic.discretion import Address

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Body", "Request", "get", "post"]

# Who asks; the HTTP library's own would tell the release of Python, too.
_AGENT = "cromicle-magic"


class Body(bytes):
    """Bytes that are sent like any others and never show themselves in a repr.

    >>> Body(b"abc")
    <3 bytes>
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self):,} bytes>"


_NOTHING = Body()


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is sent as it is.

    Attributes:
        method: Either "POST" or "GET".
        url: Where it goes.
        headers: All of them but ``host`` and ``content-length``, which follow from the rest, and
            ``authorization`` where user and password are in the address.
        body: Its body, "" for none.
        proxy: The HTTP proxy it goes through, if any.
    """

    method: str
    url: Address
    headers: Mapping[str, str] = field(repr=False)
    body: Body = _NOTHING
    proxy: Address | None = None


def get(url: str, headers: Mapping[str, str], proxy: str | None = None) -> Request:
    """Make a request that asks for something.

    Args:
        url: Where to send it.
        headers: What the protocol wants in its head.
        proxy: The HTTP proxy to go through, if any.
    """
    return Request("GET", Address(url), _headers(url, headers), proxy=_address(proxy))


def post(
    url: str, fields: Mapping[str, object], headers: Mapping[str, str], proxy: str | None = None
) -> Request:
    """Make a request that brings a JSON object.

    Args:
        url: Where to send it.
        fields: The object, fit for JSON.
        headers: What the protocol wants in its head.
        proxy: The HTTP proxy to go through, if any.
    """
    body = Body(json.dumps(fields).encode())
    return Request("POST", Address(url), _headers(url, headers), body, _address(proxy))


def _headers(url: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    # A compressed text that is cut looks whole.
    fixed = {"accept-encoding": "identity", "user-agent": _AGENT}
    if urlsplit(url).scheme != "https":
        # llama.cpp's server announces keep-alive and drops the socket behind a stream, so that
        # every other request on a kept connection fails.
        fixed["connection"] = "close"
    return {**headers, **fixed}


def _address(proxy: str | None) -> Address | None:
    return Address(proxy) if proxy else None
