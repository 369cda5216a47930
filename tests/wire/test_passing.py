"""Whole events out of a stream that is passed on."""

from __future__ import annotations

from codecs import BOM_UTF8

import pytest

from cromicle_magic.wire.passing import Passage

STREAMS = [
    b'data: {"a": 1}\n\n: hi\n\ndata: x\ndata: y\n\ndata: [DONE]\n\n',
    b"data: 1\r\n\r\ndata: 2\r\n\r\n",
    b"data: 1\r\rdata: 2\r\r",
    b"data: 1\n\r\ndata: 2\r\n\n",
    b"data: 1\n\rdata: 2\n\r: hi\n\r",
    b"\n\n data: 1\n\ndata: 2",
    b"data: 1\n",
    b"",
]
OBJECTS = [b'{"a":\n\n 1}', b"\r\n [1,\n\n2]\n\n", b"{", BOM_UTF8 + b'{"a": 1}']


def passed(*pieces: bytes) -> tuple[bytes, ...]:
    """Give what comes out at each piece, and at the end."""
    passage = Passage()
    return (*map(passage.feed, pieces), passage.flush())


def cuts(data: bytes) -> list[tuple[bytes, ...]]:
    """Give a text byte by byte, and cut in two at every offset."""
    single = tuple(data[at : at + 1] for at in range(len(data)))
    return [single, *((data[:at], data[at:]) for at in range(len(data) + 1))]


@pytest.mark.parametrize("stream", STREAMS)
def test_events_come_out_whole_and_as_they_were(stream: bytes) -> None:
    """Wherever the network cuts; only an end that is missing is put there."""
    whole = passed(stream)
    joined = b"".join(whole)
    assert joined.startswith(stream.lstrip())
    assert joined.removeprefix(stream.lstrip()) in (b"", b"\n\n")
    for pieces in cuts(stream):
        out = passed(*pieces)
        assert b"".join(out) == joined
        for piece in filter(None, out):
            assert piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").endswith(b"\n\n")


def test_an_event_comes_out_with_its_last_byte() -> None:
    """No reader waits for the next one."""
    passage = Passage()
    stream = b"data: 1\n\ndata: 2\r\n\r\n"
    came = [passage.feed(stream[at : at + 1]) for at in range(len(stream))]
    assert came[8] == b"data: 1\n\n"
    assert came[-1] == b"data: 2\r\n\r\n"
    assert len(list(filter(None, came))) == 2


def test_events_whose_lines_end_in_every_way_are_not_held_back() -> None:
    """Else an engine that mixes them would fill the memory."""
    passage = Passage()
    assert passage.feed(b"data: 1\n\rdata: 2\n\rdata: ") == b"data: 1\n\rdata: 2\n\r"
    assert passage.feed(b"3\n\r") == b""
    assert passage.feed(b"d") == b"data: 3\n\r"


@pytest.mark.parametrize("data", OBJECTS)
def test_an_object_comes_out_at_its_end(data: bytes) -> None:
    """However many empty lines are in it."""
    for pieces in cuts(data):
        *early, last = passed(*pieces)
        assert not any(early)
        assert last == data.removeprefix(BOM_UTF8).lstrip()
