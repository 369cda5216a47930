"""One request to whoever answers: what may go, who takes it, and the pieces that come back."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from cromicle_magic.answer import Answer
from cromicle_magic.discretion import is_loopback, public_address
from cromicle_magic.environment import variables
from cromicle_magic.errors import ConnectError, StatusError
from cromicle_magic.options import LIMITS
from cromicle_magic.privacy.checkpoint import checked
from cromicle_magic.privacy.keys import secrets
from cromicle_magic.report import Report, ignore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from cromicle_magic.providers.base import Messages
    from cromicle_magic.providers.engines import Engine
    from cromicle_magic.report import Sent
    from cromicle_magic.settings import Settings

__all__ = ["answer_of", "chunks_of", "engine_of", "preview_of"]


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
    from cromicle_magic.providers.names import RESPONDER  # noqa: PLC0415

    tell = report or ignore
    passed, notice = _passed(settings, messages)
    if notice:
        tell(Report(notice=notice))
    for is_second in (False, True):
        engine = await engine_for(settings)
        tell(Report(engine=engine.name, model=engine.model))
        if settings.model and engine.name == RESPONDER:
            tell(Report(notice=f"not by {settings.model}, for no engine answers"))
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
