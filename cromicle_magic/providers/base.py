"""The contract of every provider, compatible with g4f's of 2023 and with g4f 8.

A provider's generator yields non-empty ``str``; a piece may split words, never a character; the
pieces joined are the whole answer. Leaving early closes the connection. An error carries the text
received before it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from cromicle_magic.discretion import masked, veil
from cromicle_magic.errors import CromicleError, EmptyError
from cromicle_magic.privacy.outgoing import handed
from cromicle_magic.providers.blocking import iterate
from cromicle_magic.wire.turns import turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cromicle_magic.report import Sent

__all__ = ["AsyncGeneratorProvider", "AsyncResult", "Messages", "format_prompt", "keep_partial"]

Messages = list[dict[str, str]]
AsyncResult = AsyncGenerator[str, None]


def format_prompt(messages: Messages) -> str:
    r"""Fold a conversation into one text, for protocols that carry only one.

    Args:
        messages: The turns, each with ``role`` and ``content``.

    Returns:
        The content itself where there is one message; else a line ``Role: content`` for each and
        a last line ``Assistant:``, as g4f 0.1 did.

    Raises:
        SettingError: There is no message, or one lacks its role or content.

    >>> format_prompt([{"role": "user", "content": "Hello"}])
    'Hello'
    >>> format_prompt([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}])
    'User: Hi\nAssistant: Ho\nAssistant:'
    """
    pairs = turns(messages)
    if len(pairs) == 1:
        return pairs[0][1]
    return "\n".join(
        [*(f"{role.capitalize()}: {content}" for role, content in pairs), "Assistant:"]
    )


@contextmanager
def keep_partial(received: list[str], address: str, token: str = "") -> Iterator[None]:
    """Keep a provider's contract at its end: an error gets the text so far, no text is an error.

    Args:
        received: The pieces yielded so far; the provider's generator appends to it.
        address: Who answers, for the error.
        token: The token that was sent; a server may repeat it in what it says.

    Raises:
        EmptyError: The block ended well and nothing was received.
        CromicleError: The block's own, now with ``partial`` and an address.
    """
    try:
        yield
        if not received:
            text = f"{address} answered without a single character; ask again or another server."
            raise EmptyError(text, address=address)
    except CromicleError as error:
        error.partial = "".join(received)
        error.args = (masked(str(error), token),)
        error.address = error.address or address
        raise


class AsyncGeneratorProvider(ABC):
    """A provider: a class, never an instance, that answers by an asynchronous generator.

    Attributes:
        url: The public service's address.
        working: Whether that service answers today.
        needs_auth: Whether it wants a key of the user's own.
        supports_stream: Whether the text comes in pieces.
        supports_gpt_35_turbo: Whether it offers that model.
        supports_gpt_4: Whether it offers that model.
        supports_message_history: Whether messages go out as such, not folded into one.
        live: What g4f 8 counts up at an answer and down at a failure.
        use_stream_timeout: Whether g4f 8 bounds each chunk's time by its ``stream_timeout``, and
            not by its ``timeout``. Like ``live``, ``get_dict`` and ``get_parent`` it is read by
            tools/run_tools.py, client/__init__.py and providers/retry_provider.py of g4f 8.8, and
            given as in its providers/types.py.
        tells_what_it_sends: Whether its generator reports that, just before it does.
    """

    url: ClassVar[str] = ""
    working: ClassVar[bool] = False
    needs_auth: ClassVar[bool] = False
    supports_stream: ClassVar[bool] = True
    supports_gpt_35_turbo: ClassVar[bool] = False
    supports_gpt_4: ClassVar[bool] = False
    supports_message_history: ClassVar[bool] = False
    tells_what_it_sends: ClassVar[bool] = False
    live: ClassVar[int] = 0
    use_stream_timeout: ClassVar[bool] = True

    @classmethod
    def get_dict(cls) -> dict[str, str | None]:
        """Give what g4f 8 shows of a provider."""
        label = getattr(cls, "label", None)
        return {"name": cls.__name__, "url": cls.url, "label": label}

    @classmethod
    def get_parent(cls) -> str:
        """Give the name by which g4f 8 groups keys and leaves providers out."""
        return str(getattr(cls, "parent", cls.__name__))

    @classmethod
    @abstractmethod
    def create_async_generator(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> AsyncResult:
        """Give the answer in pieces.

        Args:
            model: The model to ask for, "" for the provider's own choice.
            messages: The conversation, each message with ``role`` and ``content``.
            proxy: The HTTP proxy to go through.
            **kwargs: The provider's own settings.

        Yields:
            Non-empty pieces of the answer.

        Raises:
            CromicleError: What went wrong, with the text received so far.
        """

    @classmethod
    def preview(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> Sent:
        """Tell what ``create_async_generator`` would send for these arguments, and send nothing.

        A provider of ours tells the very bytes. Of any other only what it is given is known.

        Args:
            model: The model to ask for.
            messages: The conversation.
            proxy: The HTTP proxy to go through.
            **kwargs: The provider's own settings.

        Returns:
            What would leave, its keys hidden.

        Raises:
            SettingError: An argument can't work.
        """
        kwargs.pop("report", None)
        return handed(
            cls.__name__, {"model": model, "messages": messages, "proxy": proxy, **kwargs}
        )

    @classmethod
    async def create_async(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> str:
        """Give the whole answer at once.

        Cancelled, it closes the connection.

        Args:
            model: The model to ask for, "" for the provider's own choice.
            messages: The conversation, each message with ``role`` and ``content``.
            proxy: The HTTP proxy to go through.
            **kwargs: The provider's own settings.

        Raises:
            CromicleError: What went wrong, with the text received so far.
        """
        veil(kwargs)
        chunks = cls.create_async_generator(model, messages, proxy=proxy, **kwargs)
        async with aclosing(chunks):
            return "".join([chunk async for chunk in chunks])

    @classmethod
    def create_completion(
        cls, model: str, messages: Messages, stream: bool = True, **kwargs: Any
    ) -> Iterator[str]:
        """Give the answer in pieces to code that knows no asyncio, within a running loop or not.

        Args:
            model: The model to ask for, "" for the provider's own choice.
            messages: The conversation, each message with ``role`` and ``content``.
            stream: Whether to yield pieces as they come; else one piece, the whole.
            **kwargs: As in ``create_async_generator``, ``proxy`` among them.

        Yields:
            Non-empty pieces of the answer. Leaving early, or an interrupt, closes the connection.

        Raises:
            CromicleError: What went wrong, with the text received so far.
        """
        veil(kwargs)
        pieces = iterate(cls.create_async_generator(model, messages, **kwargs))
        yield from pieces if stream else ["".join(pieces)]
