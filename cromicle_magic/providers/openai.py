"""The provider of OpenAI's protocol, which nearly every engine speaks."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar

from cromicle_magic.discretion import public_address, veil
from cromicle_magic.errors import EmptyError, SettingError
from cromicle_magic.options import LIMITS
from cromicle_magic.privacy.outgoing import sent
from cromicle_magic.providers.attempts import attempts, limits_of
from cromicle_magic.providers.base import AsyncGeneratorProvider, keep_partial
from cromicle_magic.providers.replies import replied
from cromicle_magic.providers.session import Exchange
from cromicle_magic.report import Report, ignore
from cromicle_magic.settings import resolve
from cromicle_magic.wire import openai as wire
from cromicle_magic.wire.request import Request, post

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from cromicle_magic.providers.base import AsyncResult, Messages
    from cromicle_magic.report import Sent
    from cromicle_magic.settings import Settings
    from cromicle_magic.wire.openai import Words

__all__ = ["OpenAI"]

_KEYWORDS = ("url", "token", "temperature", "max_tokens", *LIMITS)


class OpenAI(AsyncGeneratorProvider):
    """The provider of OpenAI's protocol: Ollama, LM Studio, llama.cpp, vLLM and many a service.

    It has no address of its own, so nothing is ever sent anywhere unless the caller names it.
    """

    working: ClassVar[bool] = True
    supports_message_history: ClassVar[bool] = True
    tells_what_it_sends: ClassVar[bool] = True

    @classmethod
    async def create_async_generator(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> AsyncResult:
        """Give the answer in pieces, as the network brings them; thinking is no part of it.

        Args:
            model: The model to ask for, "" for the engine's own choice.
            messages: The conversation; its roles go out as they are.
            proxy: The HTTP proxy to go through.
            **kwargs: ``url`` of the engine, with or without its ``/v1``, or in full; ``token``,
                its API key, if it wants one; the limits, such as ``timeout``, see
                ``options.LIMITS``; ``temperature`` and ``max_tokens``; ``params``, a mapping of
                more fields for the request, where None takes one away; ``report``, a function that
                gets each ``Report``: what is about to be sent, thinking, counts, the model that
                really answers, why the answer ended, and retries. Other keywords, such as other
                providers know, are ignored.

        Yields:
            Non-empty pieces of the answer. Closed or cancelled, it closes the connection, at which
            engines stop to compute.

        Raises:
            CromicleError: What went wrong, with the text received so far.
        """
        veil(kwargs)
        settings = _settled(kwargs, proxy)
        url = wire.endpoint(str(settings.url))
        address, finish = public_address(url), ""
        tell: Callable[[Report], None] = kwargs.get("report") or ignore
        received: list[str] = []
        with keep_partial(received, address, settings.token):
            limits = limits_of(settings, address)
            request = _create_request(model, messages, settings)
            tell(Report(sent=sent(request, settings.token)))

            def ask() -> AsyncGenerator[tuple[bytes, Words], None]:
                return replied(Exchange(request, limits), limits)

            async with aclosing(attempts(ask, limits, settings.retries, tell)) as arriving:
                async for _, words in arriving:
                    finish = words.finish or finish
                    _pass_on(words, tell)
                    if words.text:
                        received.append(words.text)
                        yield words.text
            if not received and finish in wire.NOTICES:
                text = f"{address} answered without a single character: {wire.NOTICES[finish]}."
                raise EmptyError(text)

    @classmethod
    def preview(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> Sent:
        """Tell what would be sent; see there."""
        settings = _settled(kwargs, proxy)
        return sent(_create_request(model, messages, settings), settings.token)


def _settled(kwargs: dict[str, Any], proxy: str | None) -> Settings:
    known = {name: kwargs.get(name) for name in _KEYWORDS}
    settings = resolve(keywords={**known, "param": kwargs.get("params"), "proxy": proxy})
    if settings.url is None:
        raise SettingError("No engine is named; give its address as url, http://127.0.0.1:8080.")
    return settings


def _create_request(model: str, messages: Messages, settings: Settings) -> Request:
    payload = _create_payload(model, messages, settings)
    headers = wire.headers(settings.token)
    return post(wire.endpoint(str(settings.url)), payload, headers, settings.proxy)


def _create_payload(model: str, messages: Messages, settings: Settings) -> dict[str, object]:
    return wire.payload(
        model,
        messages,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        params=settings.param,
    )


def _pass_on(words: Words, tell: Callable[[Report], None]) -> None:
    notice = wire.NOTICES.get(words.finish, "")
    news = Report(words.thought, words.model, words.usage, words.finish, notice)
    if any(news):
        tell(news)
