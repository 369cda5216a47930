"""Texts cut to a length, with what was left out said in their place; pure."""

from __future__ import annotations

__all__ = ["beginning", "both_ends"]

_ELLIPSIS = "…"


def beginning(text: str, chars: int) -> str:
    """Give a text's beginning, with an ellipsis if that is not all.

    Args:
        text: The text.
        chars: How many characters may come out, the ellipsis included.

    >>> beginning("abcdef", 4), beginning("abc", 4)
    ('abc…', 'abc')
    """
    return text if len(text) <= chars else text[: max(chars - 1, 0)] + _ELLIPSIS


def both_ends(text: str, chars: int) -> tuple[str, int]:
    r"""Cut a text in its middle.

    Args:
        text: Any text.
        chars: How many of its characters may stay; three quarters of them are its beginning.

    Returns:
        The text, with a line in the place of what was left out, and how many characters that is.

    >>> both_ends("a" * 30 + "b" * 10, 8)
    ('aaaaaa\n[… 32 characters left out …]\nbb', 32)
    """
    left_out = len(text) - chars
    if left_out <= 0:
        return text, 0
    head = chars - chars // 4
    mark = f"\n[… {left_out:,} characters left out …]\n"
    return text[:head] + mark + text[len(text) - chars // 4 :], left_out
