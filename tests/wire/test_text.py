"""Bytes to text, cut anywhere."""

from __future__ import annotations

import pytest

from cromicle_magic.wire.text import TextDecoder

TEXT = "\ufeffnaïve 中文 \ufeff 👩‍👩‍👧‍👦 e\u0301 🏳️‍🌈\r\nend"
BROKEN = b"a\xffb\xc3(\xe2\x82 \xf0\x9f\x98 end\xed\xa0\x80\xc3"


def decoded(*pieces: bytes) -> str:
    """Decode pieces to the end."""
    decoder = TextDecoder()
    return "".join(map(decoder.decode, pieces)) + decoder.flush()


@pytest.mark.parametrize("data", [TEXT.encode(), BROKEN], ids=["text", "broken"])
def test_any_cut_gives_the_same_text(data: bytes) -> None:
    """A text cut in two at every offset, and byte by byte, is the text as a whole."""
    whole = data.decode("utf-8", "replace")
    for cut in range(len(data) + 1):
        assert decoded(data[:cut], data[cut:]) == whole
    assert decoded(*(bytes([byte]) for byte in data)) == whole


def test_what_is_no_utf8_is_marked_in_its_place() -> None:
    """A broken byte becomes U+FFFD, and the text goes on behind it."""
    assert decoded(b"caf\xff", b"\xff au lait") == "caf\ufffd\ufffd au lait"


def test_half_a_character_at_the_end_is_marked() -> None:
    """What the end leaves over is not dropped in silence."""
    assert decoded(b"caf", b"\xc3") == "caf\ufffd"
