"""Any text as a fenced block of Markdown, which nothing in it can end."""

from __future__ import annotations

import re

__all__ = ["fenced"]


def fenced(text: str, language: str = "") -> str:
    r"""Put a text between fences longer than any within it.

    Args:
        text: The text, without a newline at its end.
        language: What stands behind the opening fence; of our own making.

    Returns:
        The block, without a newline at its end.

    >>> fenced("```\nx\n```", "md")
    '````md\n```\nx\n```\n````'
    """
    longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
