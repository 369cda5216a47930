"""A model's thinking told apart from its answer, wherever the network cuts, and joined to it."""

from __future__ import annotations

import re

__all__ = ["Marking", "Thinking"]

_OPEN, _CLOSE = "<think>", "</think>"
_BLANKS = re.compile(r"\s*")


class Thinking:
    r"""Parts ``<think>...</think>`` from the answer behind it.

    A section counts only before the answer's first word: further on, the mark is something that
    the answer talks about. Blanks between a section and the answer belong to neither.

    >>> thinking = Thinking()
    >>> thinking.feed("<thi"), thinking.feed("nk>Hm.</think>\n\nYes: <think>")
    (('', ''), ('Hm.', 'Yes: <think>'))
    """

    def __init__(self) -> None:
        self._held = ""  # what may still become a mark
        self._blanks: list[str] = []  # what is the answer's only if no thinking follows
        self._is_inside = self._has_begun = self._has_thought = False

    def feed(self, text: str) -> tuple[str, str]:
        """Take the next piece of a stream.

        Args:
            text: Any piece, cut anywhere.

        Returns:
            What of it is thinking, and what is answer.
        """
        held, self._held, at = self._held + text, "", 0
        thoughts: list[str] = []
        while not self._has_begun:
            step = self._think if self._is_inside else self._begin
            new, at, is_open = step(held, at)
            thoughts.append(new)
            if is_open:
                self._held = held[at:]
                return "".join(thoughts), ""
        return "".join(thoughts), self._led_in() + held[at:]

    def flush(self) -> tuple[str, str]:
        """Give what the end leaves over, as ``feed`` does."""
        held, self._held = self._held, ""
        return (held, "") if self._is_inside else ("", self._led_in() + held)

    def _begin(self, held: str, at: int) -> tuple[str, int, bool]:
        """Look for a section's start; the answer's first word rules it out."""
        start = _BLANKS.match(held, at).end()  # type: ignore[union-attr]
        self._blanks.append(held[at:start])
        if held.startswith(_OPEN, start):
            self._is_inside = self._has_thought = True
            return "", start + len(_OPEN), False
        may_open = _OPEN.startswith(held[start : start + len(_OPEN)])
        self._has_begun = not may_open
        return "", start, may_open

    def _led_in(self) -> str:
        blanks = "" if self._has_thought else "".join(self._blanks)
        self._blanks.clear()
        return blanks

    def _think(self, held: str, at: int) -> tuple[str, int, bool]:
        """Look for a section's end."""
        end = held.find(_CLOSE, at)
        if end >= 0:
            self._is_inside = False
            return held[at:end], end + len(_CLOSE), False
        cut = len(held) - _overlap(held[max(at, len(held) - len(_CLOSE)) :], _CLOSE)
        return held[at:cut], cut, True


class Marking:
    r"""Joins a model's thinking and its answer into one text, the opposite of ``Thinking``.

    Thinking behind the answer's first word is left out, for nobody could tell it apart any more.

    >>> marking = Marking()
    >>> marking.feed("H", ""), marking.feed("m.", ""), marking.feed("", "Yes")
    ('<think>H', 'm.', '</think>\n\nYes')
    """

    def __init__(self) -> None:
        self._is_inside = False
        self.has_begun: bool = False

    def feed(self, thought: str, text: str) -> str:
        """Take the next piece of each.

        Args:
            thought: The next of the thinking, "" for none.
            text: The next of the answer, "" for none.

        Returns:
            What they make together; "" for nothing.
        """
        parts = []
        if thought and not self.has_begun:
            parts += [thought] if self._is_inside else [_OPEN, thought]
            self._is_inside = True
        if text:
            parts += [_CLOSE, "\n\n", text] if self._is_inside else [text]
            self._is_inside, self.has_begun = False, True
        return "".join(parts)


def _overlap(text: str, mark: str) -> int:
    """Give how many characters at a text's end may begin a mark."""
    sizes = range(min(len(text), len(mark) - 1), 0, -1)
    return next((size for size in sizes if mark.startswith(text[-size:])), 0)
