"""The contract of providers/base.py, held by every provider there is."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass, replace
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.foreign import Blocking, Streaming, Whole, lay_distribution, notebook_provider
from support.peers import END, HEAD, Gate, Peer, Visit, chunk, peer

from cromicle_magic import errors
from cromicle_magic.providers import registry
from cromicle_magic.providers.base import AsyncGeneratorProvider
from cromicle_magic.providers.foreign import adapted
from cromicle_magic.providers.registry import provider_named

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from cromicle_magic.providers.base import Messages

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "03-your-own-model.ipynb"
TEXT = "naïve 中文 👩‍👩‍👧‍👦 \ufeff end"


@dataclass(frozen=True)
class Case:
    """A provider, and how what answers it is made to speak.

    Attributes:
        find: From the server's address and a folder on the path to the provider.
        says: A piece of an answer, on the wire.
        bye: The end of an answer, on the wire.
        breaks: What a connection that breaks off is to it.
        alters: What it does to a text.
        is_remote: Whether a server answers; else its own prompt does.
        is_streaming: Whether its pieces come one by one.
        is_blocking: Whether a step of its can't be interrupted.
    """

    find: Callable[[str, Path], type[AsyncGeneratorProvider] | None]
    says: Callable[[str], str] = str
    bye: str = ""
    breaks: type[errors.CromicleError] = errors.ForeignError
    alters: Callable[[str], str] = str
    is_remote: bool = True
    is_streaming: bool = True
    is_blocking: bool = False


def event(content: str) -> str:
    """Give a piece as an engine sends it, its characters as they are."""
    data = dumps({"choices": [{"delta": {"content": content}}]}, ensure_ascii=False)
    return f"data: {data}\n\n"


def at(url: str, kind: type) -> type[AsyncGeneratorProvider]:
    """Give a foreign class that asks a server, adapted."""
    return adapted(type(kind.__name__, (kind,), {"url": url}))


def from_entry_point(url: str, shelf: Path) -> type[AsyncGeneratorProvider] | None:
    """Give the provider of a distribution that is installed."""
    source = f"from support.foreign import Streaming\nclass Tiny(Streaming):\n    url = {url!r}\n"
    sys.modules.pop("tiny_shop", None)
    lay_distribution(shelf, "tiny = tiny_shop:Tiny", tiny_shop=source)
    return provider_named("tiny")


def from_notebook(_: str, __: Path) -> type[AsyncGeneratorProvider] | None:
    """Give the provider that the example notebook shows."""
    notebook_provider(NOTEBOOK)
    return provider_named("shout")


CASES = {
    "Cromicle": Case(lambda *_: provider_named("cromicle"), breaks=errors.TruncatedError),
    "OpenAI": Case(
        lambda *_: provider_named("openai"),
        *(event, "data: [DONE]\n\n", errors.TruncatedError),
    ),
    "asynchronous generator": Case(lambda url, _: at(url, Streaming)),
    "create_async": Case(lambda url, _: at(url, Whole), is_streaming=False),
    "create_completion": Case(lambda url, _: at(url, Blocking), is_blocking=True),
    "entry point": Case(from_entry_point),
    "notebook": Case(from_notebook, alters=str.upper, is_remote=False),
}
REMOTE = {name: case for name, case in CASES.items() if case.is_remote}
STREAMING = {name: case for name, case in REMOTE.items() if case.is_streaming}


@dataclass(frozen=True)
class Line:
    """A provider with somebody at the other end."""

    kind: type[AsyncGeneratorProvider]
    messages: Messages
    keywords: dict[str, Any]
    server: Peer

    @property
    def pieces(self) -> Any:
        """The pieces of a new answer."""
        return self.kind.create_async_generator("", self.messages, **self.keywords)

    @property
    def whole(self) -> Any:
        """A new answer at once."""
        return self.kind.create_async("", self.messages, **self.keywords)

    def blocking(self, **options: Any) -> Any:
        """Give the pieces of a new answer to code that knows no asyncio."""
        return self.kind.create_completion("", self.messages, **self.keywords, **options)


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Connect a provider with a server that does what a script says."""
    monkeypatch.setattr(registry, "_registered", {})
    monkeypatch.syspath_prepend(str(tmp_path))

    @contextmanager
    def opened(
        case: Case, script: Callable[[Visit], Awaitable[None]] | bytes, prompt: str = "Hello"
    ) -> Iterator[Line]:
        with peer(script) as server:
            kind = case.find(server.url, tmp_path)
            assert kind is not None
            messages = [{"role": "user", "content": prompt}]
            yield Line(kind, messages, {"url": server.url, "timeout": 10.0}, server)

    return opened


def saying(case: Case, text: str) -> Callable[[Visit], Awaitable[None]]:
    """Give a script that says a text, each byte by itself."""
    body = "".join(map(case.says, text)) + case.bye

    async def script(visit: Visit) -> None:
        await visit.send(HEAD, *(chunk(bytes([byte])) for byte in body.encode()), END)

    return script


def holding(case: Case, gate: Gate) -> Callable[[Visit], Awaitable[None]]:
    """Give a script that says a word, another behind a gate, and never ends."""

    async def script(visit: Visit) -> None:
        await visit.send(HEAD, chunk(case.says("first ")))
        await gate.wait()
        await visit.send(chunk(case.says("last")))
        await asyncio.Event().wait()

    return script


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_pieces_are_the_whole(case: Case, connect: Any) -> None:
    """Each is a text and not empty, no character is cut, and joined they are what was said."""

    async def main() -> list[str]:
        return [piece async for piece in line.pieces]

    with connect(case, saying(case, TEXT), TEXT) as line:
        pieces = asyncio.run(main())
        assert asyncio.run(line.whole) == case.alters(TEXT)
    assert "".join(pieces) == case.alters(TEXT)
    assert all(pieces)
    assert {type(piece) for piece in pieces} == {str}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_code_that_knows_no_asyncio_gets_them_too(case: Case, connect: Any) -> None:
    """In pieces or at once, within a running loop or not."""

    def both() -> None:
        assert "".join(line.blocking()) == case.alters(TEXT)
        assert list(line.blocking(stream=False)) == [case.alters(TEXT)]

    async def within() -> None:
        both()

    with connect(case, saying(case, TEXT), TEXT) as line:
        both()
        asyncio.run(within())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_other_providers_keywords_do_no_harm(case: Case, connect: Any) -> None:
    """Whatever callers pass along, of ours or of g4f's."""
    odd = {"out": "no name!", "stream": True, "system": 1, "report": None, "params": None}
    with connect(case, saying(case, TEXT), TEXT) as line:
        busy = replace(line, keywords=line.keywords | odd)
        assert asyncio.run(busy.whole) == case.alters(TEXT)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_empty_answer_is_an_error(case: Case, connect: Any) -> None:
    """Nobody takes it for an answer that is still to come."""
    with connect(case, saying(case, ""), "") as line:
        with pytest.raises(errors.EmptyError, match="without a single character"):
            asyncio.run(line.whole)
        with pytest.raises(errors.EmptyError, match="without a single character"):
            list(line.blocking())


@pytest.mark.parametrize("case", REMOTE.values(), ids=REMOTE)
def test_an_error_keeps_the_text_before_it(case: Case, connect: Any) -> None:
    """Where a connection breaks off, what had come is in the error, and so is who broke off."""
    partial = "half an ans" if case.is_streaming else ""
    with connect(case, HEAD + chunk(case.says("half an ans"))) as line:
        with pytest.raises(errors.RemoteError) as awaited:
            asyncio.run(line.whole)
        with pytest.raises(errors.RemoteError) as blocking:
            list(line.blocking())
    for error in (awaited.value, blocking.value):
        assert (type(error), error.partial) == (case.breaks, partial)
        assert error.address
        assert error.__cause__ is error.__context__ is None
        assert str(error).isprintable()


@pytest.mark.parametrize("case", STREAMING.values(), ids=STREAMING)
def test_pieces_come_while_the_server_still_writes(case: Case, connect: Any) -> None:
    """The first is there before the last has been sent."""

    async def main() -> None:
        async with aclosing(line.pieces) as pieces:
            assert await anext(pieces) == "first "
            gate.open()
            assert await anext(pieces) == "last"

    with connect(case, holding(case, gate := Gate())) as line:
        asyncio.run(main())


@pytest.mark.parametrize("case", STREAMING.values(), ids=STREAMING)
def test_they_come_as_soon_without_asyncio(case: Case, connect: Any) -> None:
    """The first is there before the last has been sent, also within a running loop."""

    async def main() -> None:
        with closing(line.blocking()) as pieces:
            assert next(pieces) == "first "
            gate.open()
            assert next(pieces) == "last"

    with connect(case, holding(case, gate := Gate())) as line:
        asyncio.run(main())


@pytest.mark.parametrize("case", STREAMING.values(), ids=STREAMING)
def test_leaving_early_closes_the_connection(case: Case, connect: Any) -> None:
    """Nobody is left writing to nobody, and no task behind."""

    async def main() -> None:
        async with aclosing(line.pieces) as pieces:
            assert await anext(pieces) == "first "
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert await asyncio.to_thread(line.server.visit().gone.wait, 5)

    with connect(case, holding(case, Gate())) as line:
        asyncio.run(main())


@pytest.mark.parametrize("case", STREAMING.values(), ids=STREAMING)
def test_leaving_early_without_asyncio_closes_it_too(case: Case, connect: Any) -> None:
    """At once, and no loop is left behind; a call that blocks lets go when its step is over."""
    with connect(case, holding(case, gate := Gate())) as line:
        with closing(line.blocking()) as pieces:
            assert next(pieces) == "first "
        assert not [each for each in threading.enumerate() if each.name == "cromicle-pump"]
        if case.is_blocking:
            gate.open()
        assert line.server.visit().gone.wait(5)


@pytest.mark.parametrize("case", REMOTE.values(), ids=REMOTE)
def test_a_cancel_closes_the_connection(case: Case, connect: Any) -> None:
    """It is done at once; a call that blocks lets go when its step is over."""

    async def main() -> None:
        task = asyncio.ensure_future(line.whole)
        visit = await asyncio.to_thread(line.server.visit)
        task.cancel()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()
        if case.is_blocking:
            gate.open()
        assert await asyncio.to_thread(visit.gone.wait, 5)

    with connect(case, holding(case, gate := Gate())) as line:
        asyncio.run(main())


def test_a_provider_without_a_server_ends_as_early() -> None:
    """The notebook's, left or cancelled in the middle of its words."""
    kind = adapted(notebook_provider(NOTEBOOK)[0])
    messages = [{"role": "user", "content": "one two three"}]

    async def main() -> None:
        async with aclosing(kind.create_async_generator("", messages)) as pieces:
            assert await anext(pieces) == "ONE "
        task = asyncio.ensure_future(kind.create_async("", messages))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_a_provider_of_ones_own_takes_twenty_lines() -> None:
    """The whole cell of the notebook, its imports included."""
    _, lines = notebook_provider(NOTEBOOK)
    assert len(lines) <= 20
