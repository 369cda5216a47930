"""Every snippet of the README and the manual, found in their text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt

from cromicle_magic.manual.pages import page, topics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

__all__ = ["ROOT", "Snippet", "codes", "pages", "snippets"]

ROOT = Path(__file__).parents[2]

# What is typed into a cell or a terminal as it stands there.
_COMMAND = re.compile(r"%%?\w|(python|bash|pip|export|jupyter|chmod) ")


class Snippet(NamedTuple):
    """What a reader may type.

    Attributes:
        kind: What a fenced block says that it is, "cell" if it says nothing; for code within a line
            "line".
        text: The code, without the newline at its end.
        page: Where it stands first.
    """

    kind: str
    text: str
    page: str


def pages() -> dict[str, str]:
    """Give the README, up to its changelog, and the pages of the manual."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Changelog")[0]
    return {"README": readme} | {topic: page(topic) for topic in topics()}


def snippets() -> list[Snippet]:
    """Give each fenced block, and each command within a line, once."""
    found = (each for name, text in pages().items() for each in _snippets(name, text))
    once: dict[str, Snippet] = {}
    for each in found:
        once.setdefault(each.text, each)
    return list(once.values())


def codes() -> set[str]:
    """Give all code that stands within lines."""
    return {token.content for text in pages().values() for token in _tokens(text) if _is(token)}


def _snippets(name: str, text: str) -> Iterator[Snippet]:
    for token in _tokens(text):
        if token.type == "fence":
            yield Snippet(token.info.strip() or "cell", token.content.rstrip("\n"), name)
        elif _is(token) and _COMMAND.match(token.content):
            yield Snippet("line", token.content, name)


def _tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or ()


def _is(token: Token) -> bool:
    return token.type == "code_inline"
