"""One output at the end, for runs that nobody watches: nbclient, papermill, %%capture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

from cromicle_magic.views.layout import Layout, Part
from cromicle_magic.views.pace import BEAT_S, timer
from cromicle_magic.views.status import footer

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer

__all__ = ["LAY_OUT_S", "SilentView", "StaticView", "bundle", "finished"]

# Laying out what is left at the end keeps the cell waiting; after this it stays plain text.
FINISH_S = 0.3
# What one step may lay out, so that the loop is never held for long.
LAY_OUT_S = 0.02


def bundle(part: Part, below: str = "") -> dict[str, str]:
    """Give what a saved notebook keeps of an answer, or of a part of it.

    Args:
        part: The text and its sanitised HTML.
        below: HTML of our own to stand below, in ``text/html`` only.

    Returns:
        A MIME bundle; its plain text is exactly the answer.
    """
    return {"text/html": part.html + below, "text/plain": part.text}


def finished(answer: Answer, layout: Layout) -> Layout:
    """Finish an answer's layout, within a time that a reader bears.

    Args:
        answer: The answer, ended or interrupted.
        layout: The layout of what came before.

    Returns:
        The same layout.
    """
    layout.finish(answer, timer(FINISH_S))
    return layout


class StaticView:
    """Shows an answer once, when it is complete."""

    outlives_cell = False
    beat_s = BEAT_S

    def __init__(self) -> None:
        self._layout = Layout()

    def open(self, answer: Answer) -> None:
        """Begin; there is nothing to see yet."""
        self._answer = answer

    def paint(self) -> bool:
        """Lay out what has come, and show nothing: the end will."""
        is_taken = self._layout.take(self._answer, timer(LAY_OUT_S))
        return self._layout.lay_out(timer(LAY_OUT_S)) and is_taken

    def close(self) -> None:
        """Show the text received."""
        layout = finished(self._answer, self._layout)
        answer = self._answer
        if answer.text or answer.reasoning or (answer.error and answer.tells_error):
            display(bundle(layout.whole(), footer(answer)), raw=True)


class SilentView:
    """Shows nothing: the answer was asked for, not to be seen.

    Args:
        outlives_cell: Whether the view in whose place it stands could go on without its cell.
    """

    beat_s = BEAT_S

    def __init__(self, *, outlives_cell: bool) -> None:
        self.outlives_cell = outlives_cell

    def open(self, answer: Answer) -> None:
        """Show nothing."""

    def paint(self) -> bool:
        """Show nothing."""
        return True

    def close(self) -> None:
        """Show nothing."""
