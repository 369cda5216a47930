"""Answers such as a model gives, of any length, and servers that give them at any rate."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from support.peers import END, HEAD, chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.peers import Visit

__all__ = ["Paced", "essay", "send_paced"]

_SECTION = """\
## Section {n}: how it is made

The answer to question {n} is *mostly* prose, with some **weight** on words and a `name` or two. It
goes on for a few lines, as models do, and mentions $x_{n}^2$ in passing, for about $5 and $6.

- one point, with a [link](https://example.invalid/{n})
- another point, a little longer than the first one
  - and one below it

```python
def section_{n}(x: int) -> int:
    \"\"\"Give the square.\"\"\"
    return x * x  # as promised
```

A last paragraph rounds section {n} off. It has no markup at all, and is of middling length, so that
there is something plain to read between the lists, the code and the next heading.

"""

TICK_S = 0.005


def essay(chars: int) -> str:
    """Give a text of so many characters, none of its sections like another."""
    sections = (_SECTION.replace("{n}", str(n)) for n in range(chars // 500 + 1))
    return "".join(sections)[:chars]


class Paced:
    """A script that sends a text in chunks at a rate.

    Args:
        text: The answer.
        chunk_chars: The size of a chunk, in characters.
        per_s: Chunks a second; infinite for as fast as possible.

    Attributes:
        ended_s: When the last chunk of the latest visit was sent, in seconds of ``time.time``.
    """

    def __init__(self, text: str, *, chunk_chars: int, per_s: float) -> None:
        starts = range(0, len(text), chunk_chars)
        self._chunks = [chunk(text[start : start + chunk_chars]) for start in starts]
        self._per_s = min(per_s, 1e9)
        self.ended_s = 0.0

    async def __call__(self, visit: Visit) -> None:
        """Answer one request."""
        await visit.send(HEAD)
        await send_paced(visit, self._chunks, self._per_s)
        self.ended_s = time.time()
        await visit.send(END)


async def send_paced(visit: Visit, chunks: Sequence[bytes], per_s: float) -> float:
    """Send chunks at a rate, several at a time where they come quicker than a timer.

    Args:
        visit: The request to answer.
        chunks: What to send, as raw bytes.
        per_s: Chunks a second.

    Returns:
        When the first was sent, in seconds of ``time.time``.
    """
    tick_s = max(TICK_S, 1 / per_s)
    start, sent, began_s = time.monotonic(), 0, 0.0
    while sent < len(chunks):
        due = min(int((time.monotonic() - start + TICK_S) * per_s), len(chunks))
        if due > sent:
            began_s = began_s or time.time()
            await visit.send(b"".join(chunks[sent:due]))
            sent = due
        await asyncio.sleep(tick_s)
    return began_s
