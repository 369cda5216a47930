"""The code in a Markdown text: what stands between its fences, and where they stand."""

from __future__ import annotations

import re
from typing import NamedTuple

from markdown_it import MarkdownIt

__all__ = ["Fence", "blocks", "fences", "indented", "nested"]

# What is within a paragraph holds no fence, and is what takes long: links, emphasis.
_PARSER = MarkdownIt("commonmark").disable("inline")

# A fence that begins a text about Markdown, which may hold fences of its own.
_OUTER = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*(?:markdown|md|mdx|rst|text)[ \t]*$", re.IGNORECASE
)


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
    return [Fence(_language(token.info), token.content, *(token.map or (0, 0))) for token in tokens]


def indented(text: str) -> list[str]:
    """Give the contents of the code blocks that are only indented, in order."""
    return [token.content for token in _PARSER.parse(text) if token.type == "code_block"]


def nested(text: str) -> str:
    r"""Make the fence of a Markdown block longer where it holds fences of the same length.

    Models write such blocks often. By the standard the first inner closing fence would end them,
    and what follows would fall apart.

    Args:
        text: Markdown.

    Returns:
        The text; where nothing is nested, as it was.

    >>> nested("```md\n```sh\nls\n```\n```")
    '````md\n```sh\nls\n```\n````'
    """
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        match = _OUTER.match(lines[at])
        last = _closing(lines, at, match["fence"]) if match else None
        if match and last:
            mark = match["fence"][0]
            lines[at] = mark + lines[at]
            if last < len(lines):
                lines[last] = mark + lines[last]
            at = last
        at += 1
    return "\n".join(lines)


def _closing(lines: list[str], first: int, fence: str) -> int | None:
    """Give the line that closes a block with others in it; None for one that holds none."""
    depth, deepest = 1, 1
    for at in range(first + 1, len(lines)):
        line = lines[at].strip()
        if line == fence:
            depth -= 1
        elif re.fullmatch(rf"{fence}[ \t]*[^\s`~]+.*", line):
            depth += 1
        deepest = max(deepest, depth)
        if not depth:
            return at if deepest > 1 else None
    return len(lines) if deepest > 1 else None


def _language(info: str) -> str:
    # As in ```python title="a", ```{python} and ```python:a.py.
    word = re.match(r"[{.]*([^\s{}:,]*)", info.strip())
    return word[1].lower() if word else ""
