"""Prompts from Python: ask for an answer, or stream its pieces; no notebook needed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, TypedDict

from cromicle_magic.conversation.request import request_for
from cromicle_magic.discretion import veil
from cromicle_magic.exchange import answer_of, chunks_of
from cromicle_magic.settings import resolve

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from typing_extensions import Unpack

    from cromicle_magic.answer import Answer
    from cromicle_magic.providers.base import Messages
    from cromicle_magic.settings import Settings

__all__ = ["Options", "ask", "stream"]


class Options(TypedDict, total=False):
    """The magic's options as keywords; None, like leaving one away, means the default.

    ``engine``, ``model``, ``system`` and ``url`` are those of the magic line; ``token`` is the one
    that the server wants, ``token_file`` a file of mode 0600 that holds it, ``proxy`` the HTTP
    proxy to go through. In seconds, ``timeout`` is the longest silence of the server,
    ``first_timeout`` the longest wait for the first text, ``connect_timeout`` for a connection, and
    ``total_timeout`` for the whole answer. ``retries`` is how often to ask again before the first
    text, ``max_chars`` the longest answer that is kept. ``temperature``, ``max_tokens`` and
    ``param``, a mapping of any other fields of the request, are for engines that speak OpenAI's
    protocol. ``guard`` says what happens if the prompt holds a key: warn, mask, refuse or off.
    ``ports`` are those of this machine where an engine is looked for if none is named, as numbers
    or "none".
    """

    engine: str | None
    model: str | None
    system: str | None
    url: str | None
    token: str | None
    token_file: str | None
    proxy: str | None
    timeout: float | None
    first_timeout: float | None
    connect_timeout: float | None
    total_timeout: float | None
    retries: int | None
    max_chars: int | None
    temperature: float | None
    max_tokens: int | None
    param: Mapping[str, object] | None
    guard: str | None
    ports: Sequence[int] | str | None


async def ask(prompt: str, **options: Unpack[Options]) -> Answer:
    """Ask, and wait for the whole answer.

    Cancelled, it closes the connection. Many at once, as under ``asyncio.gather``, share one
    session.

    Args:
        prompt: What to ask.
        **options: The magic's options, see ``Options``.

    Returns:
        The answer, done.

    Raises:
        CromicleError: What went wrong, with the text received so far.

    >>> answer = asyncio.run(ask("Hello"))
    >>> answer.state, "No model is connected" in answer
    ('done', True)
    """
    veil(options)
    settings = resolve(keywords=options)
    answer = answer_of(settings)
    answer.begin(chunks_of(settings, _messages(settings, prompt), answer.hear))
    try:
        return await answer
    except asyncio.CancelledError:
        answer.stop()
        await answer.until_end()
        raise


async def stream(prompt: str, **options: Unpack[Options]) -> AsyncGenerator[str, None]:
    """Ask, and give the answer in pieces as they come.

    Args:
        prompt: What to ask.
        **options: The magic's options, see ``Options``.

    Yields:
        Non-empty pieces of the answer. Closed or cancelled, it closes the connection.

    Raises:
        CromicleError: What went wrong, with the text received so far.
    """
    veil(options)
    settings = resolve(keywords=options)
    async with aclosing(chunks_of(settings, _messages(settings, prompt))) as chunks:
        async for chunk in chunks:
            yield chunk


def _messages(settings: Settings, prompt: str) -> Messages:
    return request_for(prompt, system=settings.system or "").messages
