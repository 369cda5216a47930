"""The terminal with Rich: Markdown laid out while it comes; the only room that knows Rich."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.text import Text

from cromicle_magic.render.blocks import Blocks
from cromicle_magic.render.highlight import CODE_CHARS, LANGUAGES
from cromicle_magic.render.markdown import PIECE_WEIGHT
from cromicle_magic.render.terminal import visible
from cromicle_magic.render.tokens import terminal_tokens
from cromicle_magic.render.weight import weight
from cromicle_magic.views.intake import Intake
from cromicle_magic.views.pace import REPAINT_S, timer
from cromicle_magic.views.status import noted, status_line, told

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer

__all__ = ["RichView"]

# What one repaint may take in and print, so that the loop is never held for long.
PAINT_S = 0.03
GROUP_CHARS = 1_000


class RichView:
    """Prints each block once it is complete, and shows the moving one below.

    What Rich gets has no controls left in it, and it writes no links that hide their target.
    """

    outlives_cell = False
    beat_s = REPAINT_S

    def open(self, answer: Answer) -> None:
        """Begin, with who is asked and how long it takes until there is a text."""
        self._answer, self._intake = answer, Intake(answer)
        self._blocks = Blocks()
        self._printed = 0
        self._is_first = True
        self._moving = ""
        # Transient, or an empty line would stay where the moving block was.
        self._live = Live(
            console=Console(), auto_refresh=False, redirect_stdout=False, transient=True
        )
        self._live.start()
        self._paint_status()

    def paint(self) -> bool:
        """Print what is complete, and show what moves, as far as it is time for that."""
        is_time_up, settled = timer(PAINT_S), self._blocks.settled
        while not is_time_up() and (text := self._intake.take()):
            self._blocks.feed(text)
        while not is_time_up() and self._printed < len(settled):
            self._print(self._next_group())
        if not self._answer.pieces:
            self._paint_status()
            return True
        is_done = self._intake.is_done and self._printed == len(settled)
        if is_done:
            self._paint_tail()
        return is_done

    def close(self) -> None:
        """Print the rest, at once."""
        self._live.update("", refresh=True)
        self._live.stop()
        while text := self._intake.take():
            self._blocks.feed(text)
        if rest := "".join(self._blocks.settled[self._printed :]) + self._blocks.tail:
            self._print(rest if rest.endswith("\n") else f"{rest}\n")
        self._live.console.out(noted(self._answer), highlight=False, end="")
        if self._answer.tells_error and self._answer.error:
            self._live.console.out(visible(told(self._answer.error)), highlight=False)

    def _next_group(self) -> str:
        settled, start = self._blocks.settled, self._printed
        self._printed, chars = start + 1, len(settled[start])
        while self._printed < len(settled) and chars < GROUP_CHARS:
            chars += len(settled[self._printed])
            self._printed += 1
        return "".join(settled[start : self._printed])

    def _paint_status(self) -> None:
        line = visible(status_line(self._answer, time.monotonic()))
        if line != self._moving:
            self._moving = line
            self._live.update(Text(line, style="dim"), refresh=True)

    def _paint_tail(self) -> None:
        if self._blocks.tail != self._moving:
            self._moving = self._blocks.tail
            self._live.update(self._laid_out_tail(), refresh=True)

    def _print(self, text: str) -> None:
        if not self._is_first:
            self._live.console.print()
        self._is_first = False
        if weight(text) > PIECE_WEIGHT:
            # Not even wrapped: Rich takes its time for that, too.
            self._live.console.out(visible(text), highlight=False, end="")
        else:
            self._live.console.print(_laid_out(text))

    def _laid_out_tail(self) -> Markdown | Text:
        # A live part higher than the screen can't be repainted in its place, and the end of a block
        # means something else than the block: so of a high one only its last words are shown.
        width, height = self._live.console.size
        rows = height // 2
        end = "".join(self._moving[-width * rows :].splitlines(keepends=True)[-rows:])
        return _laid_out(self._moving) if end == self._moving else Text(visible(end))


def _laid_out(text: str) -> Markdown:
    laid_out = Markdown("", hyperlinks=False)
    # Rich's own parser obeys raw HTML, and then leaves it out.
    laid_out.parsed = terminal_tokens(text)
    for token in laid_out.parsed:
        name = token.info.strip().lower().partition(" ")[0]
        token.info = name if name in LANGUAGES and len(token.content) <= CODE_CHARS else ""
    return laid_out
