"""One reply in OpenAI's protocol, read to its end over one exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.errors import DeadlineError, TruncatedError
from cromicle_magic.wire.reply import ReplyDecoder
from cromicle_magic.wire.request import Body

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cromicle_magic.providers.limits import Limits
    from cromicle_magic.providers.session import Exchange
    from cromicle_magic.wire.openai import Words

__all__ = ["replied"]


async def replied(exchange: Exchange, limits: Limits) -> AsyncGenerator[tuple[bytes, Words], None]:
    """Ask an engine; give what comes, as bytes and as what they say.

    Args:
        exchange: The request, still to be sent.
        limits: Those of the answer; they count what was taken, not what has come.

    Yields:
        What the network brings, piece by piece, and at the end what was left over; neither shows
        what a server may repeat of a key. Closed or cancelled, it closes the connection.

    Raises:
        CromicleError: What went wrong. A fault within the reply is raised behind the words that
            came with it, so that they are not lost.
    """
    reply = ReplyDecoder()
    try:
        async with exchange as body:
            async for data in body:
                words = reply.decode(data)
                if _is_news(words):
                    yield Body(data), words._replace(fault=None)
                _judge(words, limits)
                if reply.is_done:
                    break
    except (TruncatedError, DeadlineError):
        # The answer is whole; some engines then drop the connection, or forget to close it.
        if not reply.has_finished:
            raise
    words = reply.flush()
    if _is_news(words):
        yield Body(), words._replace(fault=None)
    _judge(words, limits)


def _is_news(words: Words) -> bool:
    return bool(not words.fault or words.text or words.thought)


def _judge(words: Words, limits: Limits) -> None:
    limits.count(words.text, words.thought)
    if words.fault:
        raise words.fault.error(limits.address)
