"""What every view promises to whoever runs an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer

__all__ = ["View"]


class View(Protocol):
    """Shows one answer; called from the notebook's loop only, in the order open, paint, close.

    Attributes:
        beat_s: How long to wait between two calls of ``paint``, in seconds.
    """

    beat_s: float

    def open(self, answer: Answer) -> None:
        """Begin to show an answer, which grows meanwhile."""

    def paint(self) -> bool:
        """Show what has come since the last time, as far as it is time for that.

        Returns:
            Whether nothing received is left to be taken in; a step never holds the loop for long.
        """

    def close(self) -> None:
        """Show the answer as it stays: whole, and without anything live."""
