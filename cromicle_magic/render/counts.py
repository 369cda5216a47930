"""A number and what it counts, as a reader would say it."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, unit: str) -> str:
    """Give a number with its unit.

    Args:
        number: How many there are.
        unit: What one of them is called; more of them get an s.

    >>> counted(1, "turn"), counted(1_200, "turn")
    ('1 turn', '1,200 turns')
    """
    return f"{number:,} {unit}{'s' * (number != 1)}"
