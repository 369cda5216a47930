"""Faults of the connection: nobody there, resets, closes, stalls, proxies, names."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from support.faults import NO_NAME, Caller, Fault
from support.peers import END, HEAD, chunk, whole

from cromicle_magic.errors import (
    ConnectError,
    DeadlineError,
    ProtocolError,
    SettingError,
    StatusError,
    TruncatedError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["AT_LEISURE", "CONNECTIONS"]

HALF = HEAD + chunk("half an answer")
LONG = "x" * 3_000_000
# Nothing listens at port 1 of loopback, and none but the superuser could.
NOBODY = "127.0.0.1:1"


def sends(
    *pieces: bytes, then: str = "close", every_s: float = 0
) -> Callable[[Caller], Awaitable[None]]:
    """Give a script that sends some bytes and then closes, resets or stalls."""

    async def script(caller: Caller) -> None:
        await caller.say(*pieces, every_s=every_s)
        if then == "stall":
            await caller.stall()
        elif then == "reset":
            # A reset takes back what the other side has not read yet.
            await asyncio.sleep(0.1)
            caller.reset()

    return script


async def _tunnels(caller: Caller) -> None:
    await caller.say(b"HTTP/1.1 200 OK\r\n\r\n")
    await caller.stall()


async def _heartbeats(caller: Caller) -> None:
    await caller.say(HEAD)
    # Zeros before a chunk's size are bytes, and no text.
    await caller.say(*[b"0"] * 1_000, every_s=0.05)


async def _slow_head(caller: Caller) -> None:
    for byte in whole("late"):
        await caller.say(bytes([byte]), every_s=0.05)


async def _continues(caller: Caller) -> None:
    while True:
        await caller.say(b"HTTP/1.1 100 Continue\r\n\r\n" * 20)
        await asyncio.sleep(0.01)


async def _answers_unread(caller: Caller) -> None:
    await caller.reader.readuntil(b"\r\n\r\n")
    text = b"HTTP/1.1 413 Too Large\r\ncontent-length: 8\r\nconnection: close\r\n\r\ntoo long"
    await caller.say(text)
    await caller.stall()


# Where the first text is sure to come, a machine under load may take its time for it.
AT_LEISURE = {"first_timeout": 9}

CONNECTIONS = [
    Fault("nobody listens", ConnectError, says="refused", url=f"http://{NOBODY}"),
    Fault(
        "nobody listens, asked again",
        ConnectError,
        says="refused",
        url=f"http://{NOBODY}",
        options={"retries": 2, "timeout": 3},
        within_s=1.5,
    ),
    Fault("nobody listens", ConnectError, says="refused", url=f"http://{NOBODY}/v1", to="events"),
    Fault("nobody listens on IPv6", ConnectError, says="refused", url="http://[::1]:1"),
    Fault("nobody listens far away", ConnectError, says="refused", url="http://127.0.0.2:1"),
    Fault("no such name", ConnectError, says="no such host name", url=f"http://{NO_NAME}"),
    Fault(
        "no such name",
        ConnectError,
        says="no such host name",
        url=f"http://{NO_NAME}/v1",
        to="events",
    ),
    Fault(
        "a name that can be none",
        SettingError,
        says="can't be used",
        url="http://" + "x" * 70 + ".invalid",
    ),
    Fault("IPv6", "six", whole("six"), host="::1"),
    Fault("a far address", "far", whole("far"), host="127.0.0.2"),
    Fault("a name for IPv4 only", "named", whole("named"), url="http://localhost:{port}"),
    Fault("closed at once", TruncatedError, sends(), at="connection", says="broke off"),
    Fault("reset at once", (ConnectError, TruncatedError), sends(then="reset"), at="connection"),
    Fault(
        "accepted and left",
        DeadlineError,
        sends(then="stall"),
        says="no text for 0.5 s",
        at="connection",
    ),
    Fault(
        "the request is never read",
        DeadlineError,
        sends(then="stall"),
        at="connection",
        prompt=LONG,
    ),
    Fault("closed at the request", TruncatedError, sends()),
    Fault("closed at the request", TruncatedError, sends(), to="events"),
    Fault("reset at the request", TruncatedError, sends(then="reset")),
    Fault("silent at the request", DeadlineError, sends(then="stall"), says="no text"),
    Fault("silent at the request", DeadlineError, sends(then="stall"), says="no text", to="events"),
    Fault("closed in the head", TruncatedError, sends(HEAD[:30])),
    Fault("reset in the head", TruncatedError, sends(HEAD[:30], then="reset")),
    Fault("silent in the head", DeadlineError, sends(HEAD[:30], then="stall")),
    Fault("a head of one byte at a time", DeadlineError, _slow_head, says="no text"),
    Fault("endless interim responses", DeadlineError, _continues),
    Fault("closed behind the head", TruncatedError, sends(HEAD)),
    Fault("reset behind the head", TruncatedError, sends(HEAD, then="reset")),
    Fault("silent behind the head", DeadlineError, sends(HEAD, then="stall"), says="no text"),
    Fault("closed in mid-stream", TruncatedError, sends(HALF), partial="half an answer"),
    Fault(
        "reset in mid-stream", TruncatedError, sends(HALF, then="reset"), partial="half an answer"
    ),
    Fault(
        "silent in mid-stream",
        DeadlineError,
        sends(HALF, then="stall"),
        says="silent for 0.5 s",
        partial="half an answer",
        options=AT_LEISURE,
    ),
    Fault(
        "silent before the end mark",
        DeadlineError,
        sends(whole("all")[:-5], then="stall"),
        partial="all",
        options=AT_LEISURE,
    ),
    Fault("heartbeats instead of text", DeadlineError, _heartbeats, says="no text"),
    Fault(
        "a character now and then",
        "slowly",
        sends(HEAD, *map(chunk, "slowly"), END, every_s=0.2),
        options={"timeout": 1.1, **AT_LEISURE},
    ),
    Fault(
        "slow beyond the whole deadline",
        DeadlineError,
        sends(HEAD, *map(chunk, "slowly" * 99), every_s=0.1),
        says="not ended after 2 s",
        partial="s",
        options={"total_timeout": 2, "timeout": 9},
    ),
    Fault(
        "an early refusal of a long prompt",
        StatusError,
        _answers_unread,
        says="HTTP 413",
        prompt=LONG,
        at="connection",
    ),
    Fault(
        "a body that the connection's end ends",
        "all of it",
        sends(b"HTTP/1.1 200 OK\r\n\r\nall of it"),
    ),
    Fault(
        "a reset where only the end ends the body",
        TruncatedError,
        sends(b"HTTP/1.1 200 OK\r\n\r\nhalf", then="reset"),
        partial="half",
    ),
    Fault("HTTP/1.0", "old", sends(b"HTTP/1.0 200 OK\r\n\r\nold")),
    Fault(
        "a proxy that refuses connections",
        ConnectError,
        says="through the proxy",
        options={"proxy": f"http://{NOBODY}"},
    ),
    Fault(
        "a proxy without a name",
        ConnectError,
        says="through the proxy",
        options={"proxy": f"http://{NO_NAME}"},
    ),
    Fault(
        "a proxy's own error",
        StatusError,
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
        says="HTTP 502",
        url="http://far.invalid",
        options={"proxy": "http://127.0.0.1:{port}"},
    ),
    Fault(
        "a proxy that wants a password",
        StatusError,
        b"HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n",
        says="password of the proxy",
        url="http://far.invalid",
        options={"proxy": "http://127.0.0.1:{port}"},
    ),
    Fault(
        "a proxy that is silent",
        DeadlineError,
        sends(then="stall"),
        url="http://far.invalid",
        options={"proxy": "http://127.0.0.1:{port}"},
    ),
    Fault(
        "a tunnel that is refused",
        ConnectError,
        b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n",
        says="the proxy refused",
        url="https://far.invalid",
        options={"proxy": "http://127.0.0.1:{port}"},
    ),
    Fault(
        "a tunnel that is closed",
        TruncatedError,
        sends(),
        url="https://far.invalid",
        options={"proxy": "http://127.0.0.1:{port}"},
    ),
    Fault(
        "a tunnel that is silent",
        ConnectError,
        sends(then="stall"),
        says="within 0.4 s",
        url="https://far.invalid",
        options={"proxy": "http://127.0.0.1:{port}", "connect_timeout": 0.4},
    ),
    Fault(
        "a tunnel to nowhere",
        ConnectError,
        _tunnels,
        url="https://far.invalid",
        options={"proxy": "http://127.0.0.1:{port}", "connect_timeout": 0.4},
    ),
    Fault(
        "a tunnel of nonsense",
        ProtocolError,
        b"SSH-2.0-hello\r\n\r\n",
        says="through the proxy",
        url="https://far.invalid",
        options={"proxy": "http://127.0.0.1:{port}"},
    ),
    Fault(
        "TLS asked of plain HTTP",
        ConnectError,
        b"HTTP/1.1 400 Bad Request\r\n\r\nwhat?",
        at="connection",
        url="https://127.0.0.1:{port}",
    ),
    Fault(
        "TLS asked of who is silent",
        ConnectError,
        sends(then="stall"),
        says="did not accept",
        url="https://127.0.0.1:{port}",
        options={"connect_timeout": 0.4},
    ),
    Fault("HTTP asked of TLS", ProtocolError, b"\x15\x03\x03\x00\x02\x02\x0a", at="connection"),
]
