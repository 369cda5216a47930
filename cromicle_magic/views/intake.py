"""An answer taken in a step at a time, however large its pieces are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer

__all__ = ["Intake"]

# What one step takes in; a server may send megabytes at once.
STEP_CHARS = 2_000


class Intake:
    """Remembers how much of an answer has been taken in.

    Args:
        answer: The answer, which grows meanwhile.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._piece = self._start = 0  # the piece to take from next, and where within it

    @property
    def is_done(self) -> bool:
        """Whether nothing received so far is left."""
        return self._piece == len(self._answer.pieces)

    def take(self) -> str:
        """Give the next text, 2,000 characters at most; "" if nothing is left."""
        if self.is_done:
            return ""
        piece, start = self._answer.pieces[self._piece], self._start
        end = start + STEP_CHARS
        if end < len(piece):
            self._start = end
        else:
            self._piece, self._start = self._piece + 1, 0
        return piece[start:end]
