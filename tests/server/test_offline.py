"""What the responder says that is no model: a report, and a block of code if one is asked for."""

from __future__ import annotations

import ast
import asyncio
import json

import pytest

from cromicle_magic.extraction import extract
from cromicle_magic.providers.base import format_prompt
from cromicle_magic.render.fences import fences
from cromicle_magic.server.offline import OFFLINE


def told(prompt: str, *earlier: str) -> str:
    """Give what it says to a prompt, behind earlier ones, in the Cromicle protocol."""
    messages = [{"role": "user", "content": text} for text in (*earlier, prompt)]

    async def joined() -> str:
        return "".join([word async for word in OFFLINE.chat(format_prompt(messages))])

    return asyncio.run(joined())


def test_a_prompt_for_code_gets_a_block_of_python() -> None:
    """It is valid, and what -x and --insert would take; one for JSON gets JSON."""
    assert ast.parse(extract(told("Write some code that squares numbers."), "python"))
    assert json.loads(extract(told("As JSON, please."), "json"))
    assert len(fences(told("Code and JSON: both."))) == 2


@pytest.mark.parametrize("prompt", ["Why is the sky blue?", "decode and recoded jsons"])
def test_any_other_prompt_gets_the_report_alone(prompt: str) -> None:
    """Neither part of a word nor an earlier prompt asks for code."""
    assert fences(told(prompt)) == fences(told(prompt, "Write code.")) == []
    assert fences(told("Write code.", prompt))


def test_openai_s_protocol_gets_the_same_block() -> None:
    """Its last message is what asks."""
    messages = [{"role": "user", "content": "Hi"}, {"role": "user", "content": "Write code."}]

    async def whole() -> bytes:
        return b"".join([part async for part in OFFLINE.complete({"messages": messages})])

    answer = json.loads(asyncio.run(whole()))["choices"][0]["message"]["content"]
    assert ast.parse(extract(answer, "python"))
