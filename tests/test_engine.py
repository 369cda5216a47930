"""A prompt cell answered by a real engine, which its address alone tells from other servers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from support.engine import engine

from cromicle_magic import Cromicle, OpenAI, ask
from cromicle_magic.providers.registry import provider_at

if TYPE_CHECKING:
    from pathlib import Path

    from support.kernels import Kernel

TEXT = "Naïve 中😀."


@pytest.mark.parametrize("url", ["http://h.invalid", "http://h.invalid/v1x-files/", None])
def test_an_address_without_a_version_speaks_the_cromicle_protocol(url: str | None) -> None:
    """And so does the embedded server."""
    assert provider_at(url) is Cromicle


@pytest.mark.parametrize("path", ["v1", "v1/", "api/v4", "v1beta/openai", "x/chat/completions"])
def test_an_address_with_a_version_speaks_that_of_openai(path: str) -> None:
    """As engines and services name theirs."""
    assert provider_at(f"http://h.invalid/{path}") is OpenAI


def test_a_cell_is_answered_by_an_engine(newest: Kernel, tmp_path: Path) -> None:
    """It says who answered, folds the thinking away, and keeps what the engine counted."""
    with engine(tmp_path, "<think>", "hm", "</think>", TEXT) as url:
        run = newest.run(f"%%cromicle -o answer -t 0 --url {url}/v1\nHello?")
        assert run.status == "ok", run.error
        (shown,) = run.outputs
        assert shown["text/plain"] == TEXT
        assert "Reasoning, 2 characters" in shown["text/html"]
        assert "tiny.gguf" in shown["text/html"]
        told = newest.run(
            "print(answer, _cromicle.reasoning, _cromicle.usage['completion_tokens'])"
        )
        assert told.stdout.startswith(f"{TEXT} hm ")


def test_a_cell_tells_that_an_answer_was_cut_off(newest: Kernel, tmp_path: Path) -> None:
    """By its last line; the options of the magic line reach the engine."""
    with engine(tmp_path, TEXT) as url:
        run = newest.run(f"%%cromicle --max-tokens 2 --param temperature 0 --url {url}/v1\nHello?")
    (shown,) = run.outputs
    assert shown["text/plain"] == "Na"
    assert "cut off at the limit of tokens" in shown["text/html"]


def test_from_python_it_is_the_same(tmp_path: Path) -> None:
    """With the options as keywords."""
    with engine(tmp_path, TEXT) as url:
        answer = asyncio.run(ask("Hello?", url=f"{url}/v1", temperature=0, max_tokens=2))
    assert answer.text == "Na"
    assert answer.notice == "cut off at the limit of tokens"
    assert answer.model.endswith("tiny.gguf")
