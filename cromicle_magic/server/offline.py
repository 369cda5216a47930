"""What the server says when no model is connected: that it is none, and how to get one."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["answer", "respond"]

# Slow enough to see that it streams, quick enough to bear.
PAUSE_S = 0.01

_ROLES = re.compile(r"^(?:System|User|Assistant|Tool|Developer): ", re.MULTILINE)

_ANSWER = """\
**No model is connected**: this is the built-in responder of cromicle-magic, which only reports.

It received {chars} {chars_noun} in {turns} {turns_noun}, and sent nothing anywhere.

Three short ways to a real model:

1. An engine on this machine, such as Ollama: \
`%%cromicle --url http://127.0.0.1:11434/v1 --model llama3.2`
2. The same for every cell: `%config CromicleMagics.url = "http://127.0.0.1:11434/v1"`
3. The same for every notebook: set the environment variable `CROMICLE_URL`, and `CROMICLE_TOKEN` \
if the engine wants a key.
"""


def answer(message: str) -> str:
    """Give the report on a message.

    Args:
        message: What arrived; several turns come folded as by ``providers.base.format_prompt``.

    Returns:
        The report, Markdown; nothing of the message stands in it.
    """
    is_folded = message.endswith("\nAssistant:")
    turns = len(_ROLES.findall(message)) if is_folded else 1
    return _ANSWER.format(
        chars=len(message),
        chars_noun="character" if len(message) == 1 else "characters",
        turns=turns,
        turns_noun="turn" if turns == 1 else "turns",
    )


async def respond(message: str) -> AsyncIterator[str]:
    """Give the report word by word, as a model would, so that a reader sees the cell stream.

    Args:
        message: What arrived.

    Yields:
        Pieces of the report. Cancelled between two pieces, it just ends.
    """
    for word in re.findall(r"\S+\s*", answer(message)):
        yield word
        await asyncio.sleep(PAUSE_S)
