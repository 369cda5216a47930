"""Answers such as a model gives, of any length, and servers that give them at any rate."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from support.peers import END, HEAD, chunk

if TYPE_CHECKING:
    from support.peers import Visit

__all__ = ["Paced", "essay"]

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
        start, sent = time.monotonic(), 0
        while sent < len(self._chunks):
            due = int((time.monotonic() - start + TICK_S) * self._per_s)
            await visit.send(b"".join(self._chunks[sent:due]))
            sent = max(sent, min(due, len(self._chunks)))
            await asyncio.sleep(TICK_S)
        self.ended_s = time.time()
        await visit.send(END)
