"""The terminal: the words as they come, every control made visible."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cromicle_magic.render.terminal import visible

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer

__all__ = ["TerminalView"]


class TerminalView:
    """Writes an answer to standard output."""

    # Quicker than the eye: each chunk seems to come by itself.
    outlives_cell = False
    beat_s = 0.02

    def open(self, answer: Answer) -> None:
        """Begin; there is nothing to see yet."""
        self._answer = answer
        self._shown = 0

    def paint(self) -> bool:
        """Write what has come since the last time."""
        new = self._answer.pieces[self._shown :]
        if new:
            self._shown += len(new)
            sys.stdout.write(visible("".join(new).replace("\r\n", "\n")))
            sys.stdout.flush()
        return True

    def close(self) -> None:
        """Write the rest, and end the line."""
        self.paint()
        if self._shown:
            sys.stdout.write("\n")
