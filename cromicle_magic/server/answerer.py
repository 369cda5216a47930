"""The promise of whoever answers behind the server: the offline responder, a gateway, a model."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["Answerer"]


class Answerer(Protocol):
    """Who answers; one serves all clients at once, so it keeps nothing of any of them.

    An error before the first piece reaches the client as an HTTP status: the error's own, if that
    is one of an error, else 502. One behind it ends a stream of events by an event with ``error``,
    and cuts anything else off. A client that goes away closes the generator, or cancels the call.
    """

    @abstractmethod
    def chat(self, message: str) -> AsyncGenerator[str, None]:
        """Answer a request of the Cromicle protocol.

        Args:
            message: What it says.

        Yields:
            Non-empty pieces of the answer, at least one; thinking before it in ``<think>`` marks.

        Raises:
            CromicleError: What went wrong.
        """

    @abstractmethod
    def complete(self, fields: dict[str, Any]) -> AsyncGenerator[bytes, None]:
        """Answer a request for a chat completion of OpenAI's protocol.

        Args:
            fields: The request's body.

        Yields:
            A stream in whole events, or, told by a brace as its first byte, one JSON object.

        Raises:
            CromicleError: What went wrong.
        """

    @abstractmethod
    async def models(self) -> dict[str, object]:
        """Give the list of models, as OpenAI's protocol has it.

        Raises:
            CromicleError: What went wrong.
        """
