"""An answer followed: its clean-up is bounded, whatever the provider does."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from cromicle_magic.answer import Answer
from cromicle_magic.running.follow import CLOSE_S, follow
from cromicle_magic.views.terminal import TerminalView

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class Stubborn:
    """A provider whose closing takes no end, until it is let go.

    Args:
        cancels: How many cancels it shrugs off.
    """

    def __init__(self, cancels: int) -> None:
        self._left, self.let_go = cancels, asyncio.Event()

    async def chunks(self) -> AsyncGenerator[str, None]:
        """Say a word, and then nothing."""
        yield "word"
        while not self.let_go.is_set():
            await self._wait()

    async def _wait(self) -> None:
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self._left -= 1
            if self._left < 0:
                raise


@pytest.mark.parametrize("cancels", [0, 1, 1000])
def test_a_provider_that_does_not_close_is_left_to_itself(cancels: int) -> None:
    """Asked twice within a second; the cell ends, and keeps the text."""

    async def run() -> Answer:
        provider, answer, view = Stubborn(cancels), Answer(), TerminalView()
        view.open(answer)
        answer.begin(provider.chunks())
        following = asyncio.ensure_future(follow(answer, view))
        while not answer.pieces:
            await asyncio.sleep(0)
        start = time.monotonic()
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        assert time.monotonic() - start < CLOSE_S + 1
        provider.let_go.set()
        await answer.until_end()
        return answer

    assert asyncio.run(run()).text == "word"


class Broken(TerminalView):
    """A view that can't show a word, as where a terminal has gone."""

    def paint(self) -> bool:
        """Fail, after a moment in which the answer has begun."""
        if self._answer.pieces:
            raise BrokenPipeError
        return False


def test_an_answer_that_nobody_can_show_is_stopped() -> None:
    """Its connection is closed before the cell ends by the view's own error."""

    async def run() -> tuple[str, bool]:
        provider, answer, view = Stubborn(cancels=0), Answer(), Broken()
        view.open(answer)
        answer.begin(provider.chunks())
        with pytest.raises(BrokenPipeError):
            await follow(answer, view)
        return answer.state, answer.is_interrupted

    assert asyncio.run(run()) == ("stopped", False)
