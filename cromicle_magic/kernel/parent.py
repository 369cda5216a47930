"""A background task's outputs under the cell that began it, on ipykernel 6."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["CellParent"]


class CellParent:
    """The cell that runs now, kept for a task which outlives it.

    ipykernel 6 shows what a task displays under whichever cell runs then. From ipykernel 7 on a
    task knows its cell by itself, and in a terminal there is nothing to know: nothing is done
    there.

    Args:
        shell: The shell whose cell runs now.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        publisher: Any = shell.display_pub
        # There a trait, later a property over a context variable.
        self._publisher = publisher
        self._is_needed = publisher.has_trait("parent_header")
        self._header: Any = publisher.parent_header if self._is_needed else None

    @contextmanager
    def active(self) -> Iterator[None]:
        """Display under that cell, for one step that awaits nothing."""
        if not self._is_needed:
            yield
            return
        before = self._publisher.parent_header
        self._publisher.parent_header = self._header
        try:
            yield
        finally:
            self._publisher.parent_header = before
