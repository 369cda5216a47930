"""The terminal and the console: the words as they come, every control made visible."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cromicle_magic.render.terminal import visible
from cromicle_magic.views.status import error_line, noted

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer

__all__ = ["TerminalView"]


class TerminalView:
    """Writes an answer to standard output."""

    # Quicker than the eye: each chunk seems to come by itself.
    outlives_cell = False
    beat_s: float = 0.02

    def open(self, answer: Answer) -> None:
        """Begin; there is nothing to see yet."""
        self._answer = answer
        self._shown = 0
        self._held = ""

    def paint(self) -> bool:
        """Write what has come since the last time."""
        new = self._answer.pieces[self._shown :]
        if new:
            self._shown += len(new)
            self._show("".join(new))
        return True

    def close(self) -> None:
        """Write the rest, and end the line."""
        self.paint()
        # A terminal echoes ^C, which stands before the line that says what was kept.
        if self._shown or self._answer.state == "stopped":
            _write(f"{visible(self._held)}\n")
        _write(noted(self._answer))
        if self._answer.tells_error and self._answer.error:
            _write(f"{visible(error_line(self._answer.error))}\n")

    def _show(self, text: str) -> None:
        text = self._held + text
        # Only the next piece tells whether this one ends within a CRLF, which is a plain newline.
        self._held = "\r" if text.endswith("\r") else ""
        _write(visible(text.removesuffix(self._held).replace("\r\n", "\n")))
        sys.stdout.flush()


def _write(text: str) -> None:
    """Write a text; characters that the terminal's encoding lacks are shown by their numbers."""
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError as error:
        sys.stdout.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))
