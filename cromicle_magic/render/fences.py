"""The code in a Markdown text: what stands between its fences, and where they stand."""

from __future__ import annotations

from typing import NamedTuple

from markdown_it import MarkdownIt

__all__ = ["Fence", "blocks", "fences"]

_PARSER = MarkdownIt("commonmark")


class Fence(NamedTuple):
    """A fenced code block.

    Attributes:
        language: The first word behind the opening fence, in lower case; "" if there is none.
        content: What stands between the fences, without the indentation of the opening one.
        first: The line of the opening fence, from 0.
        end: The line behind the closing fence, or the number of lines where it is still open.
    """

    language: str
    content: str
    first: int
    end: int


def fences(text: str) -> list[str]:
    r"""Give the contents of the fenced code blocks, in order, without their fences.

    Args:
        text: Markdown; a fence that is still open at its end goes on up to there.

    >>> fences("Look:\n- ```python\n  x = 1\n  ```\n\n~~~\na\n```\nb\n~~~")
    ['x = 1\n', 'a\n```\nb\n']
    """
    return [block.content for block in blocks(text)]


def blocks(text: str) -> list[Fence]:
    r"""Give the fenced code blocks, in order, also those in lists and quotes.

    Args:
        text: Markdown; a fence that is still open at its end goes on up to there.

    >>> blocks("Look:\n```Python title=a\nx\n```")
    [Fence(language='python', content='x\n', first=1, end=4)]
    """
    tokens = (token for token in _PARSER.parse(text) if token.type == "fence")
    return [
        Fence(token.info.lower().partition(" ")[0], token.content, *(token.map or (0, 0)))
        for token in tokens
    ]
