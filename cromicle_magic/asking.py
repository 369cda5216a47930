"""Prompts from Python: ask for an answer, or stream its pieces; no notebook needed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypedDict

from cromicle_magic.answer import Answer
from cromicle_magic.checkpoint import checked
from cromicle_magic.conversation.request import request_for
from cromicle_magic.discretion import is_loopback, public_address, veil
from cromicle_magic.environment import variables
from cromicle_magic.errors import ConnectError, StatusError
from cromicle_magic.keys import secrets
from cromicle_magic.options import LIMITS
from cromicle_magic.report import Report, ignore
from cromicle_magic.settings import resolve

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from typing_extensions import Unpack

    from cromicle_magic.providers.base import Messages
    from cromicle_magic.providers.engines import Engine
    from cromicle_magic.report import Sent
    from cromicle_magic.settings import Settings

__all__ = ["Options", "answer_of", "ask", "chunks_of", "engine_of", "preview_of", "stream"]


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


def answer_of(settings: Settings) -> Answer:
    """Give an answer that is not begun yet, with who will give it."""
    return Answer(engine_of(settings), settings.model)


def engine_of(settings: Settings) -> str:
    """Name who answers, as far as it is known without looking."""
    return public_address(settings.url) if settings.url else settings.engine or ""


async def chunks_of(
    settings: Settings,
    messages: Messages,
    report: Callable[[Report], None] | None = None,
) -> AsyncGenerator[str, None]:
    """Give the pieces of an answer; with them, the thinking that a server does not tell apart.

    Args:
        settings: Who answers, and how.
        messages: What to send, the prompt last.
        report: Called with who answers, with what is about to be sent, and with what an engine
            tells beside its answer.

    Yields:
        Non-empty pieces. Closed or cancelled, it closes the connection.

    Raises:
        CromicleError: What went wrong, with the text received so far.
    """
    # Imported here, for it brings aiohttp along.
    from cromicle_magic.providers.engines import engine_for, forget  # noqa: PLC0415

    tell = report or ignore
    passed, notice = _passed(settings, messages)
    if notice:
        tell(Report(notice=notice))
    for is_second in (False, True):
        engine = await engine_for(settings)
        tell(Report(engine=engine.name, model=engine.model))
        try:
            async with aclosing(_asked(engine, settings, passed, tell)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except ConnectError:
            # Nothing was sent: an engine that was found may be gone, and another one be there.
            if is_second or not engine.is_found:
                raise
            forget(engine)
        except StatusError as error:
            if engine.is_found and error.status == 404:
                forget(engine)  # its models may be others by now
            raise
        else:
            return


async def preview_of(settings: Settings, messages: Messages) -> tuple[Sent, str]:
    """Give what would be sent, and send nothing of it.

    An engine on this machine may be asked for its models, as it would be before the real request.

    Args:
        settings: Who would answer, and how.
        messages: What would be sent, the prompt last.

    Returns:
        What would leave, its keys hidden, and what the guard says of it.

    Raises:
        CromicleError: It would fail before anything was sent.
    """
    # Imported here, for it brings aiohttp along.
    from cromicle_magic.providers.engines import engine_for  # noqa: PLC0415

    passed, notice = _passed(settings, messages)
    engine = await engine_for(settings)
    return engine.provider.preview(**_keywords(engine, settings, passed)), notice


def _messages(settings: Settings, prompt: str) -> Messages:
    return request_for(prompt, system=settings.system or "").messages


def _passed(settings: Settings, messages: Messages) -> tuple[Messages, str]:
    """Give what is said to the engine, once the guard has looked at it, and what that says."""
    known = {**secrets(variables()), "the token": settings.token}
    return checked(messages, settings.guard, known)


def _asked(
    engine: Engine, settings: Settings, messages: Messages, tell: Callable[[Report], None]
) -> AsyncGenerator[str, None]:
    given = _keywords(engine, settings, messages)
    if not engine.provider.tells_what_it_sends:
        tell(Report(sent=engine.provider.preview(**given)))
    return engine.provider.create_async_generator(**given, report=tell)


def _keywords(engine: Engine, settings: Settings, messages: Messages) -> dict[str, Any]:
    # To a proxy this machine is another one; and what nobody named is nobody else's to read.
    is_here = not settings.url and engine.url and is_loopback(engine.url)
    return {
        "model": engine.model,
        "messages": messages,
        "proxy": None if is_here else settings.proxy,
        "url": engine.url,
        "token": engine.token,
        "temperature": settings.temperature,
        "max_tokens": settings.max_tokens,
        "params": settings.param,
        **{name: getattr(settings, name) for name in LIMITS},
    }
