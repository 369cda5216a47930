"""Texts that may hold a key, and what may be shown of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

__all__ = [
    "MASK",
    "SHORTEST_SECRET",
    "Address",
    "Secret",
    "is_loopback",
    "masked",
    "public_address",
    "veil",
]

# A shorter one, such as the Cromicle protocol's own "abc", would be found in plain words.
SHORTEST_SECRET = 8
# What stands for a secret, whatever its length.
MASK = "*" * 8

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Secret(str):
    """A text that is used like any other and never shows itself in a repr.

    >>> {"token": Secret("abc")}
    {'token': '********'}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)


class Address(str):
    """A URL that is used like any other text and shows no user or password in a repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(public_address(self))


def public_address(url: str) -> str:
    """Give an address without the parts that may hold a key: user, password, query, fragment.

    >>> public_address("http://me:key@127.0.0.1:80/v1?key=1")
    'http://127.0.0.1:80/v1'
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def masked(text: str, secret: str) -> str:
    """Give a text without a secret, also where only its beginning is left at a cut.

    Args:
        text: What is to be shown.
        secret: What must not; one too short to be any is left alone.

    >>> masked("no key sk-12345678, no sk-12345…", "sk-12345678")
    'no key ********, no ********…'
    """
    if len(secret) < SHORTEST_SECRET:
        return text
    text = text.replace(secret, MASK)
    for size in range(len(secret) - 1, SHORTEST_SECRET - 1, -1):
        text = text.replace(secret[:size] + "…", MASK + "…")
    return text


def veil(keywords: Any) -> None:
    """Turn what may hold a key into what doesn't show it, where frames are shown with their values.

    Args:
        keywords: A function's own, changed in place.

    >>> given = {"token": "abc", "proxy": "http://me:key@127.0.0.1:1"}
    >>> veil(given)
    >>> given
    {'token': '********', 'proxy': 'http://127.0.0.1:1'}
    """
    for name, kind in (("token", Secret), ("url", Address), ("proxy", Address)):
        if isinstance(value := keywords.get(name), str):
            keywords[name] = kind(value)


def is_loopback(url: str) -> bool:
    """Tell whether an address is one of this machine's own.

    >>> is_loopback("http://[::1]:8080/v1"), is_loopback("http://127.0.0.1.invalid")
    (True, False)
    """
    return urlsplit(url).hostname in _LOOPBACK
