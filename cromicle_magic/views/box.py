"""The live box: the growing text, Stop, a status line; the only room that knows ipywidgets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import ipywidgets

from cromicle_magic.render.plain import inline
from cromicle_magic.views.layout import ONE_OUTPUT_CHARS, SLOT_CHARS, Layout, Part, fold
from cromicle_magic.views.pace import Pace, timer
from cromicle_magic.views.slots import Slots
from cromicle_magic.views.static import LAY_OUT_S, bundle, finished
from cromicle_magic.views.status import footer, status_line

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer
    from cromicle_magic.views.view import Place

__all__ = ["BoxView"]

TOOLTIP = "Stop, and keep the text so far"
SETTLE_S = 0.4
# Of a model's thinking, only the end is worth seeing while it thinks.
THINKING_CHARS = 1_000

# The classes that JupyterLab gives to the output which will take this one's place, and its width.
_LIVE = (
    '<div class="jp-RenderedHTMLCommon jp-OutputArea-output" style="box-sizing:border-box">{}</div>'
)


class BoxView:
    """Shows an answer in a widget while it grows, and at the end puts plain output in its place.

    Replaced, not accompanied: a saved output that still holds a widget shows an error when the
    notebook is opened again. What has settled moves out of the widget into slots above it, so that
    a repaint stays small however long the answer, and a reloaded page keeps it.

    Args:
        place: Which kind of cell it stands in.
    """

    outlives_cell = True

    def __init__(self, place: Place) -> None:
        self._slots = Slots(is_alone=place == "alone")
        # Slots that can't be merged in the end are few and large from the start.
        self._layout = Layout(SLOT_CHARS if place == "alone" else ONE_OUTPUT_CHARS)
        self._is_background = place == "background"
        self._pace = Pace(time.monotonic())

    @property
    def beat_s(self) -> float:
        """How long to wait before the next call of ``paint``, in seconds."""
        return self._pace.beat_s

    def open(self, answer: Answer) -> None:
        """Show the empty box with its Stop button."""
        self._answer = answer
        answer.tells_error = answer.tells_error or self._is_background
        self._settle_s, self._shown, self._state = 0.0, "", ""
        # Shared as far as can be: each layout is a message at the start and one at the end.
        # A block: a flex row's text is no wider than it must be, and formulas stand in its middle.
        layout = ipywidgets.Layout(width="auto", display="block")
        # Wrapped: else a narrow window cuts the button, and not the line.
        middle = ipywidgets.Layout(align_items="center", flex_flow="row wrap")
        self._text = ipywidgets.HTMLMath(layout=layout)
        line = self._status_html(time.monotonic())
        self._status = ipywidgets.HTMLMath(line, layout=layout, style=self._text.style)
        self._button = ipywidgets.Button(description="Stop", tooltip=TOOLTIP, layout=layout)
        self._button.on_click(lambda _: answer.stop())
        row = ipywidgets.HBox([self._button, self._status], layout=middle)
        self._box: Any = ipywidgets.VBox([self._text, row], layout=layout)
        widgets = (self._box, row, self._button, self._status, self._text)
        self._parts = (*widgets, self._button.style, self._text.style, layout, middle)
        # The plain text is for frontends without widgets, which see the answer at its end.
        self._live = {**self._box._repr_mimebundle_(), "text/plain": "An answer streams here."}
        self._slots.show(self._live)

    def paint(self) -> bool:
        """Take in, lay out and show what has come, as far as it is time for that."""
        start, before = time.monotonic(), self._layout.chars
        is_taken = self._layout.take(self._answer, timer(LAY_OUT_S))
        self._pace.earn(start, self._layout.chars - before)
        is_laid_out = is_taken and self._layout.lay_out(timer(LAY_OUT_S))
        if start >= self._settle_s and (part := self._layout.settle()):
            self._settle_s = start + SETTLE_S
            self._slots.settle(bundle(part))
            self._paint_text(start)
            self._slots.show(self._live)
        elif self._pace.is_due(start):
            self._paint_text(start)
        is_news = self._answer.state != self._state
        # How it has ended, the footer will tell.
        if not self._answer.is_ended and self._pace.is_status_due(start, is_news=is_news):
            self._paint_status(start)
        return is_laid_out

    def close(self) -> None:
        """Put the answer in the box's place, and close the box and all its parts."""
        layout = finished(self._answer, self._layout)
        below = footer(self._answer)
        if not (self._answer or self._answer.thoughts):
            self._slots.settle(
                bundle(Part(), below) if self._answer.tells_error else {"text/plain": ""}
            )
        elif layout.chars <= ONE_OUTPUT_CHARS and self._slots.can_merge:
            self._slots.merge(bundle(layout.whole(), below))
        else:
            self._slots.settle(bundle(layout.last(), below))
        self._pace.end()
        for part in self._parts:
            part.close()

    def _paint_text(self, start_s: float) -> None:
        if self._answer.pieces:
            html = self._layout.live()
        elif thoughts := self._answer.thoughts:
            # As many pieces are enough, for none is empty.
            end = "".join(thoughts[-THINKING_CHARS:])[-THINKING_CHARS:]
            html = fold(end, self._answer.thought_chars).html
        else:
            return
        if html != self._shown:
            self._shown = html
            self._text.value = _LIVE.format(html)
            self._pace.spend(start_s, len(html), time.monotonic() - start_s)

    def _paint_status(self, now_s: float) -> None:
        self._status.value = self._status_html(now_s)
        self._button.disabled = self._answer.state == "stopping"

    def _status_html(self, now_s: float) -> str:
        self._state = self._answer.state
        return f'<span style="opacity:0.7">{inline(status_line(self._answer, now_s))}</span>'
