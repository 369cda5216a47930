"""The Markdown we speak: CommonMark, GitHub's tables, strikethrough and task lists, formulas."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from markdown_it.rules_block import table

from cromicle_magic.render.formulas import formula
from cromicle_magic.render.highlight import Colouring
from cromicle_magic.render.links import LinkParser, tame_links
from cromicle_magic.render.marks import sort_rules
from cromicle_magic.render.plain import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

__all__ = ["parsed", "render"]

DEEPEST_NESTING = 20
"""Deeper quotes, lists and brackets are shown as text: each level is parsed anew."""

_TASK = re.compile(r"\[([ xX])\](?=\s)")
_BOXES = {" ": "☐", "x": "☑", "X": "☑"}  # characters, as a form field would need a form
_SMALL_TABLE = 300  # cells
_CHARS_A_CELL = 3  # `|a` and a share of the line's end


def render(text: str, colouring_s: float) -> str:
    """Lay out Markdown as HTML that is not yet sanitised.

    Args:
        text: Markdown, with newlines as its only line ends.
        colouring_s: the CPU seconds that its code may cost.

    Returns:
        HTML of our own making, with foreign words inside.
    """
    html: str = _parser().render(text, {"colouring": Colouring(colouring_s)})
    return html


def parsed(text: str) -> list[Token]:
    """Part Markdown into the tokens that ``render`` lays out, for who lays them out elsewhere.

    Args:
        text: Markdown, with newlines as its only line ends.

    Returns:
        Tokens of markdown-it-py, with foreign words inside, and ``formula`` and ``formula_block``
        beside its own.
    """
    return _parser().parse(text)


@cache
def _parser() -> MarkdownIt:
    md = LinkParser("commonmark", {"html": False, "maxNesting": DEEPEST_NESTING})
    md.enable(["table", "strikethrough"])
    sort_rules(md)
    md.core.ruler.disable("normalize")  # of line ends, which are newlines by now
    md.block.ruler.at("table", _honest_table, {"alt": ["paragraph", "reference"]})
    md.core.ruler.push("links", tame_links)
    md.core.ruler.push("blocks", _tame_blocks)
    for name, rule in _RENDERERS.items():
        md.add_render_rule(name, rule)
    return md


def _honest_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Refuse a table whose missing cells would outgrow the text by far."""
    head = state.bMarks[start]
    columns = state.src.count("|", head, state.eMarks[start])
    if not columns:  # asked before each line, so that nearly all are told from a table's head here
        return False
    if not silent and start + 1 < end:
        body = state.src[head : state.src.find("\n\n", head)]
        cells = columns * body.count("\n")
        if cells > _SMALL_TABLE and cells * _CHARS_A_CELL > len(body):
            return False
    return table(state, start, end, silent)


def _tame_blocks(state: StateCore) -> None:
    """Tick the boxes of task lists, and align cells; JupyterLab puts bare ones right."""
    for place, token in enumerate(state.tokens):
        if token.type == "inline" and state.tokens[place - 2].type == "list_item_open":
            _tick(token)
        elif token.type in ("td_open", "th_open"):
            token.attrs.setdefault("style", "text-align:left")


def _tick(item: Token) -> None:
    first = item.children[0] if item.children else None
    if first and first.type == "text" and (box := _TASK.match(first.content)):
        first.content = _BOXES[box[1]] + first.content[box.end() :]


def _text(_self: object, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    return words(tokens[at].content)  # the sanitiser's room makes controls visible


def _span(_self: object, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    return formula(tokens[at].content, "span")


def _block(_self: object, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    return formula(tokens[at].content, "div") + "\n"


def _code(
    _self: object, tokens: Sequence[Token], at: int, _options: OptionsDict, env: EnvType
) -> str:
    colouring: Colouring = env["colouring"]
    return colouring.block(tokens[at].content, tokens[at].info)


_RENDERERS = {
    "text": _text,
    "formula": _span,
    "formula_block": _block,
    "fence": _code,
    "code_block": _code,
}
