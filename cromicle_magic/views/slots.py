"""The slots of a cell's output: each a display of its own, shown, replaced, merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.display import clear_output, display

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Slots"]


class Slots:
    """A row of display slots, of which the last is the live one.

    Args:
        is_alone: Whether the cell is one call of ours, so that its output may be cleared.
    """

    def __init__(self, *, is_alone: bool) -> None:
        self._is_alone = is_alone
        self._settled = 0

    def show(self, live: Mapping[str, object]) -> None:
        """Add a slot below and show something live in it, given as a MIME bundle."""
        self._handle: Any = display(dict(live), raw=True, display_id=True)

    def settle(self, content: Mapping[str, str]) -> None:
        """Put a static content in the live slot's place, for good."""
        self._handle.update(dict(content), raw=True)
        self._settled += 1

    @property
    def can_merge(self) -> bool:
        """Whether one output can take the place of all slots."""
        return self._is_alone or not self._settled

    def merge(self, whole: Mapping[str, str]) -> None:
        """Put one output in the place of all slots.

        Where there are several, the cell's output is cleared for it: the only way to make them
        fewer. What others have printed into this cell meanwhile goes, too.
        """
        if self._settled:
            clear_output(wait=True)
            display(dict(whole), raw=True)
        else:
            self.settle(whole)
