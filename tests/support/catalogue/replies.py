"""Faults of the reply: its status, its head, its length, its chunks."""

from __future__ import annotations

import gzip

from support.catalogue.connections import sends
from support.catalogue.statuses import reply
from support.faults import Caller, Fault
from support.peers import END, HEAD, chunk, whole

from cromicle_magic.errors import (
    DeadlineError,
    EmptyError,
    LimitError,
    ProtocolError,
    StatusError,
    TruncatedError,
)

__all__ = ["REPLIES"]


async def _endless(caller: Caller) -> None:
    await caller.say(HEAD)
    while True:
        await caller.say(chunk("word " * 10_000))


async def _unhurried(caller: Caller) -> None:
    await caller.say(HEAD)
    while True:
        await caller.say(chunk("word "), every_s=0.01)


async def _stalled_page(caller: Caller) -> None:
    await caller.say(b"HTTP/1.1 500 Oops\r\ncontent-length: 999\r\n\r\nout of memory")
    await caller.stall()


async def _endless_page(caller: Caller) -> None:
    await caller.say(b"HTTP/1.1 500 Oops\r\n\r\n")
    while True:
        await caller.say(b"sorry " * 10_000)


async def _tiny_chunks(caller: Caller) -> None:
    await caller.say(HEAD, *[chunk("x") * 10_000] * 10, END)


HEADS = [
    Fault("no HTTP", ProtocolError, b"SSH-2.0-hello\r\n\r\n", says="HTTP"),
    Fault("no HTTP", ProtocolError, b"SSH-2.0-hello\r\n\r\n", says="HTTP", to="events"),
    Fault("a status of four digits", ProtocolError, b"HTTP/1.1 2000 OK\r\n\r\nx"),
    Fault(
        "switched protocols",
        StatusError,
        b"HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nx",
        says="HTTP 101",
    ),
    Fault("a huge header", ProtocolError, reply("x", "200 OK", "x: " + "y" * 100_000)),
    Fault(
        "very many headers",
        ProtocolError,
        reply("x", "200 OK", *(f"x-{n}: y" for n in range(5_000))),
    ),
    Fault(
        "an endless head",
        ProtocolError,
        sends(b"HTTP/1.1 200 OK\r\n", *[b"x: y\r\n" * 1_000] * 20, then="stall"),
    ),
    Fault("a header without a colon", ProtocolError, reply("x", "200 OK", "nonsense")),
    Fault("a control in a header", ProtocolError, reply("x", "200 OK", "x: \x00")),
    Fault("other letters in a header", "text", reply("text", "200 OK", "x-who: caf\xe9")),
    Fault("a status with controls", StatusError, reply("", "500 \x1b[2J"), says="HTTP 500"),
    Fault("no reason beside the status", "text", b"HTTP/1.1 200\r\ncontent-length: 4\r\n\r\ntext"),
    Fault(
        "an interim response first",
        "text",
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + whole("text"),
    ),
]

LENGTHS = [
    Fault(
        "a length that is too long",
        TruncatedError,
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
        partial="half",
    ),
    Fault(
        "a length that is too short",
        ProtocolError,
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhalf an answer",
    ),
    Fault("a negative length", ProtocolError, b"HTTP/1.1 200 OK\r\ncontent-length: -4\r\n\r\ntext"),
    Fault(
        "a length of letters", ProtocolError, b"HTTP/1.1 200 OK\r\ncontent-length: four\r\n\r\ntext"
    ),
    Fault(
        "two lengths",
        ProtocolError,
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 9\r\n\r\ntext",
    ),
    Fault(
        "a length of a thousand digits",
        ProtocolError,
        b"HTTP/1.1 200 OK\r\ncontent-length: " + b"9" * 1_000 + b"\r\n\r\ntext",
    ),
    Fault(
        "a length and chunks",
        ProtocolError,
        HEAD[:-2] + b"content-length: 4\r\n\r\n" + chunk("text") + END,
    ),
    Fault("nothing", EmptyError, reply()),
    Fault("no chunk", EmptyError, HEAD + END),
    Fault("only the end of a connection", EmptyError, b"HTTP/1.1 200 OK\r\n\r\n"),
    Fault("HTTP 204", EmptyError, b"HTTP/1.1 204 No Content\r\n\r\n"),
    Fault("HTTP 205", EmptyError, reply("", "205 Reset")),
    Fault("HTTP 204", TruncatedError, b"HTTP/1.1 204 No Content\r\n\r\n", to="events"),
    Fault(
        "a chunk's size of letters",
        (TruncatedError, ProtocolError),
        sends(HEAD + chunk("half"), b"what\r\nx\r\n", every_s=0.1),
        partial="half",
    ),
    Fault(
        "a chunk of a negative size",
        (TruncatedError, ProtocolError),
        sends(HEAD + chunk("half"), b"-1\r\nx\r\n", every_s=0.1),
        partial="half",
    ),
    Fault(
        "a chunk of an endless size",
        (TruncatedError, ProtocolError),
        sends(HEAD + chunk("half"), b"f" * 30 + b"\r\nx\r\n", every_s=0.1),
        partial="half",
    ),
    Fault(
        "a chunk without its end",
        (TruncatedError, ProtocolError),
        sends(HEAD + chunk("half"), b"1\r\nxyz\r\n", every_s=0.1),
        partial="halfx",
    ),
    Fault("a chunk that is cut", TruncatedError, HEAD + b"10\r\nhalf", partial="half"),
    Fault("the last chunk is cut", TruncatedError, whole("all")[:-2], partial="all"),
    Fault(
        "bad chunks at once",
        (TruncatedError, ProtocolError),
        HEAD + chunk("half") + b"what\r\nx\r\n",
    ),
    Fault(
        "an unknown transfer encoding",
        ProtocolError,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: x-rot\r\n\r\ntext",
    ),
    Fault(
        "a compressed transfer",
        ProtocolError,
        HEAD.replace(b"chunked", b"gzip, chunked") + chunk(gzip.compress(b"text")) + END,
    ),
    Fault("extensions and trailers", "text", HEAD + b"4;a=b\r\ntext\r\n0\r\nx: y\r\n\r\n"),
    Fault("more behind the end", "text", whole("text") + b"HTTP/1.1 200 OK\r\n\r\nmore"),
    Fault("a hundred thousand chunks", "x" * 100_000, _tiny_chunks),
    Fault(
        "an endless body",
        LimitError,
        _endless,
        says="more than 1,000,000 characters",
        options={"max_chars": 1_000_000},
        partial="word word",
    ),
    Fault(
        "endless, within a deadline",
        DeadlineError,
        _unhurried,
        says="not ended",
        options={"timeout": 9, "total_timeout": 1},
        partial="word ",
    ),
    Fault("an error page that stalls", StatusError, _stalled_page, says='"out of memory"'),
    Fault("an endless error page", StatusError, _endless_page, says='"sorry sorry'),
    Fault(
        "an error page that is cut",
        StatusError,
        b"HTTP/1.1 500 Oops\r\ncontent-length: 999\r\n\r\nout of memory",
        says='"out of memory"',
    ),
]

REPLIES = [*HEADS, *LENGTHS]
