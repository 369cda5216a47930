"""The Cromicle provider: POST /chat, plain text back in chunks."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from cromicle_magic.discretion import public_address, veil
from cromicle_magic.options import LIMITS
from cromicle_magic.privacy.outgoing import sent
from cromicle_magic.providers.attempts import attempts, limits_of
from cromicle_magic.providers.base import AsyncGeneratorProvider, format_prompt, keep_partial
from cromicle_magic.providers.session import Exchange
from cromicle_magic.report import Report, ignore
from cromicle_magic.server import embedded
from cromicle_magic.settings import resolve
from cromicle_magic.wire import cromicle as wire
from cromicle_magic.wire.plain import PlainDecoder
from cromicle_magic.wire.request import Request, post

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cromicle_magic.providers.base import AsyncResult, Messages
    from cromicle_magic.providers.limits import Limits
    from cromicle_magic.report import Sent
    from cromicle_magic.settings import Settings

__all__ = ["Cromicle"]


class Cromicle(AsyncGeneratorProvider):
    """The provider of the Cromicle protocol.

    The public service at ``url`` opened in October 2023 and closed within the month, hence
    ``working`` is False. Nothing is ever sent there unless the caller names that address: without
    one, the server that ``CROMICLE_URL`` names answers, else the embedded one.
    """

    url: ClassVar[str] = "https://cromicle.top"
    working: ClassVar[bool] = False
    supports_gpt_35_turbo: ClassVar[bool] = True
    tells_what_it_sends: ClassVar[bool] = True

    @classmethod
    async def create_async_generator(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> AsyncResult:
        """Give the answer in pieces, as the network brings them.

        Args:
            model: Not sent: the protocol has no field for it, the server chooses.
            messages: The conversation, folded into one text by ``format_prompt``.
            proxy: The HTTP proxy to go through.
            **kwargs: ``url`` and ``token`` of the server; the limits, such as ``timeout``, see
                ``options.LIMITS``; ``report``, a function that gets a ``Report`` of what is about
                to be sent, and of each retry. Other keywords, such as other providers know, are
                ignored.

        Yields:
            Non-empty pieces of the answer. Closed or cancelled, it closes the connection.

        Raises:
            CromicleError: What went wrong, with the text received so far.

        >>> import asyncio
        >>> hello = [{"role": "user", "content": "Hello"}]
        >>> text = asyncio.run(Cromicle.create_async("", hello))
        >>> text.splitlines()[0][:26]
        '**No model is connected**:'
        """
        veil(kwargs)
        settings = _settled(kwargs, proxy)
        request = _create_request(messages, settings)
        address = public_address(request.url)
        limits = limits_of(settings, address)
        tell = kwargs.get("report") or ignore
        received: list[str] = []

        def ask() -> AsyncGenerator[str, None]:
            return _texts(Exchange(request, limits), limits)

        with keep_partial(received, address, settings.token):
            tell(Report(sent=sent(request, settings.token)))
            async with aclosing(attempts(ask, limits, settings.retries, tell)) as arriving:
                async for text in arriving:
                    received.append(text)
                    yield text

    @classmethod
    def preview(
        cls,
        model: str,
        messages: Messages,
        proxy: str | None = None,
        **kwargs: Any,
    ) -> Sent:
        """Tell what would be sent; see there."""
        settings = _settled(kwargs, proxy)
        return sent(_create_request(messages, settings), settings.token)


async def _texts(exchange: Exchange, limits: Limits) -> AsyncGenerator[str, None]:
    async with exchange as body:
        decoder = PlainDecoder(body.content_type)
        async for data in body:
            if text := decoder.decode(data):
                yield text
                limits.count(text)
            if decoder.fault:
                break
        if text := decoder.flush():
            yield text
            limits.count(text)
    if decoder.fault:
        raise decoder.fault.error(limits.address)


def _settled(kwargs: dict[str, Any], proxy: str | None) -> Settings:
    known = {name: kwargs.get(name) for name in ("url", "token", *LIMITS)}
    settings = resolve(keywords={**known, "proxy": proxy})
    return settings if settings.url else _on_embedded(settings)


def _create_request(messages: Messages, settings: Settings) -> Request:
    payload = _create_payload(format_prompt(messages), settings.token)
    return post(f"{settings.url}{wire.PATH}", payload, _create_header(), settings.proxy)


def _create_header() -> dict[str, str]:
    """Give the protocol's request headers.

    >>> _create_header()
    {'accept': '*/*', 'content-type': 'application/json'}
    """
    return {"accept": "*/*", "content-type": "application/json"}


def _create_payload(message: str, token: str = wire.DEFAULT_TOKEN) -> dict[str, str]:
    """Give the protocol's request body: message, token and the hash of both.

    >>> _create_payload("Hello")["token"]
    'abc'
    """
    return wire.payload(message, token)


def _on_embedded(settings: Settings) -> Settings:
    place = embedded.start()
    return replace(settings, url=place.url, token=place.token)
