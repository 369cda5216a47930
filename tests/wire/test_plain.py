"""A reply in plain text, told from a page or an object by how it begins."""

from __future__ import annotations

import time

import pytest

from cromicle_magic.errors import ProtocolError
from cromicle_magic.wire.plain import PlainDecoder

BLANKS = b" \r\n\t" * 2**12


def read(kind: str, *pieces: bytes) -> str:
    """Read a reply to its end, or to its fault."""
    decoder = PlainDecoder(kind)
    text = "".join(map(decoder.decode, pieces)) + decoder.flush()
    return decoder.fault.kind.__name__ if decoder.fault else text


@pytest.mark.parametrize("kind", ["text/html", "application/xhtml+xml", "application/json"])
def test_blanks_without_end_are_neither_kept_nor_read_again(kind: str) -> None:
    """A server that says nothing else must not fill the memory, nor hold the loop."""
    decoder, came = PlainDecoder(kind), 0
    began = time.process_time()
    for _ in range(4_000):
        came += len(decoder.decode(BLANKS))
    assert came == 4_000 * len(BLANKS)
    assert time.process_time() - began < 5  # 0.1 s, or minutes if each piece read all of them


@pytest.mark.parametrize("blanks", [0, 1, 4_000])
def test_a_page_behind_blanks_is_a_page(blanks: int) -> None:
    """Templates leave many an empty line before it."""
    page = b"\n" * blanks + b"<!doctype html><title>Welcome"
    assert read("text/html", page) == ProtocolError.__name__
    assert read("text/html", *(bytes([byte]) for byte in page)) == ProtocolError.__name__


def test_a_word_that_begins_like_a_page_is_text() -> None:
    """Also where the network cuts behind the beginning."""
    assert read("text/html", b"<html", b"5 is no tag of HTML's") == "<html5 is no tag of HTML's"
    assert read("text/html", b"<heads or tails>") == "<heads or tails>"
