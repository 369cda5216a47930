"""Property: however the network cuts a stream, every reader says the same; and none breaks."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cromicle_magic.discretion import masked
from cromicle_magic.wire.plain import PlainDecoder
from cromicle_magic.wire.reasoning import Thinking
from cromicle_magic.wire.reply import ReplyDecoder
from cromicle_magic.wire.retry_after import retry_after_s
from cromicle_magic.wire.sse import EventDecoder
from cromicle_magic.wire.text import PairDecoder, TextDecoder

# What matters to one reader or another, and what breaks it.
TEXTS = (
    *(
        "naïve",
        "中文",
        "👩‍👩‍👧",
        "\ufeff",
        "\u2028",
        "\x00",
        "<",
        "{",
        "[",
        " ",
        "a",
        "<think>",
        "</think>",
    ),
    *(
        "<!doctype html>",
        "<html>",
        "<html",
        "<b>",
        '{"error": "no"}',
        "\r",
        "\n",
        "\r\n",
        "\n\n",
        ": x\n",
    ),
    *("data: ", "data:", "data: [DONE]\n\n", "event: error\n", 'data: {"choices": [{"delta": '),
    *('{"content": "Hi"}}]}\n\n', '{"content": "\\ud83d"}}]}\n\n', '{"reasoning": "hm"}}]}\n\n'),
    '{"content": "", "x": 1}, "finish_reason": "stop"}]}\n\n',
)
BYTES = (b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xfe\xff", b"\xe9")
CHARSETS = ("", "utf-8", "latin-1", "windows-1252", "utf-16", "utf-32", "shift_jis", "gb18030")
KINDS = ("", "text/plain", "text/html", "application/json", "text/html; charset=latin-1")

streams = st.lists(
    st.one_of(
        st.sampled_from([text.encode() for text in TEXTS]),
        st.sampled_from(BYTES),
        st.binary(max_size=4),
    ),
    max_size=20,
)


def in_pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut bytes into pieces of the sizes given, again and again, empty ones among them."""
    pieces, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)] if any(sizes) else len(data)
        pieces.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


cuts = st.lists(st.integers(0, 9), min_size=1, max_size=5)


@given(streams, cuts, st.sampled_from(CHARSETS))
def test_text_is_the_same(stream: list[bytes], sizes: list[int], charset: str) -> None:
    """In any encoding that a server names; and as Python decodes it as a whole."""

    def read(pieces: list[bytes]) -> str:
        decoder = TextDecoder(charset)
        return "".join(map(decoder.decode, pieces)) + decoder.flush()

    data = b"".join(stream)
    assert read(in_pieces(data, sizes)) == read([data])
    if charset in ("", "utf-8"):
        assert read([data]) == data.decode("utf-8", "replace")
    if charset.startswith("utf-16") and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert read([data]) == data.decode("utf-16-le", "replace")
    if charset == "shift_jis":
        assert read([data]) == data.decode(charset, "replace")


@given(streams, cuts, st.sampled_from(KINDS))
def test_a_plain_reply_is_the_same(stream: list[bytes], sizes: list[int], kind: str) -> None:
    """Its text, and whether it is none; what is text by its label is never held to be a page."""

    def read(pieces: list[bytes]) -> tuple[str, bool]:
        decoder = PlainDecoder(kind)
        text = "".join(map(decoder.decode, pieces)) + decoder.flush()
        return text, decoder.fault is not None

    data = b"".join(stream)
    text, is_fault = read([data])
    assert read(in_pieces(data, sizes)) == (text, is_fault)
    if kind in ("", "text/plain"):
        assert (text, is_fault) == (data.decode("utf-8", "replace"), False)


@given(streams, cuts)
def test_events_are_the_same(stream: list[bytes], sizes: list[int]) -> None:
    """Each in full, and none from nothing."""

    def read(pieces: list[bytes]) -> list[Any]:
        decoder = EventDecoder()
        return [e for piece in pieces for e in decoder.decode(piece)] + decoder.flush()

    data = b"".join(stream)
    assert read(in_pieces(data, sizes)) == read([data])


@given(streams, cuts)
def test_a_reply_is_the_same(stream: list[bytes], sizes: list[int]) -> None:
    """Text, thinking, and the kind of fault; behind a fault nothing is read."""

    def read(pieces: list[bytes]) -> tuple[str, str, object]:
        reply = ReplyDecoder()
        text, thought = "", ""
        for step in [*(lambda p=piece: reply.decode(p) for piece in pieces), reply.flush]:
            words = step()
            text, thought = text + words.text, thought + words.thought
            if words.fault:
                return text, thought, words.fault.kind
        return text, thought, None

    data = b"".join(stream)
    assert read(in_pieces(data, sizes)) == read([data])


@given(st.lists(st.sampled_from(TEXTS), max_size=12), st.data())
def test_thinking_is_the_same(texts: list[str], data: st.DataObject) -> None:
    """And with the answer and the marks it is all that came."""

    def read(pieces: list[str]) -> tuple[str, str]:
        thinking = Thinking()
        parts = [*map(thinking.feed, pieces), thinking.flush()]
        return "".join(a for a, _ in parts), "".join(b for _, b in parts)

    whole = "".join(texts)
    at = data.draw(st.integers(0, len(whole)))
    thought, text = read([whole])
    assert read([whole[:at], whole[at:]]) == read(list(whole)) == (thought, text)
    assert whole.endswith(text)


@given(st.lists(st.sampled_from(["a", "\ud83d", "\ude00", "😀"]), max_size=9))
def test_halves_of_characters_are_the_same(parts: list[str]) -> None:
    """Piece by piece or at once; and none is left over."""
    decoder = PairDecoder()
    text = "".join(map(decoder.decode, parts)) + decoder.flush()
    whole = "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert text == whole


@given(st.one_of(st.text(), st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ [\d:]+ [A-Z-]+")))
def test_no_wish_to_wait_breaks_it(value: str) -> None:
    """Whatever stands in Retry-After, it is no wait, or one of so many seconds."""
    seconds = retry_after_s(value, datetime(2026, 1, 1, tzinfo=timezone.utc))
    assert seconds is None or 0 <= seconds < float("inf")


@given(st.text(), st.text(min_size=8), st.text())
def test_a_masked_text_holds_no_secret(before: str, secret: str, after: str) -> None:
    """Wherever it stood; unless the mask itself looks like it."""
    shown = masked(before + secret + after, secret)
    assert secret not in shown or set(secret) == {"*"}


@pytest.mark.parametrize(
    "charset", ["zlib", "hex", "rot13", "idna", "unicode_escape", "x-none", "\x00"]
)
def test_a_name_that_is_no_encoding_of_text_is_none(charset: str) -> None:
    """Python calls compressions and escapes encodings, too; none of them is ever undone."""
    assert TextDecoder(charset).decode(b"a\\x41") == "a\\x41"
