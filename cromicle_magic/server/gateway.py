"""The gateway: any engine of OpenAI's protocol behind the server, for clients of both protocols."""

from __future__ import annotations

from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cromicle_magic.discretion import Address, Secret, public_address
from cromicle_magic.errors import (
    AccessError,
    CromicleError,
    DeadlineError,
    EmptyError,
    SettingError,
    StatusError,
)
from cromicle_magic.options import TIMEOUT_S
from cromicle_magic.providers.discovery import models_at
from cromicle_magic.providers.limits import Limits
from cromicle_magic.providers.replies import replied
from cromicle_magic.providers.session import Exchange
from cromicle_magic.wire import openai as wire
from cromicle_magic.wire.completion import listing
from cromicle_magic.wire.passing import Passage
from cromicle_magic.wire.reasoning import Marking
from cromicle_magic.wire.request import post

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping

    from cromicle_magic.wire.openai import Words

__all__ = ["Gateway"]

# What the engine says of the request, and the client can mend; anything else is the gateway's.
_MENDABLE = frozenset({400, 404, 408, 413, 422, 429})


@dataclass(frozen=True, slots=True, eq=False)
class Gateway:
    """Passes requests on to an engine, and its answers back; an ``Answerer`` that keeps nothing.

    An error reaches the client with the engine's own status where the client can mend it, with 504
    for a silence that was too long, and with 502 for all else. It names the engine's address, never
    the key. A client that goes away closes the connection to the engine.

    Attributes:
        upstream: The engine's address, in any form that the provider takes.
        model: The model that answers, whatever was asked for; "" leaves the choice to the client.
        key: The key that the engine wants, if any.
        timeout_s: The longest silence of the engine, in seconds.
    """

    upstream: Address
    model: str = ""
    key: Secret = field(default_factory=Secret)
    timeout_s: float = TIMEOUT_S

    async def chat(self, message: str) -> AsyncGenerator[str, None]:
        """Answer a request of the Cromicle protocol, which has one message and no model.

        Args:
            message: What it says; it goes on as one message of the user.

        Yields:
            The thinking, if any, in ``<think>`` marks, for a long silence would look dead; then the
            answer; and where the engine cut it off, a last paragraph that says so, for the
            protocol has no other place for it.

        Raises:
            CromicleError: What went wrong.
        """
        marking, finish = Marking(), ""
        with _outward():
            fields = wire.payload(self.model, [{"role": "user", "content": message}])
            async with aclosing(self._replies(fields)) as replies:
                async for _, words in replies:
                    finish = words.finish or finish
                    if piece := marking.feed(words.thought, words.text):
                        yield piece
            notice = wire.NOTICES.get(finish, "")
            if not marking.has_begun:
                text = "answered without a single character" + (notice and f": {notice}")
                raise EmptyError(f"{self._address} {text}.")
            if notice:
                yield f"\n\n({notice})"

    async def complete(self, fields: dict[str, Any]) -> AsyncGenerator[bytes, None]:
        """Answer a request for a chat completion with the engine's own bytes.

        Args:
            fields: The request, which goes on with all its fields.

        Yields:
            The events as they came, whole ones; or the one object, once it is complete.

        Raises:
            CromicleError: What went wrong. Behind the first event it may follow the engine's own.
        """
        passage = Passage()
        with _outward():
            body = {**fields, "model": self.model} if self.model else fields
            async with aclosing(self._replies(body)) as replies:
                async for data, _ in replies:
                    if piece := passage.feed(data):
                        yield piece
            if rest := passage.flush():
                yield rest

    async def models(self) -> dict[str, object]:
        """Give the one model that answers, else those that the engine lists.

        Raises:
            CromicleError: The engine could not be asked.
        """
        if self.model:
            return listing([self.model], "cromicle-magic")
        with _outward():
            return listing(await models_at(self.upstream, self.key), "cromicle-magic")

    def _replies(self, fields: Mapping[str, object]) -> AsyncGenerator[tuple[bytes, Words], None]:
        request = post(wire.endpoint(self.upstream), fields, wire.headers(self.key))
        limits = Limits(self._address, timeout=self.timeout_s)
        return replied(Exchange(request, limits), limits)

    @property
    def _address(self) -> str:
        return public_address(wire.endpoint(self.upstream))


@contextmanager
def _outward() -> Iterator[None]:
    """Give an engine's error the status that the client should see."""
    try:
        yield
    except AccessError:
        # Its own words are for whoever runs the gateway, and some engines quote the key in them.
        text = "The engine behind this gateway wants another key (CROMICLE_UPSTREAM_TOKEN there)."
        raise StatusError(text, status=502) from None
    except CromicleError as error:
        error.status = _status(error)
        raise


def _status(error: CromicleError) -> int:
    if isinstance(error, SettingError):
        return 400
    if isinstance(error, DeadlineError):
        return 504
    # Other kinds may hold a status that no engine sent, as aiohttp's parser sets one.
    is_mendable = isinstance(error, StatusError) and error.status in _MENDABLE
    return error.status if is_mendable and error.status else 502
