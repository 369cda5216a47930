"""Rows of foreign words set in columns, as plain text for a notebook and a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.render.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["columns"]


def columns(rows: Iterable[Sequence[str]]) -> str:
    """Set rows in columns, each as wide as its widest cell.

    Args:
        rows: Rows of equally many cells; controls within them are made visible.

    Returns:
        A line for each row, without blanks at its end.

    >>> print(columns([("a", "engine"), ("12", "x")]))
    a   engine
    12  x
    """
    shown = [[" ".join(visible(cell).split()) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in shown)
