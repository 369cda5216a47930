"""What every view promises to whoever runs an answer."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer

__all__ = ["Place", "View"]

# Where an answer is shown: in a cell that is one call of ours, in one that holds more, or in one
# that has ended while the answer goes on.
Place = Literal["alone", "shared", "background"]


class View(Protocol):
    """Shows one answer; called from the notebook's loop only, in the order open, paint, close.

    Attributes:
        outlives_cell: Whether it can go on to show an answer when its cell has ended.
    """

    outlives_cell: bool

    @property
    @abstractmethod
    def beat_s(self) -> float:
        """How long to wait before the next call of ``paint``, in seconds."""

    @abstractmethod
    def open(self, answer: Answer) -> None:
        """Begin to show an answer, which grows meanwhile."""

    @abstractmethod
    def paint(self) -> bool:
        """Show what has come since the last time, as far as it is time for that.

        Returns:
            Whether nothing received is left to be taken in; a step never holds the loop for long.
        """

    @abstractmethod
    def close(self) -> None:
        """Show the answer as it stays: whole, and without anything live."""
