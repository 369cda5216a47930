"""Markdown as tokens for a terminal: its controls visible, its formulas and addresses as typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.render.dialect import parsed
from cromicle_magic.render.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

__all__ = ["terminal_tokens"]


def terminal_tokens(text: str) -> list[Token]:
    """Part Markdown into what a renderer for a terminal lays out.

    Args:
        text: Markdown, trusted in nothing.

    Returns:
        Tokens of CommonMark, tables and strikethrough, without any raw HTML or image; a formula is
        text, one that has its lines to itself is code, and a link whose text is its address has
        only the text.
    """
    return list(_shown(parsed(visible(text.replace("\r\n", "\n")))))


def _shown(tokens: Sequence[Token]) -> Iterator[Token]:
    is_bare = False
    for at, token in enumerate(tokens):
        if token.type == "link_open":
            is_bare = _is_bare(tokens[at : at + 3])
        if is_bare and token.type in {"link_open", "link_close"}:
            continue
        # A character reference, such as &#x202E;, is a control again by now.
        token.content = visible(token.content)
        if token.type == "formula":
            token.type = "text"
        elif token.type == "formula_block":
            token.type, token.tag = "fence", "code"
        token.children = token.children and list(_shown(token.children))
        yield token


def _is_bare(link: Sequence[Token]) -> bool:
    is_one = len(link) == 3 and link[2].type == "link_close"
    return is_one and link[1].content == link[0].attrs.get("href")
