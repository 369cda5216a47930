"""Faults of a stream of events, and the quirks that are none."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from support.catalogue.connections import AT_LEISURE, sends
from support.catalogue.encodings import labelled
from support.catalogue.statuses import RETRYING, in_turn
from support.faults import Caller, Fault
from support.peers import HEAD, chunk, whole

from cromicle_magic.errors import (
    AccessError,
    DeadlineError,
    EmptyError,
    LimitError,
    ProtocolError,
    StatusError,
    TruncatedError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["EVENTS"]

DONE = "data: [DONE]\n\n"


def event(content: str | None = None, finish: str | None = None, **fields: object) -> str:
    """Give one event."""
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice], **fields})}\n\n"


def bare(**fields: object) -> str:
    """Give an event of other fields."""
    return f"data: {json.dumps(fields)}\n\n"


def stream(*events: str, end: str = DONE) -> bytes:
    """Give a whole stream."""
    return whole("".join(events) + end)


def beats(first: str, beat: str, every_s: float = 0.05) -> Callable[[Caller], Awaitable[None]]:
    """Give a script that says something, and then the same without end."""

    async def script(caller: Caller) -> None:
        await caller.say(HEAD, *([chunk(first)] if first else []))
        while True:
            await caller.say(chunk(beat))
            await asyncio.sleep(every_s)

    return script


HI = event("Hi")
ERROR = {"message": "out of memory", "code": 500}

QUIRKS = {
    "comments": (": one\n\n", HI, ": two\n\n", DONE),
    "CRLF": (HI.replace("\n", "\r\n"), DONE.replace("\n", "\r\n")),
    "CR": (HI.replace("\n", "\r"), DONE.replace("\n", "\r")),
    "several lines of data": ('data: {"choices": [{"delta":\ndata: {"content": "Hi"}}]}\n\n', DONE),
    "no blank behind the colon": (HI.replace("data: ", "data:"), "data:[DONE]\n\n"),
    "ids, names and times": ("id: 1\nevent: message\nretry: 5\n" + HI, DONE),
    "null content": (event(None), HI, event(None, "stop"), DONE),
    "no choices": (bare(choices=[]), HI, bare(choices=[], usage={"total_tokens": 3}), DONE),
    "choices that are null": (bare(choices=None), HI, DONE),
    "another choice beside it": (
        bare(choices=[{"index": 1, "delta": {"content": "no"}}]),
        HI,
        DONE,
    ),
    "a role alone": (bare(choices=[{"delta": {"role": "assistant"}}]), HI, DONE),
    "no mark at the end": (HI, event(None, "stop")),
    "no reason at the end": (HI, DONE),
    "no blank line at the end": (HI, "data: [DONE]"),
    "halves of a character": (event("H"), event("i"), event(""), DONE),
    "a byte order mark": ("\ufeff" + HI, DONE),
    "more behind the mark": (HI, DONE, event("more"), "data: what\n\n"),
    "empty data": ("data:\n\n", "data: \n\n", HI, DONE),
    "content in parts": (
        bare(choices=[{"delta": {"content": [{"type": "text", "text": "Hi"}]}}]),
        DONE,
    ),
    "unknown fields": (event("Hi", system="x", extra={"a": [1]}), DONE),
}

EVENTS = [
    *(Fault(name, "Hi", whole("".join(events)), to="events") for name, events in QUIRKS.items()),
    *(
        Fault(
            f"{name}, byte by byte",
            "Hi",
            sends(HEAD, *(chunk(bytes([byte])) for byte in "".join(events).encode()), b"0\r\n\r\n"),
            to="events",
        )
        for name, events in QUIRKS.items()
    ),
    Fault(
        "one object",
        "Hi",
        labelled(
            "application/json",
            '{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}',
        ),
        to="events",
    ),
    Fault(
        "forgets to close behind the mark",
        "Hi",
        sends(HEAD + chunk(HI + DONE), then="stall"),
        to="events",
    ),
    Fault(
        "forgets to close behind the reason",
        "Hi",
        sends(HEAD + chunk(HI + event(None, "stop")), then="stall"),
        options={"timeout": 0.5, **AT_LEISURE},
        to="events",
    ),
    Fault(
        "reset behind the reason",
        "Hi",
        sends(HEAD + chunk(HI + event(None, "stop")), then="reset"),
        to="events",
    ),
    Fault(
        "ends without reason or mark",
        TruncatedError,
        whole(HI),
        says="neither a finish reason",
        partial="Hi",
        to="events",
    ),
    Fault("ends in mid-event", TruncatedError, whole(HI + HI[:30]), partial="Hi", to="events"),
    Fault("closed in mid-stream", TruncatedError, HEAD + chunk(HI), partial="Hi", to="events"),
    Fault(
        "reset in mid-stream",
        TruncatedError,
        sends(HEAD + chunk(HI), then="reset"),
        partial="Hi",
        to="events",
    ),
    Fault(
        "silent in mid-stream",
        DeadlineError,
        sends(HEAD + chunk(HI), then="stall"),
        partial="Hi",
        says="silent for",
        options=AT_LEISURE,
        to="events",
    ),
    Fault(
        "comments instead of text",
        DeadlineError,
        beats("", ": ping\n\n"),
        says="no text",
        to="events",
    ),
    Fault(
        "comments behind a text",
        DeadlineError,
        beats(HI, ": ping\n\n"),
        says="silent for",
        partial="Hi",
        options=AT_LEISURE,
        to="events",
    ),
    Fault(
        "empty deltas behind a text",
        DeadlineError,
        beats(HI, event("")),
        says="silent for",
        partial="Hi",
        options=AT_LEISURE,
        to="events",
    ),
    Fault(
        "null deltas instead of text",
        DeadlineError,
        beats("", event(None)),
        says="no text",
        to="events",
    ),
    Fault(
        "blank lines without end",
        DeadlineError,
        beats("", "\n" * 1_000, 0.001),
        says="no text",
        to="events",
    ),
    Fault(
        "comments as fast as can be",
        DeadlineError,
        beats("", ": ping\n" * 1_000, 0),
        says="no text",
        to="events",
    ),
    Fault(
        "a text now and then",
        "slowly",
        sends(HEAD, *(chunk(event(letter)) for letter in "slowly"), chunk(DONE), every_s=0.2),
        options={"timeout": 1.1, **AT_LEISURE},
        to="events",
    ),
    Fault(
        "thinking is no silence",
        "Hi",
        sends(
            HEAD,
            *[chunk(bare(choices=[{"delta": {"reasoning": "hm"}}]))] * 5,
            chunk(HI + DONE),
            every_s=0.2,
        ),
        options={"timeout": 1.1, **AT_LEISURE},
        to="events",
    ),
    Fault(
        "endless thinking",
        LimitError,
        beats("", bare(choices=[{"delta": {"reasoning": "hm " * 9_000}}]), 0),
        options={"max_chars": 300_000},
        to="events",
    ),
    Fault(
        "endless text",
        LimitError,
        beats("", event("word " * 9_000), 0),
        options={"max_chars": 300_000},
        partial="word word",
        to="events",
    ),
    Fault(
        "an endless line",
        ProtocolError,
        beats("data: ", "x" * 1_000_000, 0),
        says="MiB",
        to="events",
    ),
    Fault(
        "an endless object", ProtocolError, beats("{", "x" * 1_000_000, 0), says="MiB", to="events"
    ),
    Fault(
        "an error as an object",
        StatusError,
        labelled("application/json", json.dumps({"error": ERROR})),
        says='error 500: "out of memory"',
        to="events",
    ),
    Fault(
        "an error as an event",
        StatusError,
        stream(HI, bare(error=ERROR)),
        says='error 500: "out of memory"',
        partial="Hi",
        to="events",
    ),
    Fault(
        "an error named as one",
        StatusError,
        stream(HI, "event: error\ndata: out of memory\n\n"),
        says='"out of memory"',
        partial="Hi",
        to="events",
    ),
    Fault(
        "an error beside choices",
        StatusError,
        stream(event("Hi", error=ERROR)),
        partial="Hi",
        to="events",
    ),
    Fault(
        "an error of access",
        AccessError,
        stream(bare(error={"message": "no", "code": 401})),
        says='"no"',
        to="events",
    ),
    Fault(
        "an error before text, then an answer",
        "Hi",
        in_turn(stream(bare(error={"message": "busy", "code": 503})), stream(HI)),
        options=RETRYING,
        requests=2,
        to="events",
    ),
    Fault(
        "an error behind text, never again",
        StatusError,
        in_turn(stream(HI, bare(error={"message": "busy", "code": 503})), stream(HI)),
        options=RETRYING,
        partial="Hi",
        requests=1,
        to="events",
    ),
    Fault(
        "an error behind thinking, never again",
        StatusError,
        in_turn(
            stream(
                bare(choices=[{"delta": {"reasoning": "hm"}}]),
                bare(error={"message": "busy", "code": 503}),
            ),
            stream(HI),
        ),
        options=RETRYING,
        requests=1,
        to="events",
    ),
    Fault(
        "no JSON",
        ProtocolError,
        stream(HI, "data: what\n\n"),
        says="no JSON",
        partial="Hi",
        to="events",
    ),
    Fault(
        "JSON too deep",
        ProtocolError,
        stream(HI, "data: " + "[" * 100_000 + "\n\n"),
        partial="Hi",
        to="events",
    ),
    Fault(
        "JSON that is no object",
        ProtocolError,
        stream(HI, "data: 42\n\n"),
        partial="Hi",
        to="events",
    ),
    Fault("no words at all", EmptyError, stream(), says="without a single", to="events"),
    Fault(
        "a reason and no words",
        EmptyError,
        stream(event(None, "length")),
        says="limit of tokens",
        to="events",
    ),
    Fault(
        "JSON that holds no answer",
        ProtocolError,
        labelled("application/json", '{"ok": true}'),
        says="holds no answer",
        to="events",
    ),
    Fault("other fields in the events", EmptyError, stream(bare(text="Hi")), to="events"),
]
