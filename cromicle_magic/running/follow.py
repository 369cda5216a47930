"""One answer followed to its end, whichever way that comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cromicle_magic.answer import Answer
    from cromicle_magic.views.view import View

__all__ = ["follow"]

# How long a provider may take to close once it is told to, asked twice.
CLOSE_S = 1.0


async def follow(
    answer: Answer, view: View, chunks: AsyncGenerator[str, None] | None = None
) -> None:
    """Let a view show an answer until it has ended and all of it is shown.

    Args:
        answer: The answer.
        view: Who shows it.
        chunks: The provider's generator, which the answer then begins to read; None if the answer
            has begun already.

    Raises:
        CancelledError: This coroutine was cancelled. The answer is stopped then, its connection
            closed, and the text so far stays shown; a provider that does not close within a second
            is left to itself.
    """
    view.open(answer)
    if chunks:
        answer.begin(chunks)
    try:
        # The beat also wakes the loop: ipykernel's own interrupt of an awaited cell is noticed
        # only when the loop next wakes, which a silent server may put off for minutes.
        is_painted = False
        while not (is_painted and answer.is_ended):
            await answer.wait(view.beat_s)
            is_painted = view.paint()
    except asyncio.CancelledError:
        await _stop(answer)
        raise
    finally:
        view.close()


async def _stop(answer: Answer) -> None:
    for _ in range(2):
        answer.stop()
        await answer.wait(CLOSE_S / 2)
        if answer.is_ended:
            return
