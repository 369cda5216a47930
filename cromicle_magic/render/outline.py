"""What a line of Markdown means after those before it, as far as cuts need to know."""

from __future__ import annotations

import re

from cromicle_magic.render.formulas import FENCE

__all__ = ["Outline"]

_ITEM = re.compile(r"( {0,3})([-+*]|(\d{1,9})[.)])( +(?=\S)| *$)")
_RULE = re.compile(r" {0,3}([-_*])(?: *\1){2,} *$")
_DISPLAY = re.compile(r" {0,3}(?:\$\$|\\\[)")
_MARGIN = " \t\r\n"
_FIRST_OF_ITEM = "-+*0123456789"
_WIDEST_GAP = 4  # five spaces after a marker are one, and indented code


class Outline:
    """The outline of a block parser, fed line by line.

    It follows CommonMark at the top level only: an open fence, and the list that may go
    on with the content column of its last item. Where that column can't be told without
    parsing the paragraph before (`_is_sure` is false), a fence indented by two or three
    might be inside the list or outside: then nothing is cut any more (`_is_lost`).
    """

    def __init__(self) -> None:
        """Start before the first line."""
        self._fence = ""  # the opening marker of the open fence
        self._column = 0  # where the last item's content starts; 0: no list
        self._mark = ""  # the last item's marker, a bullet or the sign after the number
        self._is_sure = True
        self._is_lost = False
        self._after_blank = True
        self._in_display = False

    def will_start_block(self, beginning: str) -> bool:
        """Tell from a line's first character that the text can be cut before it.

        A paragraph often is one long line; waiting for its end would hold back the
        block before it for seconds.
        """
        if self._fence or self._is_lost or not self._after_blank:
            return False
        return beginning[0] not in (_MARGIN + _FIRST_OF_ITEM if self._column else _MARGIN)

    def starts_block(self, line: str) -> bool:
        """Take the next line.

        Args:
            line: The line, with its end.

        Returns:
            Whether the text can be cut before it.
        """
        line = line.rstrip("\r\n").expandtabs(4)
        if self._fence:
            self._end_fence(line)
            return False
        if not line.strip(" "):
            self._after_blank, self._in_display = True, False
            return False
        may_cut = self._after_blank and line[0] != " " and not self._goes_on(line)
        self._read(line)
        self._after_blank = False
        return may_cut and not self._is_lost

    def _goes_on(self, line: str) -> bool:
        return self._column > 0 and _ITEM.match(line) is not None and not _RULE.match(line)

    def _end_fence(self, line: str) -> None:
        found = FENCE.match(line)
        if found and found[1].startswith(self._fence) and not line[found.end() :].strip(" "):
            self._fence = ""
            self._after_blank = False

    def _read(self, line: str) -> None:
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        if self._column and self._is_sure and indent >= self._column:
            return
        if text[0].isalpha():  # as most lines: none of the marks below is a letter
            self._leave(indent)
            return
        fence, item = FENCE.match(line), _ITEM.match(line)
        if fence:
            self._open_fence(fence[1], indent)
        elif _RULE.match(line):
            self._leave(indent)
        elif item:
            self._read_item(item)
        else:
            self._leave(indent)
        self._in_display = self._in_display or _DISPLAY.match(line) is not None

    def _open_fence(self, marker: str, indent: int) -> None:
        if indent > 1 and not self._is_sure:
            self._is_lost = True
        self._fence = marker
        self._column, self._is_sure = 0, True

    def _leave(self, indent: int) -> None:
        """Take a line left of the list: after a blank line it ends it, else it may go on."""
        if not self._column:
            return
        if self._after_blank and (self._is_sure or indent <= 1):
            self._column, self._is_sure = 0, True
        else:
            self._is_sure = False

    def _read_item(self, item: re.Match[str]) -> None:
        indent, marker, number, gap = len(item[1]), item[2], item[3], item[4]
        mark = marker[-1]
        is_empty = item.end() == len(item.string)
        interrupts = not is_empty and number in (None, "1")
        goes_on = self._is_sure and self._column > 0 and mark == self._mark
        placed = self._after_blank or interrupts or goes_on
        self._is_sure = (
            placed and not is_empty and not self._in_display and (self._is_sure or indent <= 1)
        )
        self._column = indent + len(marker) + (len(gap) if 1 <= len(gap) <= _WIDEST_GAP else 1)
        self._mark = mark
