"""Who may knock: programs of this machine and of those that were told a name, never a web page.

Any page in the reader's browser can post to a port of this machine, and by DNS rebinding read the
answer. A page always shows itself: by an Origin, by a cross-site Sec-Fetch-Site, by a Host that is
its own name, or by a content type that needs no preflight.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cromicle_magic.discretion import is_loopback
from cromicle_magic.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["check_bearer", "check_headers"]

_BODYLESS = frozenset({"GET", "HEAD"})


def check_headers(
    method: str, headers: Mapping[str, str], names: Collection[str] = frozenset()
) -> None:
    """Refuse a request that did not come from a program.

    Args:
        method: The request's method; one without a body has no content type.
        headers: The request's headers, looked up without regard to case.
        names: Hosts by which the server may be called, beyond loopback, in small letters.

    Raises:
        ProtocolError: The reason in one sentence, with status 403 or 415.
    """
    if not _is_named(headers.get("Host", ""), names):
        text = "The Host is not this machine, nor a name that the server was started with."
        raise ProtocolError(text, status=403)
    if "Origin" in headers or headers.get("Sec-Fetch-Site", "none") != "none":
        raise ProtocolError("Web pages are not answered.", status=403)
    if method in _BODYLESS:
        return
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProtocolError("The body must be application/json.", status=415)
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ProtocolError("The body must not be compressed.", status=415)


def check_bearer(headers: Mapping[str, str], token: str) -> None:
    """Refuse a request that does not bear the token, in a time that tells nothing of it.

    Args:
        headers: The request's headers, looked up without regard to case.
        token: The only token that is accepted.

    Raises:
        ProtocolError: The reason in one sentence, with status 401.
    """
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    is_known = hmac.compare_digest(_bytes(given.strip()), _bytes(token))
    if scheme.lower() != "bearer" or not is_known:
        text = "The server's token must come as the API key, in the header Authorization: Bearer."
        raise ProtocolError(text, status=401)


def _is_named(host: str, names: Collection[str]) -> bool:
    try:
        is_known = is_loopback(f"//{host}") or urlsplit(f"//{host}").hostname in names
    except ValueError:
        return False
    return is_known and "@" not in host


def _bytes(text: str) -> bytes:
    # Of a header that is no UTF-8, aiohttp keeps the bytes in surrogates.
    return text.encode("utf-8", "surrogateescape")
