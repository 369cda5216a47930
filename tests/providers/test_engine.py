"""The provider of OpenAI's protocol against a real engine, llama.cpp's own server."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest
from support.engine import engine

from cromicle_magic.answer import Answer
from cromicle_magic.errors import StatusError
from cromicle_magic.providers.openai import OpenAI
from cromicle_magic.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELLO = [{"role": "user", "content": "Hello?"}]
TEXT = "Naïve 中😀."
CONTEXT = 512


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an engine that says the text above to everybody."""
    with engine(tmp_path_factory.mktemp("engine"), TEXT, context=CONTEXT) as address:
        yield address


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[str]:
    """The address of an engine that would go on for a while."""
    with engine(tmp_path, "word ", context=2**15, is_endless=True) as address:
        yield address


async def pieces_of(url: str, **options: object) -> list[str]:
    """Give an answer's pieces."""
    return [p async for p in OpenAI.create_async_generator("", HELLO, url=url, **options)]


def test_it_streams_and_counts(url: str) -> None:
    """Characters that it cuts across tokens arrive whole, with its counts and its model."""
    reports: list[Report] = []
    pieces = asyncio.run(pieces_of(url, temperature=0, report=reports.append))
    assert "".join(pieces) == TEXT
    assert next(report.model for report in reports if report.model).endswith("tiny.gguf")
    assert reports[-1].finish == "stop"
    usage = next(report.usage for report in reports if report.usage)
    assert usage["completion_tokens"] >= len(TEXT.encode())


def test_a_limit_of_tokens_is_told(url: str) -> None:
    """The text so far is the answer, and the reader is told that there would be more."""
    reports: list[Report] = []
    answer = "".join(asyncio.run(pieces_of(url, max_tokens=2, report=reports.append)))
    assert answer == "Na"
    assert [r.notice for r in reports if r.notice] == ["cut off at the limit of tokens"]


def test_a_prompt_that_does_not_fit_is_an_error(url: str) -> None:
    """In the engine's own words."""
    long = [{"role": "user", "content": "x" * CONTEXT}]
    with pytest.raises(StatusError, match=r'HTTP 400.*It said: "[^{]*context') as caught:
        asyncio.run(OpenAI.create_async("", long, url=url))
    assert caught.value.status == 400


def test_a_parameter_reaches_it(url: str) -> None:
    """One that only this engine knows; and without a stream the answer is the same."""
    assert "".join(asyncio.run(pieces_of(url, params={"stop": ["中"]}))) == "Naïve "
    assert asyncio.run(pieces_of(url, params={"stream": False})) == [TEXT]


def test_a_cancel_frees_its_slot(endless: str) -> None:
    """It has one: the next request is served at once, not when the first would have ended."""

    async def timed(*, leaves: bool) -> float:
        began = time.monotonic()
        stream = OpenAI.create_async_generator("", HELLO, url=endless, max_tokens=4_000)
        async with aclosing(stream):
            async for _ in stream:
                if leaves:
                    break
        assert "".join(await pieces_of(endless, max_tokens=5)) == "word "
        return time.monotonic() - began

    assert asyncio.run(timed(leaves=True)) < asyncio.run(timed(leaves=False)) / 3


def test_thinking_is_told_apart(tmp_path: Path) -> None:
    """A model whose template knows thinking: the engine sends it beside the answer."""

    async def main(url: str) -> Answer:
        answer = Answer("engine")
        answer.begin(OpenAI.create_async_generator("", HELLO, url=url, report=answer.hear))
        return await answer

    with engine(tmp_path, "<think>", "hm", "</think>", TEXT) as url:
        assert "".join(asyncio.run(pieces_of(url))) == TEXT
        answer = asyncio.run(main(url))
    assert (answer.text, answer.reasoning) == (TEXT, "hm")


def test_none_of_three_hundred_requests_fails(url: str) -> None:
    """One behind the other, though this server drops connections that it said it would keep."""

    async def main() -> list[str]:
        return ["".join(await pieces_of(url)) for _ in range(300)]

    assert asyncio.run(main()) == [TEXT] * 300
