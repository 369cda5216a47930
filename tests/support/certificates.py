"""A certificate, by default for 127.0.0.1, and the authority that a client has to trust for it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NamedTuple

import trustme

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

__all__ = ["Certificate", "certificate"]


class Certificate(NamedTuple):
    """A server's side and a client's.

    Attributes:
        tls: What the server speaks TLS with.
        trust: The environment in which a client, from its start on, trusts the server.
    """

    tls: ssl.SSLContext
    trust: dict[str, str]


def certificate(
    home: Path, host: str = "127.0.0.1", not_after: datetime | None = None
) -> Certificate:
    """Make a certificate; the authority's is written to a folder.

    Args:
        home: The folder.
        host: Whom it is for.
        not_after: When it expires; by default in the far future.
    """
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, not_after=not_after).configure_cert(tls)
    path = home / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return Certificate(tls, {"SSL_CERT_FILE": str(path)})
