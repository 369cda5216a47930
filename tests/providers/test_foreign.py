"""Classes from elsewhere that keep g4f's contract, each in its own way."""

from __future__ import annotations

import asyncio
import threading
import traceback
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from support.catalogue.connections import AT_LEISURE
from support.foreign import Whole
from support.peers import Gate

from cromicle_magic import errors
from cromicle_magic.providers.base import AsyncGeneratorProvider
from cromicle_magic.providers.foreign import adapted
from cromicle_magic.report import Report

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

HELLO = [{"role": "user", "content": "Hello"}]


def ask(kind: type, **options: Any) -> list[str]:
    """Ask a class, and give its pieces."""

    async def pieces() -> list[str]:
        return [
            piece async for piece in adapted(kind).create_async_generator("m", HELLO, **options)
        ]

    return asyncio.run(pieces())


def fail(kind: type, **options: Any) -> errors.CromicleError:
    """Ask a class, and give the error that comes of it."""
    with pytest.raises(errors.CromicleError) as caught:
        ask(kind, **options)
    return caught.value


class Preferred:
    """Answers by all three."""

    @staticmethod
    async def create_async_generator(model: str, messages: Any) -> AsyncGenerator[str, None]:
        """Answer by the first."""
        yield "first"

    @staticmethod
    async def create_async(model: str, messages: Any) -> str:
        """Answer by the second."""
        return "second"

    @staticmethod
    def create_completion(model: str, messages: Any) -> Iterator[str]:
        """Answer by the third."""
        yield "third"


def test_the_way_is_chosen_as_g4f_does() -> None:
    """Of several ways to answer the first is taken, and so on."""
    second = {"create_async": Preferred.__dict__["create_async"]}
    third = {"create_completion": Preferred.__dict__["create_completion"]}
    assert ask(Preferred) == ["first"]
    assert ask(type("Second", (), third | second)) == ["second"]
    assert ask(type("Third", (), third)) == ["third"]


async def _later(result: Any) -> Any:
    return result


async def _stream(*pieces: Any) -> AsyncGenerator[Any, None]:
    for piece in pieces:
        yield piece


class _Plain:
    """An asynchronous iterator that can't be closed."""

    def __init__(self) -> None:
        self.left = ["a", "b"]

    def __aiter__(self) -> _Plain:
        return self

    async def __anext__(self) -> str:
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


@pytest.mark.parametrize("way", ["create_async_generator", "create_async", "create_completion"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: "ab",
        lambda: ["a", "b"],
        lambda: iter("ab"),
        lambda: _stream("a", "b"),
        lambda: _later("ab"),
        lambda: _later(["a", "b"]),
        lambda: _later(_stream("a", "b")),
        _Plain,
    ],
    ids=[
        *("text", "list", "iterator", "generator", "awaited text", "awaited list"),
        *("awaited generator", "plain"),
    ],
)
def test_whatever_a_call_gives_is_read(way: str, make: Any) -> None:
    """Awaited, iterated asynchronously or not: the text is the same."""

    def call(model: str, messages: Any, **_: Any) -> Any:
        return make()

    assert "".join(ask(type("Any", (), {way: staticmethod(call)}))) == "ab"


ALL = {"timeout": 5.0, "temperature": 0.5, "max_tokens": 9, "params": {"top_k": 1, "stop": None}}
OURS = {"url": "http://127.0.0.1:1", "token": "hush", "report": print}


def heard(way: str, call: Any, **options: Any) -> dict[str, Any]:
    """Ask a function, and give what it was given."""
    told: dict[str, Any] = {}
    ask(type("Heard", (), {way: staticmethod(call(told))}), **options)
    return told


def test_only_keywords_that_make_sense_are_given() -> None:
    """What is set, the parameters each by its name, and nothing that is between us and our own."""

    def call(told: dict[str, Any]) -> Any:
        async def create_async_generator(**kwargs: Any) -> AsyncGenerator[str, None]:
            told.update(kwargs)
            yield "Hi"

        return create_async_generator

    least = {"model": "m", "messages": HELLO}
    assert heard("create_async_generator", call, **OURS, proxy=None) == least
    told = heard("create_async_generator", call, **OURS, **ALL, proxy="http://127.0.0.1:2")
    most = {"timeout": 5.0, "temperature": 0.5, "max_tokens": 9, "top_k": 1}
    assert told == least | most | {"proxy": "http://127.0.0.1:2"}


def test_a_class_that_takes_less_is_given_less() -> None:
    """Without a place for any keyword, those that fit go in; who asks how to stream is told."""

    def call(told: dict[str, Any]) -> Any:
        def create_completion(
            model: str, messages: Any, stream: bool, top_k: int = 0
        ) -> Iterator[str]:
            told.update(model=model, messages=messages, stream=stream, top_k=top_k)
            yield "Hi"

        return create_completion

    told = heard("create_completion", call, **OURS, **ALL, proxy="http://127.0.0.1:2")
    assert told == {"model": "m", "messages": HELLO, "stream": True, "top_k": 1}


def test_the_messages_stay_as_they_were() -> None:
    """A class that writes into its messages writes into its own."""

    class Scribe:
        """Writes into its messages."""

        @staticmethod
        async def create_async(model: str, messages: Any) -> str:
            """Answer, and write."""
            messages[0]["content"] = "changed"
            messages.append({})
            return "Hi"

    assert ask(Scribe) == ["Hi"]
    assert HELLO == [{"role": "user", "content": "Hello"}]


class HiddenResponse:
    """A chunk without a text, as g4f's."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)

    def __str__(self) -> str:
        return ""


class Reasoning(HiddenResponse):
    """A thought, or a mark between thoughts, as g4f's."""

    def __str__(self) -> str:
        return str(vars(self).get("is_thinking") or vars(self).get("token"))


class JsonResponse(HiddenResponse):
    """A line as it came, which g4f's clients hide."""

    def __str__(self) -> str:
        return "{}"


class Loud(str):
    """A text of a kind of its own."""

    __slots__ = ()


Usage = type("Usage", (HiddenResponse,), {})
FinishReason = type("FinishReason", (HiddenResponse,), {})
ProviderInfo = type("ProviderInfo", (HiddenResponse,), {})


def test_chunks_that_are_objects_are_texts_or_news() -> None:
    """What shows nothing is no piece, and what is known by its name is told."""
    chunks = [
        ProviderInfo(name="p", model="real"),
        *(Reasoning(is_thinking="<think>"), Reasoning(token="Hm."), Reasoning(is_thinking="</>")),
        *("", None, Loud("Hi "), HiddenResponse(), JsonResponse(), ValueError("a pause"), 42),
        Usage(completion_tokens=7, details={"x": 1}, is_free=True),
        FinishReason(reason="length"),
    ]

    class Chatty:
        """Gives all kinds of chunks."""

        @staticmethod
        async def create_async_generator(model: str, messages: Any) -> AsyncGenerator[Any, None]:
            """Answer in all kinds of chunks."""
            for chunk in chunks:
                yield chunk

    reports: list[Report] = []
    pieces = ask(Chatty, report=reports.append)
    assert pieces == ["Hi ", "42"]
    assert {type(piece) for piece in pieces} == {str}
    assert reports.pop(0).sent is not None
    assert reports == [
        Report(model="real"),
        Report(thought="Hm."),
        Report(usage={"completion_tokens": 7}),
        Report(finish="length", notice="cut off at the limit of tokens"),
    ]


class Mute:
    """Says a word, and then nothing, without end."""

    told: Gate
    ended: Gate

    @classmethod
    def create_completion(cls, model: str, messages: Any, **_: Any) -> Iterator[str]:
        """Answer by a word and a wait."""
        try:
            yield "first"
            cls.told.open()
            cls.ended.is_open_within(20)
            yield "second"
        finally:
            cls.ended.open()


def test_a_call_that_blocks_holds_up_neither_the_loop_nor_a_stop() -> None:
    """It streams while it goes; left early, its step is its last, and nobody waits for it."""
    Mute.told, Mute.ended = Gate(), Gate()

    async def main() -> None:
        pieces = adapted(Mute).create_async_generator("", HELLO)
        async with aclosing(pieces):
            assert await anext(pieces) == "first"
            task = asyncio.ensure_future(anext(pieces))
            await asyncio.wait({task}, timeout=0.05)
            assert await asyncio.to_thread(Mute.told.is_open_within, 5)
            task.cancel()
            await asyncio.wait({task}, timeout=5)
            assert task.cancelled()

    asyncio.run(main())
    assert not Mute.ended.is_open
    Mute.ended.open()
    for thread in threading.enumerate():
        if thread.name == "cromicle-steps":
            thread.join(5)
            assert not thread.is_alive()


def test_a_call_that_blocks_ends_between_two_chunks() -> None:
    """Closed there, it is closed itself, in its own thread."""
    Mute.told, Mute.ended = Gate(), Gate()

    async def main() -> None:
        async with aclosing(adapted(Mute).create_async_generator("", HELLO)) as pieces:
            assert await anext(pieces) == "first"

    asyncio.run(main())
    assert Mute.ended.is_open_within(5)
    assert not Mute.told.is_open


def test_what_a_class_gave_is_closed_though_it_holds_it() -> None:
    """Leaving early doesn't rely on nobody else's holding the generator."""
    held = []
    closed = Gate()

    async def stream() -> AsyncGenerator[str, None]:
        try:
            yield "first"
            yield "second"
        finally:
            closed.open()

    class Holder:
        """Keeps its generators."""

        @staticmethod
        async def create_async_generator(model: str, messages: Any) -> AsyncGenerator[str, None]:
            """Answer by one of them."""
            held.append(stream())
            return held[0]

    async def main() -> None:
        async with aclosing(adapted(Holder).create_async_generator("", HELLO)) as pieces:
            assert await anext(pieces) == "first"
        assert closed.is_open

    asyncio.run(main())


@pytest.mark.parametrize("way", ["create_async_generator", "create_completion"])
def test_silence_runs_into_the_deadline(way: str) -> None:
    """The timeout is kept for a class that knows none, and the text so far is kept, too."""
    Mute.told, Mute.ended = Gate(), Gate()

    async def create_async_generator(model: str, messages: Any) -> AsyncGenerator[str, None]:
        yield "first"
        await asyncio.Event().wait()

    calls = {
        "create_async_generator": staticmethod(create_async_generator),
        "create_completion": Mute.__dict__["create_completion"],
    }
    members = {way: calls[way], "told": Mute.told, "ended": Mute.ended}
    error = fail(type("Silent", (), members), timeout=0.1, **AT_LEISURE)
    Mute.ended.open()
    assert type(error) is errors.DeadlineError
    assert error.partial == "first"
    assert str(error) == "Silent was silent for 0.1 s; a larger timeout waits longer."


class UnspeakableError(Exception):
    """Can't even say what it is."""

    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize("way", ["create_async_generator", "create_completion"])
@pytest.mark.parametrize(
    ("error", "says"),
    [
        (KeyError("choices"), """Broken failed: KeyError: "'choices'\""""),
        (TimeoutError(), "Broken failed: TimeoutError."),
        (ValueError("no \x1b[2J\nmore"), 'Broken failed: ValueError: "no ␛[2J␊more"'),
        (UnspeakableError(), "Broken failed: UnspeakableError: "),
    ],
)
def test_its_own_error_becomes_one_of_ours(way: str, error: Exception, says: str) -> None:
    """One printable sentence with the text so far, and nothing held that may hold a key."""
    key = "hush"

    async def create_async_generator(model: str, messages: Any) -> AsyncGenerator[str, None]:
        yield "half"
        raise error

    def create_completion(model: str, messages: Any, **_: Any) -> Iterator[str]:
        yield "half"
        raise error

    failure = fail(type("Broken", (), {way: staticmethod(locals()[way])}), params={"api_key": key})
    assert type(failure) is errors.ForeignError
    assert str(failure).startswith(says)
    assert str(failure).isprintable()
    assert (failure.partial, failure.address) == ("half", "Broken")
    assert failure.__cause__ is failure.__context__ is None
    files = {frame.filename for frame in traceback.extract_tb(failure.__traceback__)}
    assert not {name for name in files if name.endswith(("blocking.py", "contextlib.py"))}


@pytest.mark.parametrize("kind", [errors.TruncatedError, errors.DeadlineError])
def test_errors_of_ours_pass_as_they_are(kind: type[errors.CromicleError]) -> None:
    """A class that builds on our providers keeps their errors."""

    class Above:
        """Fails as we do."""

        @staticmethod
        def create_completion(model: str, messages: Any, **_: Any) -> Iterator[str]:
            """Answer by half a text."""
            yield "half"
            raise kind("cut", address="http://127.0.0.1:1")

    error = fail(Above, timeout=5)
    assert (type(error), str(error), error.partial) == (kind, "cut", "half")
    assert error.address == "http://127.0.0.1:1"


def test_a_class_that_asks_the_process_to_exit_is_an_error() -> None:
    """In a coroutine too, whose exit the loop would pass on, and the kernel end with it."""

    class Leaver:
        """Leaves."""

        @staticmethod
        async def create_async(model: str, messages: Any) -> str:
            """Answer nothing."""
            raise SystemExit("no key")

    assert str(fail(Leaver)) == 'Leaver failed: SystemExit: "no key"'


def test_a_thread_that_dies_is_an_error() -> None:
    """What is no error, such as an exit, is not waited for in vain."""

    class Quitter:
        """Leaves."""

        @staticmethod
        def create_completion(model: str, messages: Any, **_: Any) -> Iterator[str]:
            """Answer by half a text."""
            yield "half"
            raise SystemExit

    error = fail(Quitter)
    assert (type(error), error.partial) == (errors.ForeignError, "half")


class Nothing:
    """Answers by nothing."""


class Instance:
    """Wants to be made first."""

    def create_completion(self, model: str, messages: Any) -> Iterator[str]:
        """Answer."""
        yield "Hi"


class Demanding:
    """Wants a key."""

    @staticmethod
    async def create_async(model: str, messages: Any, key: str) -> str:
        """Answer."""
        return "Hi"


class Constant:
    """Has a text where a function should be."""

    create_async = "Hi"


class Unfinished(AsyncGeneratorProvider):
    """Is ours, and lacks what counts."""


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Nothing, "Nothing is no provider: it answers by none of create_async_generator, "),
        (Unfinished, "Unfinished is no provider"),
        (Instance, "Instance.create_completion can't be called on the class"),
        (Demanding, "Demanding.create_async can't be called on the class"),
        (Constant, "Constant.create_async can't be called on the class"),
        (Preferred(), "A provider is a class, and this is a Preferred; give the class itself."),
    ],
)
def test_a_class_that_keeps_no_contract_is_refused(kind: Any, says: str) -> None:
    """Before it is ever asked, and in one sentence."""
    with pytest.raises(errors.SettingError) as caught:
        adapted(kind)
    assert str(caught.value).startswith(says)


def test_what_it_says_of_itself_is_kept() -> None:
    """Its name, its place and what callers look at."""

    class Elsewhere(Preferred):
        """A service."""

        url, working, needs_auth, label = "https://a.invalid", True, True, None

    kind = adapted(Elsewhere)
    assert issubclass(kind, AsyncGeneratorProvider)
    assert (kind.__name__, kind.__module__, kind.__doc__) == ("Elsewhere", __name__, "A service.")
    assert (kind.url, kind.working, kind.needs_auth) == ("https://a.invalid", True, True)
    assert kind.supports_stream
    assert adapted(kind) is kind


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"first_timeout": 0.1}, "sent no text for 0.1 s; a larger first_timeout"),
        ({"total_timeout": 0.1}, "had not ended after 0.1 s; a larger total_timeout"),
        ({"timeout": "0.1"}, "sent no text for 0.1 s; a larger timeout"),
        ({"max_chars": 3}, "sent more than 3 characters"),
    ],
)
def test_the_limits_are_kept_for_a_class(limits: dict[str, Any], says: str) -> None:
    """Which knows none of them."""

    class Slow:
        @staticmethod
        async def create_async_generator(model: str, messages: object) -> AsyncGenerator[str, None]:
            if "max_chars" not in limits:
                await asyncio.sleep(10)
            yield "long"

    with pytest.raises(errors.RemoteError, match=says):
        asyncio.run(adapted(Slow).create_async("", HELLO, **limits))


def test_a_limit_that_can_not_be_one_is_refused_for_a_class() -> None:
    """By the same sentence as for a provider of ours."""
    for limits, says in (
        ({"timeout": "soon"}, "timeout=: 'soon' is no number of seconds"),
        ({"total_timeout": -1}, "total_timeout=: '-1' is no number of seconds"),
        ({"max_chars": 0.5}, r"max_chars=: '0\.5' is no number of characters"),
    ):
        with pytest.raises(errors.SettingError, match=says):
            asyncio.run(adapted(Whole).create_async("", HELLO, **limits))


@pytest.mark.parametrize("given", [{"messages": 5}, {"params": "top_k"}])
def test_what_a_class_can_not_be_given_is_one_sentence(given: dict[str, Any]) -> None:
    """Asked or only previewed."""
    kind, keywords = adapted(Whole), {"model": "", "messages": HELLO, **given}
    with pytest.raises(errors.ForeignError, match="Whole failed: "):
        kind.preview(**keywords)
    with pytest.raises(errors.ForeignError, match="Whole failed: "):
        asyncio.run(kind.create_async(**keywords))
