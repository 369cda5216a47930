"""What the server says when no model is connected: that it is none, and how to get one."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from typing import TYPE_CHECKING, Any

from cromicle_magic.errors import ProtocolError
from cromicle_magic.wire.completion import END, Completion, listing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

__all__ = ["MODEL", "OFFLINE", "Offline"]

# The one model on its list.
MODEL = "offline"

# Slow enough to see that it streams, quick enough to bear.
PAUSE_S = 0.01

_ROLES = re.compile(r"^(?:System|User|Assistant|Tool|Developer): ", re.MULTILINE)

_ANSWER = """\
**No model is connected**: this is the built-in responder of cromicle-magic, which only reports.

It received {chars} {chars_noun} in {turns} {turns_noun}, and sent nothing anywhere.

Three short ways to a real model:

1. Start an engine on this machine, such as Ollama: it is found by itself.
2. Run a model's file in the notebook's own process: `%cromicle use ./model.gguf`
3. Name any other engine by its address: `%cromicle use http://HOST:PORT/v1`
"""

# What a prompt asks for by one of these words, so that what takes blocks out can be tried.
_BLOCKS = {
    "code": """
You asked for code. Here is some, always the same:

```python
squares = [n * n for n in range(5)]
print(squares)
```
""",
    "json": """
You asked for JSON. Here is some, always the same:

```json
{"model": null, "squares": [0, 1, 4, 9, 16]}
```
""",
}


class Offline:
    """Answers every client with a report on what it sent; an ``Answerer``."""

    async def chat(self, message: str) -> AsyncGenerator[str, None]:
        """Give the report word by word, as a model would, so that a reader sees the cell stream.

        Args:
            message: What arrived; several turns come folded as by ``providers.base.format_prompt``.

        Yields:
            Pieces of the report, Markdown; nothing of the message stands in it. A prompt with the
            word code or JSON gets a block of it, too, so that ``-x`` and ``--insert`` can be tried.
        """
        is_folded = message.endswith("\nAssistant:")
        turns = len(_ROLES.findall(message)) if is_folded else 1
        prompt = _ROLES.split(message.removesuffix("\nAssistant:"))[-1] if is_folded else message
        for word in _words(len(message), turns, prompt):
            yield word
            await asyncio.sleep(PAUSE_S)

    async def complete(self, fields: dict[str, Any]) -> AsyncGenerator[bytes, None]:
        """Give the report in OpenAI's protocol.

        Args:
            fields: What arrived. ``stream``, which is false where it is missing, and
                ``stream_options`` are obeyed; tokens are counted in words.

        Yields:
            The events of the report, the end of the stream last; or the report as one object.

        Raises:
            ProtocolError: There are no messages.
        """
        texts = _texts(fields)
        words = _words(sum(map(len, texts)), len(texts), texts[-1])
        completion = Completion(f"chatcmpl-{secrets.token_hex(12)}", int(time.time()), MODEL)
        usage = _usage(sum(len(text.split()) for text in texts), len(words))
        if not fields.get("stream"):
            yield completion.whole("".join(words), "stop", usage)
            return
        for word in words:
            yield completion.word(word)
            await asyncio.sleep(PAUSE_S)
        yield completion.finish("stop")
        options = fields.get("stream_options")
        if isinstance(options, dict) and options.get("include_usage"):
            yield completion.counts(usage)
        yield END

    async def models(self) -> dict[str, object]:
        """Give a list of one model, that is none."""
        return listing([MODEL], "cromicle-magic")


OFFLINE = Offline()


def _words(chars: int, turns: int, prompt: str) -> list[str]:
    report = _ANSWER.format(
        chars=chars,
        chars_noun="character" if chars == 1 else "characters",
        turns=turns,
        turns_noun="turn" if turns == 1 else "turns",
    )
    said = set(re.findall(r"\w+", prompt.lower()))
    report += "".join(block for word, block in _BLOCKS.items() if word in said)
    return re.findall(r"\S+\s*", report)


def _texts(fields: dict[str, Any]) -> list[str]:
    """Give the text of each message; one without any counts as empty."""
    messages = fields.get("messages")
    if not isinstance(messages, list) or not messages:
        text = "The body holds no messages, such as {'role': 'user', 'content': 'Hi'}."
        raise ProtocolError(text, status=400)
    return ["".join(_parts(message)) for message in messages]


def _parts(message: object) -> Iterator[str]:
    content = message.get("content") if isinstance(message, dict) else message
    for part in content if isinstance(content, list) else [content]:
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str):
            yield text


def _usage(asked: int, said: int) -> dict[str, int]:
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
