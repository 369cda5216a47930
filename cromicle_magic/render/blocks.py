"""Where a growing Markdown text can be cut without changing what it says.

A cut lies only between blocks: after a blank line, before a line that starts at the
margin, with no fence open and no list that could go on. Lists, fences, quotes, tables,
formulas and indented code therefore stay whole. Rendering the pieces one by one gives
the same HTML as rendering the whole, with one exception that Markdown makes unavoidable:
a reference link `[text][name]` needs its definition in the same piece.
"""

from __future__ import annotations

import re

from cromicle_magic.render.outline import Outline

__all__ = ["Blocks", "split"]

_LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")


class Blocks:
    """A text that grows, cut as soon as a block can no longer change.

    The cost is linear in the text, however it is fed; each line is looked at once. There
    may be no cut for long (an endless list, fence or paragraph): `tail` then keeps
    growing, and whoever shows it must have a cap above which it is shown by
    `plain.escaped` (markdown.PIECE_WEIGHT).
    """

    def __init__(self) -> None:
        """Start with an empty text."""
        self.settled: list[str] = []
        """The pieces that won't change; joined with `tail` they are the text so far."""
        self._outline = Outline()
        self._done: list[str] = []
        self._rest: list[str] = []

    @property
    def tail(self) -> str:
        """The end of the text so far that may still change."""
        return "".join((*self._done, *self._rest))

    def feed(self, piece: str) -> None:
        """Append a piece; the cuts are the same wherever the text is split into pieces.

        Args:
            piece: any text, also an empty one or half a line.
        """
        start = 0
        if self._rest and self._rest[-1].endswith("\r"):  # is it a line end or half of one?
            piece = self._rest.pop() + piece
        for end in _LINE_END.finditer(piece):
            line, start = piece[start : end.end()], end.end()
            if self._rest:
                line = "".join((*self._rest, line))
                self._rest.clear()
            self._take(line)
        if piece[start:]:
            self._rest.append(piece[start:])
        if self._rest and self._outline.will_start_block(self._rest[0]):
            self._settle()

    def _take(self, line: str) -> None:
        if self._outline.starts_block(line):
            self._settle()
        self._done.append(line)

    def _settle(self) -> None:
        if self._done:
            self.settled.append("".join(self._done))
            self._done.clear()


def split(text: str) -> list[str]:
    """Cut a whole text.

    Args:
        text: Markdown.

    Returns:
        Its pieces; joined they are the text. The last one is the tail.
    """
    blocks = Blocks()
    blocks.feed(text)
    return [*blocks.settled, *filter(None, [blocks.tail])]
