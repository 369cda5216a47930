"""One answer followed to its end, whichever way that comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer
    from cromicle_magic.views.view import View

__all__ = ["follow"]

# How long a provider may take to close once it is told to, asked twice.
CLOSE_S = 1.0


async def follow(answer: Answer, view: View) -> None:
    """Let an open view show an answer until it has ended and all of it is shown.

    Args:
        answer: The answer, begun.
        view: Who shows it, open; it is closed at the end.

    Raises:
        CancelledError: This coroutine was cancelled. The answer is stopped then, its connection
            closed, and the text so far stays shown; a provider that does not close within a second
            is left to itself. The same where the view fails, whose error goes through.
    """
    try:
        # The beat also wakes the loop: ipykernel's own interrupt of an awaited cell is noticed
        # only when the loop next wakes, which a silent server may put off for minutes.
        is_painted = False
        while not (is_painted and answer.is_ended):
            await answer.until_end(view.beat_s)
            is_painted = view.paint()
    except asyncio.CancelledError:
        answer.is_interrupted = True
        raise
    finally:
        try:
            await _stop(answer)
        finally:
            view.close()


async def _stop(answer: Answer) -> None:
    for _ in range(2):
        if answer.is_ended:
            return
        answer.stop()
        await answer.until_end(CLOSE_S / 2)
