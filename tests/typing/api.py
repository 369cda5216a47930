"""The public names, used as a reader's program does, for type checkers; nobody runs it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import TYPE_CHECKING, Any

from typing_extensions import assert_type

import cromicle_magic
from cromicle_magic import (
    Answer,
    AsyncGeneratorProvider,
    Cromicle,
    OpenAI,
    ask,
    format_prompt,
    load_ipython_extension,
    register,
    stream,
    unload_ipython_extension,
)
from cromicle_magic.answer import State
from cromicle_magic.asking import Options
from cromicle_magic.errors import (
    AccessError,
    ConnectError,
    CromicleError,
    DeadlineError,
    EmptyError,
    ForeignError,
    LimitError,
    LocalError,
    ProtocolError,
    RemoteError,
    SettingError,
    StatusError,
    TruncatedError,
)
from cromicle_magic.providers.base import AsyncResult, Messages
from cromicle_magic.report import Sent

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MESSAGES: Messages = [{"role": "user", "content": "Hello"}]


async def prompts() -> None:
    """A prompt is a text, its options are keywords, and each of them may be None."""
    assert_type(await ask("Hello"), Answer)
    await ask("Hello", engine="ollama", model="tiny", system="be brief", url=None, token=None)
    await ask("Hello", token_file="key.txt", proxy="http://127.0.0.1:8080", guard="mask")
    await ask("Hello", timeout=60, first_timeout=1.5, connect_timeout=1, total_timeout=None)
    await ask("Hello", retries=0, max_chars=1_000, temperature=0.5, max_tokens=50)
    await ask("Hello", param={"top_k": 5, "stop": ["."]}, ports=[11434])
    await ask("Hello", ports="none")
    options: Options = {"engine": "offline"}
    async for piece in stream("Hello", **options):
        assert_type(piece, str)
    assert_type(stream("Hello"), AsyncGenerator[str, None])
    await ask("Hello", timeot=60)  # type: ignore[call-arg]
    await ask("Hello", timeout="60")  # type: ignore[arg-type]
    await ask(prompt=5)  # type: ignore[arg-type]


async def answers(answer: Answer) -> None:
    """An answer is much like its text, can be waited for, and tells how it came."""
    assert_type(answer.text, str)
    assert_type(answer.reasoning, str)
    assert_type(answer.code, list[str])
    assert_type(answer.extract, str | None)
    assert_type(answer.state, State)
    assert_type(answer.is_ended, bool)
    assert_type(answer.error, Exception | None)
    assert_type(answer.engine + answer.model + answer.notice + answer.retry, str)
    assert_type(answer.notes, list[str])
    assert_type(answer.usage, dict[str, int] | None)
    assert_type(answer.sent, Sent | None)
    assert_type(answer.chars, int)
    assert_type(answer.seconds, float)
    assert_type(answer.first_text_seconds, float | None)
    assert_type(answer.cell, int | None)
    assert_type((len(answer), "word" in answer, bool(answer)), tuple[int, bool, bool])
    assert_type((answer[0], answer[1:], f"{answer:>9}", str(answer)), tuple[str, str, str, str])
    assert_type((answer + "more", "more" + answer, answer + answer), tuple[str, str, str])
    assert_type(await answer, Answer)
    assert_type(answer.wait(), Answer)
    assert_type(answer.wait(timeout=1.5), Answer)
    async for piece in answer:
        assert_type(piece, str)
    answer.stop()
    answer.cancel()
    answer.state = "over"  # type: ignore[assignment]


async def providers() -> None:
    """A provider is a class that is asked itself, for pieces or for the whole."""
    for provider in (Cromicle, OpenAI):
        assert_type(provider.url, str)
        assert_type((provider.working, provider.needs_auth), tuple[bool, bool])
    generator = Cromicle.create_async_generator("", MESSAGES, proxy=None, token="abc")
    assert_type(generator, AsyncResult)
    async for piece in generator:
        assert_type(piece, str)
    assert_type(await OpenAI.create_async("tiny", MESSAGES, url="http://127.0.0.1:11434/v1"), str)
    assert_type(Cromicle.create_completion("", MESSAGES, stream=False), Iterator[str])
    assert_type(Cromicle.preview("", MESSAGES), Sent)
    assert_type(format_prompt(MESSAGES), str)
    Cromicle.create_async_generator("", "Hello")  # type: ignore[arg-type]


class Shout(AsyncGeneratorProvider):
    """A provider of the reader's own."""

    url = "http://127.0.0.1:1"
    working = True

    @classmethod
    async def create_async_generator(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> AsyncResult:
        """Say the prompt aloud."""
        yield messages[-1]["content"].upper()


class Elsewhere:
    """A class that only keeps g4f's contract."""

    @classmethod
    async def create_async(cls, model: str, messages: Messages, **kwargs: Any) -> str:
        """Say nothing new."""
        return model


register("shout", Shout)
register("elsewhere", Elsewhere)
register("shout", Shout())  # type: ignore[arg-type]


def errors(error: CromicleError) -> None:
    """Each error tells who can mend it, and keeps what came before it."""
    assert_type(error.partial, str)
    assert_type(error.address, str)
    assert_type(error.status, int | None)
    assert_type(error.retryable, bool)
    assert_type(error.retry_after_s, float | None)
    yours: list[type[LocalError]] = [SettingError, ConnectError, AccessError]
    theirs: list[type[RemoteError]] = [StatusError, TruncatedError, EmptyError, LimitError]
    theirs += [DeadlineError, ProtocolError, ForeignError]
    either: list[type[CromicleError]] = [*yours, *theirs]
    either[0]("no", address="http://h.invalid", status=500, retryable=True)
    usual: list[type[ValueError | OSError]] = [SettingError, ConnectError, DeadlineError]
    del usual


def extension(shell: InteractiveShell) -> None:
    """What IPython calls, a program may call, too."""
    load_ipython_extension(shell)
    unload_ipython_extension(shell)
    assert_type(cromicle_magic.__version__, str)
    _ = cromicle_magic.nonsense  # type: ignore[attr-defined]
