"""Who may knock: programs of this machine, never a web page.

Any page in the reader's browser can post to a port of this machine, and by DNS rebinding read the
answer. A page always shows itself: by an Origin, by a cross-site Sec-Fetch-Site, by a Host that is
its own name, or by a content type that needs no preflight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.errors import ProtocolError
from cromicle_magic.options import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_headers"]


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse a request that did not come from a program of this machine.

    Args:
        headers: The request's headers, looked up without regard to case.

    Raises:
        ProtocolError: The reason in one sentence, with status 403 or 415.
    """
    if not _is_loopback(headers.get("Host", "")):
        raise ProtocolError("The Host is not this machine.", status=403)
    if "Origin" in headers or headers.get("Sec-Fetch-Site", "none") != "none":
        raise ProtocolError("Web pages are not answered.", status=403)
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProtocolError("The body must be application/json.", status=415)
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ProtocolError("The body must not be compressed.", status=415)


def _is_loopback(host: str) -> bool:
    try:
        return is_loopback(f"//{host}") and "@" not in host
    except ValueError:
        return False
