"""Providers from elsewhere: any class that keeps g4f's contract, made one of ours."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Iterable
from contextlib import AsyncExitStack, aclosing, contextmanager
from traceback import TracebackException
from typing import TYPE_CHECKING, Any, ClassVar

from cromicle_magic.caught import Caught
from cromicle_magic.errors import CromicleError, ForeignError
from cromicle_magic.options import LIMITS
from cromicle_magic.privacy.outgoing import handed
from cromicle_magic.providers.base import AsyncGeneratorProvider, keep_partial
from cromicle_magic.providers.blocking import threaded
from cromicle_magic.providers.calls import Call, call_of, check
from cromicle_magic.providers.chunks import read_chunk
from cromicle_magic.providers.limits import Limits
from cromicle_magic.render.terminal import quoted, visible
from cromicle_magic.report import Report, ignore
from cromicle_magic.settings import settle

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator

    from cromicle_magic.providers.base import AsyncResult, Messages
    from cromicle_magic.report import Sent

__all__ = ["adapted", "own_errors"]

_ATTRIBUTES = (
    *("url", "working", "needs_auth", "supports_stream", "supports_gpt_35_turbo"),
    *("supports_gpt_4", "supports_message_history", "label", "parent"),
)


def adapted(kind: type) -> type[AsyncGeneratorProvider]:
    """Make a class from elsewhere a provider of ours.

    Args:
        kind: A class with ``create_async_generator``, ``create_async`` or ``create_completion``, to
            be called on the class itself with ``model`` and ``messages``; the first of them is
            used. What they give may be awaited, or iterated one way or the other; what blocks runs
            in a thread.

    Returns:
        The class itself if it is ours; else a provider that calls it.

    Raises:
        SettingError: It doesn't keep the contract.
    """
    check(kind)
    if issubclass(kind, AsyncGeneratorProvider):
        return kind
    found = {name: getattr(kind, name, None) for name in _ATTRIBUTES}
    members = {name: value for name, value in found.items() if value is not None}
    members |= {"kind": kind, "__doc__": kind.__doc__, "__module__": kind.__module__}
    return type(kind.__name__, (_Adapted,), members)


@contextmanager
def own_errors(name: str) -> Iterator[None]:
    """Make whatever foreign code raises within the block one error of ours.

    Args:
        name: Who failed, for the error.

    Raises:
        ForeignError: The block raised an error that is not ours.
    """
    with Caught() as block:
        yield
    if isinstance(error := block.error, CromicleError):
        raise error
    if error:
        # str(error) itself could fail.
        said = str(TracebackException(type(error), error, None, compact=True))
        kind = visible(type(error).__name__)
        failure = f"{kind}: {quoted(said)}" if said else f"{kind}."
        raise ForeignError(f"{visible(name)} failed: {failure}")


class _Adapted(AsyncGeneratorProvider):
    """The provider that calls a class from elsewhere.

    Attributes:
        kind: That class.
    """

    kind: ClassVar[type]
    tells_what_it_sends: ClassVar[bool] = True

    @classmethod
    async def create_async_generator(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> AsyncResult:
        """Give the answer in pieces, as the class gives them.

        Args:
            model: The model to ask for, "" for the class's own choice.
            messages: The conversation; the class gets a copy.
            proxy: The HTTP proxy to go through, given only if set.
            **kwargs: the limits, see ``options.LIMITS``, kept here; ``temperature`` and
                ``max_tokens``, given only if set; ``params``, a mapping of more keywords, where
                None takes one away; ``report``, a function that gets each ``Report``. Other
                keywords are ignored, and those that the class doesn't take aren't given.

        Yields:
            Non-empty pieces of the answer. Closed or cancelled, it closes what the class gave; a
            blocking call comes to the end of its step first, unwaited for.

        Raises:
            CromicleError: What went wrong, with the text received so far.
        """
        received: list[str] = []
        given = {"model": model, "messages": messages, "proxy": proxy, **kwargs}
        texts = _texts(cls.kind, given, kwargs.get("report") or ignore)
        try:
            with keep_partial(received, name := visible(cls.__name__)):
                async with aclosing(_in_time(texts, _limits_of(name, kwargs))) as pieces:
                    async for text in pieces:
                        received.append(text)
                        yield text
        except ForeignError as error:
            # The original and its frames may hold keys.
            error.__context__ = None
            raise error.with_traceback(None)  # noqa: B904 - it is the same error

    @classmethod
    def preview(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> Sent:
        """Tell what the class would be given; see there."""
        given = {"model": model, "messages": messages, "proxy": proxy, **kwargs}
        with own_errors(cls.__name__):
            return handed(cls.__name__, call_of(cls.kind, given).keywords)


async def _texts(
    kind: type, given: dict[str, Any], tell: Callable[[Report], None]
) -> AsyncGenerator[str, None]:
    """Give the texts that a class gives, and tell the rest."""
    name = kind.__name__
    with own_errors(name):
        call = call_of(kind, given)
        tell(Report(sent=handed(name, call.keywords)))
        chunks = _unblocked(name, call) if call.is_blocking else _opened(name, call.make())
        async with aclosing(chunks):
            async for chunk in chunks:
                text, report = read_chunk(chunk)
                if report:
                    tell(report)
                if text:
                    yield text


def _limits_of(name: str, given: dict[str, Any]) -> Limits:
    """Give the limits for a class, which keeps none by itself; those that are set."""
    found = settle(keywords={limit: given.get(limit) for limit in LIMITS}, environment={})
    set_ones = {limit: found[limit].value for limit in LIMITS if given.get(limit) is not None}
    return Limits(
        name,
        timeout=set_ones.get("timeout", float("inf")),
        first_timeout=set_ones.get("first_timeout"),
        total_timeout=set_ones.get("total_timeout"),
        max_chars=set_ones.get("max_chars", float("inf")),
    )


async def _in_time(texts: AsyncGenerator[str, None], limits: Limits) -> AsyncGenerator[str, None]:
    """Give the same texts, within the limits."""
    watch = limits.watch()
    try:
        async with aclosing(texts):
            while True:
                if limits.left_s <= 0:
                    raise limits.passed()
                text, is_in_time = "", False
                with watch:
                    text = await anext(texts, "")
                    is_in_time = True
                if not is_in_time:
                    raise limits.passed()
                if not text:
                    return
                yield text
                limits.count(text)
    finally:
        watch.end()


async def _opened(name: str, result: Any) -> AsyncGenerator[object, None]:
    """Give the chunks in whatever a call gave."""
    if inspect.isawaitable(result):
        result = await result
    if isinstance(result, AsyncIterable):
        async with AsyncExitStack() as stack:
            if close := getattr(result, "aclose", None):
                stack.push_async_callback(close)
            async for chunk in result:
                yield chunk
    elif _is_many(result):
        async with aclosing(threaded(_each(name, lambda: result))) as chunks:
            async for chunk in chunks:
                yield chunk
    else:
        yield result


async def _unblocked(name: str, call: Call) -> AsyncGenerator[object, None]:
    """Give the chunks in whatever a call gives that may block."""
    async with aclosing(threaded(_each(name, call.make))) as results:
        async for result in results:
            async with aclosing(_opened(name, result)) as chunks:
                async for chunk in chunks:
                    yield chunk


def _each(name: str, call: Callable[[], Any]) -> Generator[object, None, None]:
    with own_errors(name):
        result = call()
        if _is_many(result):
            yield from result
        else:
            yield result


def _is_many(result: object) -> bool:
    return isinstance(result, Iterable) and not isinstance(result, (str, bytes, dict))
