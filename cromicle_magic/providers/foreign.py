"""Providers from elsewhere: any class that keeps g4f's contract, made one of ours."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable, Iterable
from contextlib import AsyncExitStack, aclosing, contextmanager
from traceback import TracebackException
from typing import TYPE_CHECKING, Any, ClassVar

from cromicle_magic.errors import CromicleError, DeadlineError, ForeignError, SettingError
from cromicle_magic.outgoing import handed
from cromicle_magic.providers.base import AsyncGeneratorProvider, keep_partial
from cromicle_magic.providers.blocking import threaded
from cromicle_magic.providers.chunks import read_chunk
from cromicle_magic.render.terminal import quoted, visible
from cromicle_magic.report import Report, ignore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator

    from cromicle_magic.providers.base import AsyncResult, Messages
    from cromicle_magic.report import Sent

__all__ = ["adapted", "own_errors"]

_BLOCKING = "create_completion"
# What a class may answer by, in the order in which g4f's callers choose.
_WAYS = ("create_async_generator", "create_async", _BLOCKING)
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
    _check(kind)
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
    try:
        yield
    except CromicleError:
        raise
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything
        # str(error) itself could fail.
        said = str(TracebackException(type(error), error, None, compact=True))
        kind = visible(type(error).__name__)
        failure = f"{kind}: {quoted(said)}" if said else f"{kind}."
        raise ForeignError(f"{visible(name)} failed: {failure}") from None


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
            **kwargs: ``timeout`` in seconds of silence, kept here too; ``temperature`` and
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
                async with aclosing(_in_time(texts, name, kwargs.get("timeout"))) as pieces:
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
        call = getattr(cls.kind, str(_way(cls.kind)))
        given = {"model": model, "messages": messages, "proxy": proxy, **kwargs}
        return handed(cls.__name__, _fitting(call, _meant(given)))


def _check(kind: object) -> None:
    if not isinstance(kind, type):
        text = f"A provider is a class, and this is a {type(kind).__name__}; give the class itself."
        raise SettingError(text)
    name = visible(kind.__name__)
    way = _way(kind)
    if way is None or getattr(getattr(kind, way), "__isabstractmethod__", False):
        ways = f"{', '.join(_WAYS[:-1])} or {_WAYS[-1]}"
        raise SettingError(f"{name} is no provider: it answers by none of {ways}.")
    call = getattr(kind, way)
    try:
        inspect.signature(call).bind(**_fitting(call, {"model": "", "messages": []}))
    except TypeError:
        text = f"{name}.{way} can't be called on the class with model and messages; make it a"
        raise SettingError(f"{text} classmethod with these, and defaults for the rest.") from None
    except ValueError:
        # Written in C, and silent on what it takes.
        pass


def _way(kind: type) -> str | None:
    return next((way for way in _WAYS if hasattr(kind, way)), None)


def _meant(given: dict[str, Any]) -> dict[str, Any]:
    """Give of all keywords those that mean something to any class."""
    optional = {name: given.get(name) for name in ("proxy", "timeout", "temperature", "max_tokens")}
    optional |= given.get("params") or {}
    # A copy, for g4f writes into messages.
    messages = [dict(message) for message in given["messages"]]
    set_ones = {name: value for name, value in optional.items() if value is not None}
    return {"model": given["model"], "messages": messages, **set_ones}


def _fitting(call: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """Give of some keywords those that a function takes."""
    try:
        parameters = inspect.signature(call).parameters
    except ValueError:
        return given
    # Those that give a text at once must be told to stream; a function that may forward its
    # keywords is not given one that it may add itself.
    if "stream" in parameters or getattr(call, "__name__", "") == _BLOCKING:
        given = {"stream": True, **given}
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return given
    return {name: value for name, value in given.items() if name in parameters}


async def _texts(
    kind: type, given: dict[str, Any], tell: Callable[[Report], None]
) -> AsyncGenerator[str, None]:
    """Give the texts that a class gives, and tell the rest."""
    name, way = kind.__name__, str(_way(kind))
    with own_errors(name):
        call = getattr(kind, way)
        meant = _fitting(call, _meant(given))
        tell(Report(sent=handed(name, meant)))
        if way == _BLOCKING:
            chunks = _unblocked(name, lambda: call(**meant))
        else:
            chunks = _opened(name, call(**meant))
        async with aclosing(chunks):
            async for chunk in chunks:
                text, report = read_chunk(chunk)
                if report:
                    tell(report)
                if text:
                    yield text


async def _in_time(
    texts: AsyncGenerator[str, None], name: str, timeout_s: float | None
) -> AsyncGenerator[str, None]:
    """Give the same texts, but wait for none longer than so many seconds."""
    async with aclosing(texts):
        while True:
            try:
                text = await asyncio.wait_for(anext(texts), timeout_s)
            except StopAsyncIteration:
                return
            except asyncio.TimeoutError:
                break
            yield text
    raise DeadlineError(f"{name} was silent for {timeout_s:g} s; a larger timeout waits longer.")


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


async def _unblocked(name: str, call: Callable[[], Any]) -> AsyncGenerator[object, None]:
    """Give the chunks in whatever a call gives that may block."""
    async with aclosing(threaded(_each(name, call))) as results:
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
