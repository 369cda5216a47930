"""What has come of an answer: its text, much like any other, and the thinking before it."""

from __future__ import annotations

import time

__all__ = ["Received"]


class Received:
    """Text as it comes; ``len``, ``in``, ``+``, slices and f-strings take it as what has come.

    Attributes:
        pieces: The text received so far, piece by piece; only appended to.
        thoughts: The thinking received before it, which is no part of it; only appended to.
        chars, thought_chars: How many characters of text and of thinking were received.
        latest_s: When the latest came, in seconds of ``time.monotonic``.
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.thoughts: list[str] = []
        self.chars: int = 0
        self.thought_chars: int = 0
        self.latest_s: float = time.monotonic()
        self._text, self._joined = "", 0

    @property
    def text(self) -> str:
        """The text received so far; the whole answer once it has come to its end."""
        if self._joined < len(self.pieces):
            self._text += "".join(self.pieces[self._joined :])
            self._joined = len(self.pieces)
        return self._text

    @property
    def reasoning(self) -> str:
        """The thinking received so far, without the blanks around it."""
        return "".join(self.thoughts).strip()

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)

    def __len__(self) -> int:
        return self.chars

    def __bool__(self) -> bool:
        return bool(self.pieces)

    def __contains__(self, part: str) -> bool:
        return part in self.text

    def __getitem__(self, at: int | slice) -> str:
        return self.text[at]

    def __add__(self, other: str | Received) -> str:
        return self.text + str(other)

    def __radd__(self, other: str) -> str:
        return other + self.text

    def _receive(self, thought: str, text: str) -> None:
        self.latest_s = time.monotonic()
        if thought:
            self.thoughts.append(thought)
            self.thought_chars += len(thought)
        if text:
            self.pieces.append(text)
            self.chars += len(text)
