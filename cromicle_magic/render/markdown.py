"""From Markdown to HTML that is safe to publish as `text/html` in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.render.blocks import split
from cromicle_magic.render.controls import pictured_in_html
from cromicle_magic.render.dialect import render
from cromicle_magic.render.highlight import COLOURING_S
from cromicle_magic.render.plain import escaped
from cromicle_magic.render.sanitise import clean
from cromicle_magic.render.weight import weight

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PIECE_WEIGHT", "WHOLE_WEIGHT", "render_pieces", "to_html"]

PIECE_WEIGHT = 20_000
"""The most for one step: 13,000 characters of an ordinary answer, a tenth of a second at worst."""

WHOLE_WEIGHT = 200_000
"""The most for one call: 130,000 characters of an ordinary answer, a second at worst."""

_NOTE = "<p><em>Shown as plain text: {:,} characters are too much to lay out at once.</em></p>\n"


def to_html(text: str, limit: int = WHOLE_WEIGHT) -> str:
    r"""Lay out Markdown as sanitised HTML.

    CommonMark with tables, strikethrough, task lists and bare web addresses; raw HTML is
    shown, not obeyed. Only formulas in `$...$`, `$$...$$`, `\(...\)` and `\[...\]` are
    left to MathJax. Images become links. Nothing is fetched and nothing runs.

    Args:
        text: Markdown, trusted in nothing.
        limit: the most to lay out, as `weight` counts it; a caller that must not block
            for more than a tenth of a second passes PIECE_WEIGHT, or uses render_pieces.

    Returns:
        HTML; above the limit one line that says so, and the text in a `<pre>`.
    """
    if weight(text) > limit:
        return _NOTE.format(len(text)) + escaped(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    colouring_s = COLOURING_S * limit / PIECE_WEIGHT
    return clean(render(pictured_in_html(lines), colouring_s))


def render_pieces(text: str) -> Iterator[str]:
    """Lay out a text of any length step by step.

    Args:
        text: Markdown, trusted in nothing.

    Yields:
        HTML of one block or a few; joined it is that of the whole, but for reference
        links (see blocks) and pieces above PIECE_WEIGHT, which are shown as plain text.
    """
    for piece in split(text):
        yield to_html(piece, PIECE_WEIGHT)
