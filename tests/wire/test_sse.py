"""Server-sent events by the written standard, cut anywhere."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cromicle_magic.errors import ProtocolError
from cromicle_magic.wire.sse import MAX_EVENT_BYTES, Event, EventDecoder

BOM = b"\xef\xbb\xbf"

# Name, stream, and its events; the first four are the standard's own examples.
CASES = {
    "stocks": (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Event("YHOO\n+2\n10")]),
    "comment, id and a space more": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third\n\n",
        [Event("first event"), Event("second event"), Event(" third")],
    ),
    "empty data": (b"data\n\ndata\ndata\n\ndata:", [Event(""), Event("\n"), Event("")]),
    "the space behind the colon": (b"data:test\n\ndata: test\n\n", [Event("test")] * 2),
    "types": (
        b"event: error\ndata: a\n\ndata: b\n\nevent: ping\n\ndata: c\n\n",
        [Event("a", "error"), Event("b"), Event("c")],
    ),
    "CR": (b"data: a\rdata: b\r\rdata: c\r\r", [Event("a\nb"), Event("c")]),
    "CRLF": (b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [Event("a\nb"), Event("c")]),
    "all ends mixed": (
        b"data: a\r\ndata: b\rdata: c\n\r\n\rdata: d\r\r\n",
        [Event("a\nb\nc"), Event("d")],
    ),
    "a mark of byte order": (BOM + b"data: a\n\n", [Event("a")]),
    "only one mark of byte order": (BOM + BOM + b"data: a\n\ndata: b\n\n", [Event("b")]),
    "no mark further on": (b"data: a\n\n" + BOM + b"data: b\n\n", [Event("a")]),
    "no line's end but CR and LF": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n".encode(),
        [Event("a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg")],
    ),
    "no UTF-8": (b"data: caf\xe9\n\ndata: \xf0\x9f\n\n", [Event("caf\ufffd"), Event("\ufffd")]),
    "letters of any kind": (
        "data: naïve 中文 👩‍👩‍👧‍👦\n\n".encode(),
        [Event("naïve 中文 👩‍👩‍👧‍👦")],
    ),
    "names and colons": (
        b"data : no\nDATA: no\n data: no\nretry: 5\nx\n:\ndata: a: b: c\n\n",
        [Event("a: b: c")],
    ),
    "blank lines": (b"\n\n\r\r\n\ndata: a\n\n\n\n", [Event("a")]),
    "an end without a blank line": (b"data: a\n\ndata: b\n", [Event("a"), Event("b")]),
    "an end without a line's end": (b"data: a\n\ndata: [DONE]", [Event("a"), Event("[DONE]")]),
    "an end in CR": (b"data: a\r", [Event("a")]),
    "nothing": (b"", []),
    "no data at the end": (b"data: a\n\n: bye\nevent: b", [Event("a")]),
}


def decoded(*pieces: bytes) -> list[Event]:
    """Decode pieces to the end."""
    decoder = EventDecoder()
    return [event for piece in pieces for event in decoder.decode(piece)] + decoder.flush()


@pytest.mark.parametrize(("stream", "events"), CASES.values(), ids=CASES)
def test_any_cut_gives_the_events_of_the_standard(stream: bytes, events: list[Event]) -> None:
    """Whole, cut in two at every offset, and byte by byte with nothing in between."""
    assert decoded(stream) == events
    for cut in range(len(stream) + 1):
        assert decoded(stream[:cut], stream[cut:]) == events
    assert decoded(*(piece for byte in stream for piece in (bytes([byte]), b""))) == events


def test_an_event_comes_with_its_blank_line() -> None:
    """Not a byte later, even where a CR could be half a CRLF."""
    for end in (b"\n\n", b"\r\r", b"\r\n\r"):
        assert EventDecoder().decode(b"data: a" + end) == [Event("a")]
    assert EventDecoder().decode(b"data: a\n") == []


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))))
def test_whatever_is_sent_arrives(texts: list[str]) -> None:
    """Any text without a line's end is carried as it is."""
    stream = "".join(f"data: {text}\n\n" for text in texts)
    assert decoded(stream.encode()) == [Event(text) for text in texts]


@given(st.binary(), st.binary())
def test_no_bytes_break_it(first: bytes, second: bytes) -> None:
    """Noise gives what it gives, cut or not."""
    assert decoded(first, second) == decoded(first + second)


def test_a_long_line_is_read_in_linear_time() -> None:
    """One event of nearly the bound, whole or in many small pieces."""
    line = b"data: " + b"x" * (MAX_EVENT_BYTES - 6)
    assert [len(event.data) for event in decoded(line)] == [MAX_EVENT_BYTES - 6]
    pieces = [line[start : start + 64] for start in range(0, len(line), 64)]
    began = time.process_time()
    assert [len(event.data) for event in decoded(*pieces)] == [MAX_EVENT_BYTES - 6]
    assert time.process_time() - began < 5  # 0.2 s, or minutes if each piece copied the line


@pytest.mark.parametrize("unit", [b"data: 0123456789\n" * 99, b"data:x\r" * 99, b"x" * 2**16])
def test_what_never_ends_is_refused(unit: bytes) -> None:
    """Neither an endless line nor an endless event fills the memory."""
    units = [unit] * (2 * MAX_EVENT_BYTES // len(unit))
    with pytest.raises(ProtocolError, match="more than 5 MiB"):
        decoded(*units)


def test_only_what_waits_counts() -> None:
    """A stream may be as long as it likes, and so may its comments and keep-alives."""
    decoder = EventDecoder()
    block = b": keep-alive\n" * 70_000 + b"data: " + b"x" * 10**6 + b"\n\ndata: y\n\ndata: z"
    for _ in range(40):
        assert len(decoder.decode(block)) == 2
        decoder.decode(b"\n\n")
