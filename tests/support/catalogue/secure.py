"""Faults of TLS, for a client that trusts one authority from its start on."""

from __future__ import annotations

import asyncio
import pickle
import ssl
import sys
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import trustme
from support.catalogue.connections import HALF, sends
from support.faults import Fault, Street, outcomes
from support.peers import whole

from cromicle_magic.errors import ConnectError, DeadlineError, ProtocolError, TruncatedError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SECURE", "write_certificates"]

OPEN = b"HTTP/1.1 200 OK\r\n\r\n"

SECURE = [
    Fault("TLS", "safe", whole("safe"), tls="good"),
    Fault("an expired certificate", ConnectError, whole(), says="expired", tls="expired"),
    Fault("a certificate not valid yet", ConnectError, whole(), says="not yet", tls="early"),
    Fault("a certificate of another host", ConnectError, whole(), says="127.0.0.1", tls="other"),
    Fault("an unknown authority", ConnectError, whole(), says="local issuer", tls="unknown"),
    Fault("closed in mid-stream", TruncatedError, HALF, partial="half", tls="good"),
    Fault(
        "reset in mid-stream", TruncatedError, sends(HALF, then="reset"), partial="half", tls="good"
    ),
    Fault(
        "silent in mid-stream", DeadlineError, sends(HALF, then="stall"), partial="half", tls="good"
    ),
    Fault(
        "an end that TLS does not confirm",
        TruncatedError,
        sends(OPEN + b"half", then="reset"),
        partial="half",
        tls="good",
    ),
    Fault("nonsense in the stream", ProtocolError, b"SSH-2.0-hello\r\n\r\n", tls="good"),
    Fault(
        "events",
        "Hi",
        whole('data: {"choices": [{"delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n\n'),
        to="events",
        tls="good",
    ),
]


def write_certificates(folder: Path) -> None:
    """Write down the servers' certificates, and the one authority to trust, ``authority.pem``."""
    trusted, unknown = trustme.CA(), trustme.CA()
    now, day = datetime.now(timezone.utc), timedelta(days=1)
    made = {
        "good": trusted.issue_cert("127.0.0.1"),
        "other": trusted.issue_cert("far.invalid"),
        "unknown": unknown.issue_cert("127.0.0.1"),
        "expired": trusted.issue_cert("127.0.0.1", not_before=now - 2 * day, not_after=now - day),
        "early": trusted.issue_cert("127.0.0.1", not_before=now + day, not_after=now + 2 * day),
    }
    trusted.cert_pem.write_to_path(str(folder / "authority.pem"))
    for name, certificate in made.items():
        certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / f"{name}.pem"))


def main() -> None:
    """Ask all of them, and write what came, pickled; the certificates lie in this folder."""
    contexts = {fault.tls: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for fault in SECURE}
    for name, context in contexts.items():
        context.load_cert_chain(f"{name}.pem")
    with Street(SECURE, contexts).open() as street:
        came = asyncio.run(outcomes(SECURE, street))
    sys.stdout.buffer.write(pickle.dumps(came))


if __name__ == "__main__":
    main()
