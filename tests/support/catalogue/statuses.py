"""Faults of the status: refusals, redirects, and what is asked again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

from support.faults import KEY, Caller, Fault
from support.peers import HEAD, chunk, whole

from cromicle_magic.errors import AccessError, ProtocolError, StatusError, TruncatedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["RETRYING", "STATUSES", "in_turn", "reply"]

RETRYING = {"retries": 2}


def reply(body: bytes | str = b"", status: str = "200 OK", *lines: str) -> bytes:
    """Give a reply with an honest length."""
    data = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status}", *lines, f"content-length: {len(data)}", "", ""]
    return "\r\n".join(head).encode("latin-1") + data


def in_turn(*answers: bytes) -> Callable[[Caller], Awaitable[None]]:
    """Give a script that answers each request by the next reply, and again by the last."""
    left = list(answers)

    async def script(caller: Caller) -> None:
        await caller.say(left.pop(0) if len(left) > 1 else left[0])

    return script


def ahead(seconds: float) -> str:
    """Give a date of HTTP that lies ahead."""
    then = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return format_datetime(then, usegmt=True)


async def _reset_once(caller: Caller) -> None:
    await asyncio.sleep(0)
    if caller.fault.name not in _SEEN:
        _SEEN.add(caller.fault.name)
        caller.reset()
        return
    await caller.say(whole("second"))


_SEEN: set[str] = set()

REFUSALS = [
    Fault(
        f"HTTP {status}",
        kind,
        reply("why not", f"{status} Reason"),
        says=f'HTTP {status}: .*"why not"',
        to=to,
    )
    for to in ("text", "events")
    for status, kind in (
        (400, StatusError),
        (401, AccessError),
        (403, AccessError),
        (404, StatusError),
        (408, StatusError),
        (413, StatusError),
        (429, StatusError),
        (500, StatusError),
        (502, StatusError),
        (503, StatusError),
        (504, StatusError),
        (599, StatusError),
    )
]

REDIRECTS = [
    Fault(
        f"HTTP {status} to {where}",
        ProtocolError,
        reply("", f"{status} Away", f"location: {target}"),
        says=f'redirects to "{shown}"',
        requests=1,
    )
    for status in (300, 301, 302, 303, 304, 307, 308)
    for where, target, shown in (
        ("the same origin", "/chat/", "/chat/"),
        (
            "another origin",
            f"http://me:{KEY}@far.invalid/chat?key={KEY}",
            "http://far.invalid/chat",
        ),
    )
]

NOWHERE = [
    Fault(
        f"a redirect to {where}",
        ProtocolError,
        reply("", "307 Away", header),
        says="redirects to no address",
        requests=1,
    )
    for where, header in (
        ("nowhere", "x: y"),
        ("an empty place", "location:"),
        ("what can be no address", f"location: http://me:{KEY}@[far.invalid"),
    )
]

RETRIES = [
    *(
        Fault(
            f"HTTP {status}, then an answer",
            "second",
            in_turn(reply("", f"{status} No"), whole("second")),
            options=RETRYING,
            requests=2,
        )
        for status in (408, 429, 500, 502, 503, 504)
    ),
    *(
        Fault(
            f"HTTP {status} is no passing trouble",
            kind,
            in_turn(reply("", f"{status} No"), whole("second")),
            options=RETRYING,
            requests=1,
        )
        for status, kind in (
            (400, StatusError),
            (401, AccessError),
            (403, AccessError),
            (404, StatusError),
            (413, StatusError),
        )
    ),
    Fault("HTTP 503 without end", StatusError, reply("", "503 No"), options=RETRYING, requests=3),
    Fault(
        "HTTP 503, one retry", StatusError, reply("", "503 No"), options={"retries": 1}, requests=2
    ),
    Fault(
        "HTTP 503, no retry", StatusError, reply("", "503 No"), options={"retries": 0}, requests=1
    ),
    Fault("a reset, then an answer", "second", _reset_once, options=RETRYING, requests=2),
    Fault(
        "closed, then an answer",
        "second",
        in_turn(b"", whole("second")),
        options=RETRYING,
        requests=2,
    ),
    Fault(
        "closed behind the head, then an answer",
        "second",
        in_turn(HEAD, whole("second")),
        options=RETRYING,
        requests=2,
    ),
    Fault(
        "closed in mid-stream, never again",
        TruncatedError,
        in_turn(HEAD + chunk("half"), whole("second")),
        options=RETRYING,
        partial="half",
        requests=1,
    ),
    Fault(
        "Retry-After in seconds",
        "second",
        in_turn(reply("", "429 Slow", "retry-after: 1"), whole("second")),
        options=RETRYING,
        requests=2,
    ),
    Fault(
        "Retry-After as a date",
        "second",
        in_turn(reply("", "503 Wait", f"retry-after: {ahead(1)}"), whole("second")),
        options=RETRYING,
        requests=2,
    ),
    Fault(
        "Retry-After long ago",
        "second",
        in_turn(
            reply("", "503 Wait", "retry-after: Thu, 01 Jan 2015 00:00:00 GMT"), whole("second")
        ),
        options=RETRYING,
        requests=2,
    ),
    Fault(
        "Retry-After of nonsense",
        "second",
        in_turn(reply("", "503 Wait", "retry-after: soon"), whole("second")),
        options=RETRYING,
        requests=2,
    ),
    Fault(
        "Retry-After of an hour",
        StatusError,
        reply("", "429 Slow", "retry-after: 3600"),
        says="to wait 3,600 s, longer than the 30 s",
        options=RETRYING,
        requests=1,
    ),
    Fault(
        "Retry-After beyond the deadline",
        StatusError,
        reply("", "503 Wait", "retry-after: 20"),
        says="to wait 20 s",
        options={"retries": 2, "timeout": 1},
        requests=1,
    ),
    Fault(
        "Retry-After of a thousand digits",
        StatusError,
        reply("", "503 Wait", "retry-after: " + "9" * 1_000),
        requests=1,
    ),
]

STATUSES = [*REFUSALS, *REDIRECTS, *NOWHERE, *RETRIES]
