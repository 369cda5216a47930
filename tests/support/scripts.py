"""Scripts for peers that more than one room of the tests needs, and what to look for."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from support.peers import END, HEAD, chunk, whole

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from support.kernels import Message
    from support.peers import Gate, Visit

__all__ = ["CELLS", "drip", "ending", "gated", "is_shown", "llama", "silent", "unanswered"]

# Not %%time: that of some IPython releases swallows an interrupt by itself.
CELLS = {
    "awaited": "%%cromicle {options}\nHi",
    "nested": "def ask(): get_ipython().run_cell_magic('cromicle', '{options}', 'Hi')\nask()",
}


async def drip(visit: Visit) -> None:
    """Say a word now and then, without end."""
    await visit.send(HEAD)
    while True:
        await visit.send(chunk("word "))
        await asyncio.sleep(0.01)


async def silent(visit: Visit) -> None:
    """Say one word, and then nothing, without end."""
    await visit.send(HEAD, chunk("word "))
    await asyncio.Event().wait()


async def ending(visit: Visit) -> None:
    """Say one word, and end."""
    await visit.send(HEAD, chunk("word "), END)


async def unanswered(_: Visit) -> None:
    """Take a request, and send nothing, without end."""
    await asyncio.Event().wait()


async def llama(visit: Visit) -> None:
    """Be an engine of OpenAI's protocol with one model, that says which one and what it is told."""
    if visit.path == "/v1/models":
        await visit.send(whole(json.dumps({"data": [{"id": "llama3.2"}]})))
        return
    asked = json.loads(visit.body)
    text = f"{asked['model']} says: {asked['messages'][-1]['content']}"
    said = {"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]}
    await visit.send(whole(f"data: {json.dumps(said)}\n\n"))


def gated(gate: Gate, first: bytes | str, last: bytes | str) -> Callable[[Visit], Awaitable[None]]:
    """Give a script that says its last word only once a gate has been opened."""

    async def script(visit: Visit) -> None:
        await visit.send(HEAD, chunk(first))
        await gate.wait()
        await visit.send(chunk(last), END)

    return script


def is_shown(message: Message) -> bool:
    """Tell whether a message brings such a word into the live box."""
    state = message["content"].get("data", {}).get("state", {})
    return "word" in str(state.get("value", ""))
