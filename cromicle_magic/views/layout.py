"""An answer as HTML, laid out block by block and slot by slot; pure, the clock is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cromicle_magic.render.blocks import Blocks
from cromicle_magic.render.markdown import PIECE_WEIGHT, to_html
from cromicle_magic.render.plain import escaped, inline
from cromicle_magic.render.weight import weight
from cromicle_magic.views.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Callable

    from cromicle_magic.answer import Answer

__all__ = ["ONE_OUTPUT_CHARS", "SLOT_CHARS", "Layout", "Part", "fold"]

# An answer up to here is one output in the end; a larger one would freeze the browser.
ONE_OUTPUT_CHARS = 100_000
# A slot is settled when it is this long, or a tenth of the whole: 41 slots hold 200,000
# characters. JupyterLab shows no more than 50 outputs of a cell.
SLOT_CHARS = 1_000
SLOT_SHARE = 10
MOST_SLOTS = 44
# Above this the live slot shows only its last parts, until it is settled.
LIVE_CHARS = 30_000
LIVE_END_CHARS = 5_000
# Blocks up to here are laid out together, for each call of the libraries costs a little; those that
# would be more than half of what one call lays out at all are left to go one by one.
GROUP_CHARS = 4_000
GROUP_WEIGHT = PIECE_WEIGHT // 2

_FOLD = "<details><summary>{}</summary>\n{}</details>\n"
_CUT = "<p><em>{:,} characters before these are shown when the answer is complete.</em></p>\n"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer: its text, and the same as sanitised HTML."""

    text: str = ""
    html: str = ""


def fold(reasoning: str, chars: int | None = None) -> Part:
    """Fold a model's thinking away behind one line; it is no part of the answer's text.

    Args:
        reasoning: What to show of it behind the fold.
        chars: How long the whole of it is, if that is not all.

    Returns:
        The part; its plain text is empty.
    """
    title = inline(f"Reasoning, {len(reasoning) if chars is None else chars:,} characters")
    return Part(html=_FOLD.format(title, escaped(reasoning)))


class Layout:
    """The parts of a growing answer, each laid out once, when its end is known.

    A settled slot holds parts that change no more; the live slot holds those after it, and the
    tail, which is laid out anew for each repaint.

    Args:
        slot_chars: How long a slot is before it is settled, in characters.
    """

    def __init__(self, slot_chars: int = SLOT_CHARS) -> None:
        self.chars: int = 0
        self._slot_chars = slot_chars
        self._live_chars = LIVE_CHARS if slot_chars < LIVE_CHARS else LIVE_END_CHARS
        self._intake: Intake | None = None
        self._blocks = Blocks()
        self._laid = 0  # blocks laid out so far
        self._slots: list[list[Part]] = [[]]

    @property
    def slots(self) -> int:
        """How many slots there are, the live one included."""
        return len(self._slots)

    def take(self, answer: Answer, is_time_up: Callable[[], bool]) -> bool:
        """Take in what of an answer has come.

        Args:
            answer: The answer; always the same one.
            is_time_up: Asked after each step.

        Returns:
            Whether nothing is left to take in.
        """
        if self._intake is None:
            self._intake = Intake(answer)
        if answer.pieces and not self.chars and answer.reasoning:
            self.add(fold(answer.reasoning))
        while text := self._intake.take():
            self.feed(text)
            if is_time_up():
                break
        return self._intake.is_done

    def feed(self, text: str) -> None:
        """Take the next piece of the answer."""
        self._blocks.feed(text)
        self.chars += len(text)

    def add(self, part: Part) -> None:
        """Put a part of another kind into the live slot."""
        self._slots[-1].append(part)

    def lay_out(self, is_time_up: Callable[[], bool]) -> bool:
        """Lay out what has settled, a block or a few small ones a step.

        Args:
            is_time_up: Asked before each step but the first; a step takes 0.1 s at worst.

        Returns:
            Whether nothing is left to do.
        """
        settled = self._blocks.settled
        while self._laid < len(settled):
            group = self._group(settled)
            self.add(_laid_out("".join(group)))
            self._laid += len(group)
            if is_time_up():
                break
        return self._laid == len(settled)

    def settle(self) -> Part | None:
        """Settle the live slot, if it is long enough, and begin another.

        Returns:
            The slot's content, which changes no more; None if it goes on.
        """
        live = self._slots[-1]
        wanted = max(self._slot_chars, self.chars // SLOT_SHARE)
        if sum(len(part.text or part.html) for part in live) < wanted or self.slots >= MOST_SLOTS:
            return None
        self._slots.append([])
        return _joined(live)

    def live(self) -> str:
        """Give the HTML of the live slot, the moving tail included."""
        # The tail comes after what waits to be laid out, and both a moment later.
        tail = self._blocks.tail if self._laid == len(self._blocks.settled) else ""
        parts = self._slots[-1]
        chars = len(tail) + sum(len(part.text) for part in parts)
        note = ""
        if chars > self._live_chars:
            parts, tail = _end(parts, tail)
            hidden = chars - len(tail) - sum(len(part.text) for part in parts)
            note = _CUT.format(hidden)
        html = "".join(part.html for part in parts)
        return note + html + (_laid_out(tail).html if tail else "")

    def finish(self, answer: Answer, is_time_up: Callable[[], bool]) -> None:
        """Take in and lay out all that is left; what there is no time for stays plain text.

        Args:
            answer: The answer, ended.
            is_time_up: Tells whether to lay out no more; looked at between two steps.
        """
        self.take(answer, lambda: False)
        if answer.reasoning and not answer.pieces:
            self.add(fold(answer.reasoning))
        if self.lay_out(is_time_up) and self._blocks.tail:
            self.add(_laid_out(self._blocks.tail))
        elif rest := "".join(self._blocks.settled[self._laid :]) + self._blocks.tail:
            self.add(Part(rest, to_html(rest, limit=0)))
        self._blocks, self._laid = Blocks(), 0

    def last(self) -> Part:
        """Give the live slot's content as it stays, once finished."""
        return _joined(self._slots[-1])

    def whole(self) -> Part:
        """Give all slots as one, once finished."""
        return _joined([part for slot in self._slots for part in slot])

    def _group(self, settled: list[str]) -> list[str]:
        """Give the next blocks to lay out together."""
        end, chars = self._laid + 1, len(settled[self._laid])
        while end < len(settled) and (chars := chars + len(settled[end])) <= GROUP_CHARS:
            end += 1
        group = settled[self._laid : end]
        return group if weight("".join(group)) <= GROUP_WEIGHT else group[:1]


def _end(parts: list[Part], tail: str) -> tuple[list[Part], str]:
    """Give the last parts, as many as a live slot may show, and the end of the tail."""
    left = LIVE_END_CHARS - len(tail)
    first = len(parts)
    while first and (left := left - len(parts[first - 1].text)) >= 0:
        first -= 1
    return parts[first:], tail[-LIVE_END_CHARS:]


def _laid_out(text: str) -> Part:
    return Part(text, to_html(text, PIECE_WEIGHT))


def _joined(parts: list[Part]) -> Part:
    return Part("".join(part.text for part in parts), "".join(part.html for part in parts))
