"""What an engine of OpenAI's protocol replies, heard to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.errors import DeadlineError, TruncatedError
from cromicle_magic.wire.reply import ReplyDecoder

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cromicle_magic.providers.session import Exchange
    from cromicle_magic.wire.openai import Words

__all__ = ["heard"]


async def heard(exchange: Exchange) -> AsyncGenerator[tuple[bytes, Words], None]:
    """Ask an engine, and give what comes, as bytes and as what they say.

    Args:
        exchange: The request, not sent yet.

    Yields:
        The bytes as the network brings them, and their words; at the end no bytes, and the words
        that were left over. A fault is among the words. Closed or cancelled, it closes the
        connection.

    Raises:
        CromicleError: What went wrong on the way, before the answer was whole.
    """
    reply = ReplyDecoder()
    try:
        async with exchange as body:
            async for data in body:
                yield data, reply.decode(data)
                if reply.is_done:
                    break
    except (TruncatedError, DeadlineError):
        # The answer is whole; some engines then drop the connection, or forget to close it.
        if not reply.has_finished:
            raise
    yield b"", reply.flush()
