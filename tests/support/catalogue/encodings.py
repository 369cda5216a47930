"""Faults of encodings, and of pages and objects where text was due."""

from __future__ import annotations

import gzip
import zlib

from support.catalogue.connections import sends
from support.catalogue.statuses import reply
from support.faults import KEY, Fault
from support.peers import END, HEAD, chunk

from cromicle_magic.errors import AccessError, ProtocolError, StatusError, TruncatedError

__all__ = ["ENCODINGS", "labelled"]

TEXT = "naïve 中文 👩‍👩‍👧‍👦 end"
PAGE = "<!DOCTYPE html><html><title>Sign in</title></html>"


def compressed(name: str, data: bytes, *more: str) -> bytes:
    """Give a reply that says that it is compressed."""
    return reply(data, "200 OK", f"content-encoding: {name}", *more)


def labelled(kind: str, data: bytes | str) -> bytes:
    """Give a reply with a content type."""
    return reply(data, "200 OK", f"content-type: {kind}")


DEFLATED = zlib.compress(b"text" * 1_000)
PACKED = [
    *(
        Fault(f"compressed by {name}", ProtocolError, compressed(name, data), says=name)
        for name, data in (
            ("gzip", gzip.compress(b"text")),
            ("x-gzip", gzip.compress(b"text")),
            ("deflate", DEFLATED),
            ("br", b"\x0b\x01\x80text\x03"),
            ("zstd", b"\x28\xb5\x2f\xfd"),
            ("compress", b"\x1f\x9d"),
            ("aws-chunked", b"text"),
            ("gzip, identity", gzip.compress(b"text")),
        )
    ),
    Fault(
        "compressed, in a second header",
        ProtocolError,
        compressed("identity", gzip.compress(b"text"), "content-encoding: gzip"),
        says="gzip",
    ),
    Fault(
        "compressed and cut", ProtocolError, compressed("gzip", gzip.compress(b"text" * 100)[:20])
    ),
    Fault(
        "a bomb", ProtocolError, compressed("gzip", gzip.compress(bytes(10_000_000))), says="gzip"
    ),
    Fault(
        "a bomb of an error",
        StatusError,
        reply(gzip.compress(bytes(10_000_000)), "500 Oops", "content-encoding: gzip"),
        says="HTTP 500",
    ),
    Fault("compressed by name only", ProtocolError, compressed("gzip", b"plain text")),
    Fault(
        "compressed",
        ProtocolError,
        compressed("gzip", gzip.compress(b"data: [DONE]\n\n")),
        says="gzip",
        to="events",
    ),
    Fault("identity, by name", "text", compressed("Identity", b"text")),
    Fault("a byte order mark", "\ufefftext", labelled("text/plain", "\ufefftext")),
    Fault("no UTF-8", "caf\ufffd au lait", labelled("text/plain", b"caf\xe9 au lait")),
    Fault("half a character at the end", "caf\ufffd", labelled("text/plain", b"caf\xc3")),
    Fault("half a character, then closed", TruncatedError, HEAD + chunk(b"caf\xc3"), partial="caf"),
    Fault(
        "each byte by itself",
        TEXT,
        sends(HEAD, *(chunk(bytes([byte])) for byte in TEXT.encode()), END),
    ),
    Fault(
        "Latin-1", "café au lait", labelled("text/plain; charset=iso-8859-1", b"caf\xe9 au lait")
    ),
    Fault("Latin-1, by name only", TEXT, labelled("text/plain; charset=iso-8859-1", TEXT)),
    Fault("UTF-16", TEXT, labelled("text/plain; charset=utf-16", TEXT.encode("utf-16"))),
    Fault(
        "Shift JIS",
        "日本語",
        labelled('text/plain; charset="Shift_JIS"', "日本語".encode("shift_jis")),
    ),
    Fault("an encoding that is none", TEXT, labelled("text/plain; charset=x-martian", TEXT)),
    Fault("an encoding that unpacks", "text", labelled("text/plain; charset=zlib", "text")),
]

KINDS = [
    Fault(
        "a web page",
        ProtocolError,
        labelled("text/html; charset=utf-8", PAGE),
        says="a web page, no answer.*Sign in",
    ),
    Fault(
        "a web page, byte by byte",
        ProtocolError,
        sends(*(bytes([byte]) for byte in labelled("text/html", PAGE))),
        says="a web page",
    ),
    Fault(
        "a web page behind blanks",
        ProtocolError,
        labelled("text/html", "\r\n\r\n" + PAGE),
        says="a web page",
    ),
    Fault(
        "an endless web page",
        ProtocolError,
        sends(HEAD.replace(b"text/plain", b"text/html"), chunk(PAGE * 9), then="stall"),
        says="a web page",
    ),
    Fault("HTML that was asked for", PAGE, labelled("text/plain", PAGE)),
    Fault("text by a framework's label", TEXT, labelled("text/html", TEXT)),
    Fault("a tag by a framework's label", "<b>", labelled("text/html", "<b>")),
    Fault(
        "an error in JSON",
        StatusError,
        labelled("application/json", '{"error": {"message": "no such model"}}'),
        says='error: "no such model"',
    ),
    Fault("JSON", ProtocolError, labelled("application/json", '{"answer": 42}'), says="sent JSON"),
    Fault(
        "a long object",
        ProtocolError,
        labelled("application/json", "[" + "1, " * 9_000),
        says="sent JSON",
    ),
    Fault("JSON that was asked for", '{"answer": 42}', labelled("text/plain", '{"answer": 42}')),
    Fault(
        "a web page",
        ProtocolError,
        labelled("text/html", PAGE),
        says="a web page, no answer",
        to="events",
    ),
    Fault(
        "plain text",
        ProtocolError,
        labelled("text/plain", "Welcome"),
        says="no events.*Welcome",
        to="events",
    ),
    Fault(
        "a word of the key",
        AccessError,
        reply(f'{{"error": {{"message": "{KEY} is no key"}}}}', "401 No"),
        says=r'"\*{8} is no key"',
        options={"token": KEY},
    ),
    Fault(
        "a word of the key",
        AccessError,
        reply(f'{{"error": {{"message": "{KEY} is no key"}}}}', "401 No"),
        says=r'"\*{8} is no key"',
        options={"token": KEY},
        to="events",
    ),
]

ENCODINGS = [*PACKED, *KINDS]
