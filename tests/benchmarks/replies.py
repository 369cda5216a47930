"""Replies in OpenAI's protocol as a network brings them, and our reader of them; no aiohttp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.wire.reply import ReplyDecoder

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CUTS", "cut", "read_words"]

READ_BYTES = 65_536
# How a slow model's bytes come, and a quick one's.
CUTS = ("an event a read", "64 KiB a read")


def cut(said: Sequence[bytes], how: str) -> list[bytes]:
    """Cut events into what one read from the network gives, in one of the two ways."""
    if how == CUTS[0]:
        return list(said)
    stream = b"".join(said)
    return [stream[start : start + READ_BYTES] for start in range(0, len(stream), READ_BYTES)]


def read_words(reads: Sequence[bytes]) -> str:
    """Read all words of a reply."""
    reply = ReplyDecoder()
    return "".join([reply.decode(data).text for data in reads]) + reply.flush().text
