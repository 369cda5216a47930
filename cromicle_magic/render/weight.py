"""What a text costs to lay out, told before the work is begun."""

from __future__ import annotations

__all__ = ["weight"]

# Microseconds of markdown-it-py, Pygments and nh3 divided by 4, beyond the 1 that every
# character weighs; measured on texts that hold nothing else (tests/render/test_bounds.py).
_EXTRA = {
    "\n": 8,
    "[": 6,
    "!": 6,
    "#": 6,
    "- ": 7,
    "* ": 5,
    "+ ": 7,
    **dict.fromkeys("*_~$\\<>&", 2),
    **dict.fromkeys("`|:", 1),
}


def weight(text: str) -> int:
    """Estimate the work of laying a text out, in characters of plain prose.

    The dearest markup is some ten times dearer than prose: a limit in characters would
    be far too low for an honest answer or far too high for a hostile one.

    Args:
        text: Markdown.

    Returns:
        At least the text's length; about 1.5 times that for an ordinary answer.
    """
    return len(text) + sum(extra * text.count(mark) for mark, extra in _EXTRA.items())
