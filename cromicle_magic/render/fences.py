"""The code in a Markdown text: what stands between its fences."""

from __future__ import annotations

from markdown_it import MarkdownIt

__all__ = ["fences"]

_PARSER = MarkdownIt("commonmark")


def fences(text: str) -> list[str]:
    r"""Give the contents of the fenced code blocks, in order, without their fences.

    Args:
        text: Markdown; a fence that is still open at its end goes on up to there.

    >>> fences("Look:\n- ```python\n  x = 1\n  ```\n\n~~~\na\n```\nb\n~~~")
    ['x = 1\n', 'a\n```\nb\n']
    """
    return [token.content for token in _PARSER.parse(text) if token.type == "fence"]
