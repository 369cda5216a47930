"""The parser's rules by the characters that they begin with, so that none is asked in vain.

markdown-it asks a dozen rules before each line and at each special character, and nearly all of
them see at the first character that it isn't theirs: a third of the whole work of parsing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it.rules_block import blockquote, fence, heading, hr, list_block, reference
from markdown_it.rules_inline import (
    autolink,
    backtick,
    emphasis,
    entity,
    escape,
    image,
    link,
    newline,
    strikethrough,
)
from markdown_it.token import Token

from cromicle_magic.render.formulas import block_formula, inline_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline

    Block = Callable[[StateBlock, int, int, bool], bool]
    Inline = Callable[[StateInline, bool], bool]
    Rule = TypeVar("Rule", Block, Inline)

__all__ = ["sort_rules"]

# Rules of the same character stand in markdown-it's order. Those for raw HTML are left out.
_ENDS_LIST: Sequence[tuple[str, Block]] = (
    ("$\\", block_formula),
    ("`~", fence),
    (">", blockquote),
    ("*-_", hr),
)
_ENDS: Sequence[tuple[str, Block]] = (
    *_ENDS_LIST,
    ("*-+0123456789", list_block),
    ("#", heading),
)
_BLOCKS: Sequence[tuple[str, Block]] = (*_ENDS, ("[", reference))
_INLINES: Sequence[tuple[str, Inline]] = (
    ("\n", newline),
    ("$\\", inline_formula),
    ("\\", escape),
    ("`", backtick),
    ("~", strikethrough.tokenize),
    ("*_", emphasis.tokenize),
    ("[", link),
    ("!", image),
    ("<", autolink),
    ("&", entity),
)


def sort_rules(md: MarkdownIt) -> None:
    """Let one rule stand for all that begin with a mark: before a line, and within one.

    Args:
        md: A parser of CommonMark without raw HTML; formulas come with this.
    """
    block, inline = md.block.ruler, md.inline.ruler
    block.enableOnly(["table", "code", "lheading", "paragraph"])
    block.after("code", "marked", _before_line(_BLOCKS))
    # Behind the rule for paragraphs, which takes what is left, they are asked for ends only.
    block.push("end", _before_line(_ENDS), {"alt": ["paragraph", "reference", "blockquote"]})
    block.push("end of list", _before_line(_ENDS_LIST), {"alt": ["list"]})
    inline.enableOnly(["text"])
    inline.push("marked", _within_line)
    md.core.ruler.at("inline", _read_lines)


def _before_line(rules: Sequence[tuple[str, Block]]) -> Block:
    sorted_rules = _by_char(rules)

    def ask(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        first = state.bMarks[start] + state.tShift[start]
        for rule in sorted_rules.get(state.src[first : first + 1], ()):
            if rule(state, start, end, silent):
                return True
        return False

    return ask


def _within_line(state: StateInline, silent: bool) -> bool:
    for rule in _SORTED_INLINES.get(state.src[state.pos], ()):  # noqa: SIM110 - any() is dearer
        if rule(state, silent):
            return True
    return False


def _read_lines(state: StateCore) -> None:
    """Parse what stands in paragraphs, headings and cells, where there is a mark in it at all."""
    for token in state.tokens:
        if token.type == "inline" and _MARKED.search(token.content):
            token.children = state.md.inline.parse(token.content, state.md, state.env, [])
        elif token.type == "inline" and token.content:
            token.children = [Token("text", "", 0, content=token.content)]


def _by_char(rules: Sequence[tuple[str, Rule]]) -> dict[str, list[Rule]]:
    marks = "".join(chars for chars, _ in rules)
    return {mark: [rule for chars, rule in rules if mark in chars] for mark in marks}


_SORTED_INLINES = _by_char(_INLINES)
_MARKED = re.compile(f"[{re.escape(''.join(_SORTED_INLINES))}]")
