"""The Cromicle request, as client and server see it."""

from __future__ import annotations

import hashlib
import json

import pytest

from cromicle_magic.errors import ProtocolError, SettingError
from cromicle_magic.options import Secret
from cromicle_magic.wire.cromicle import payload, read_message, sign


def test_the_hash_is_that_of_token_and_message() -> None:
    """The token comes first, both in UTF-8."""
    assert sign("abc", "Grüße") == hashlib.sha256("abcGrüße".encode()).hexdigest()


def test_a_body_reads_back() -> None:
    """What the client writes the server reads."""
    assert read_message(json.dumps(payload("中 👩‍👧", "t")).encode(), "t") == "中 👩‍👧"


def test_a_body_shows_no_token() -> None:
    """Not even in a frame that is shown with its values."""
    body = payload("Hello", Secret("hush"))
    assert body["token"] == "hush"
    assert "hush" not in repr(body)


def test_half_a_character_is_refused() -> None:
    """A lone surrogate has no UTF-8 form; the sentence names it."""
    with pytest.raises(SettingError, match=r"U\+D83D"):
        payload("a\ud83d")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b"null",
        b"{}",
        b'{"message": 1, "token": "t", "hash": "h"}',
        b'{"message": [], "token": [], "hash": []}',
        b'{"message": "\\ud83d", "token": "t", "hash": "h"}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    """Whatever the body is, one sentence and status 400 come back."""
    with pytest.raises(ProtocolError, match="JSON object") as caught:
        read_message(body, "t")
    assert caught.value.status == 400


def test_a_wrong_hash_and_a_wrong_token_are_told_apart() -> None:
    """The hash is checked first, then the token."""
    body = payload("Hello", "t")
    with pytest.raises(ProtocolError, match="hash") as caught:
        read_message(json.dumps(body | {"hash": "0" * 64}).encode(), "t")
    assert caught.value.status == 400
    with pytest.raises(ProtocolError, match="token") as caught:
        read_message(json.dumps(body).encode(), "other")
    assert caught.value.status == 403
