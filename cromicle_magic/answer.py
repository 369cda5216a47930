"""The Answer: the text so far, the thinking before it, its state and its times."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Literal

from cromicle_magic.wire.reasoning import Thinking

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["Answer", "State"]

# How often an answer of another loop is looked at.
POLL_S = 0.05

State = Literal["waiting", "streaming", "stopping", "done", "stopped", "failed"]


class Answer:
    """One answer while it grows, and after.

    Args:
        engine: Who answers, as the reader should see it; foreign text, like the model.
        model: The model asked for, "" for the engine's own choice.

    Attributes:
        state: ``waiting`` for the first text, ``streaming``, ``stopping``, and at the end ``done``,
            ``stopped`` (by the reader) or ``failed``.
        error: What ended a failed answer.
        pieces: The text received so far, piece by piece; only appended to.
        thoughts: The thinking received before it, which is no part of it; only appended to.
        chars, thought_chars: How many characters of text and of thinking were received.
        began_s, latest_s, ended_s: When the request went out, the latest text came, and the answer
            ended (None before), in seconds of ``time.monotonic``.
    """

    def __init__(self, engine: str = "", model: str = "") -> None:
        self.engine, self.model = engine, model
        self.state: State = "waiting"
        self.error: Exception | None = None
        self.pieces: list[str] = []
        self.thoughts: list[str] = []
        self.chars = self.thought_chars = 0
        self.began_s = self.latest_s = time.monotonic()
        self.ended_s: float | None = None
        self._text, self._joined = "", 0
        self._reading: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        seconds = self.seconds(time.monotonic())
        return f"<Answer {self.state}: {self.chars:,} characters in {seconds:.1f} s>"

    @property
    def text(self) -> str:
        """The text received so far; the whole answer once the state is ``done``."""
        if self._joined < len(self.pieces):
            self._text += "".join(self.pieces[self._joined :])
            self._joined = len(self.pieces)
        return self._text

    @property
    def reasoning(self) -> str:
        """The thinking received so far, without the blanks around it."""
        return "".join(self.thoughts).strip()

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.ended_s is not None

    def seconds(self, now_s: float) -> float:
        """Give how long the answer has taken, up to its end."""
        return (now_s if self.ended_s is None else self.ended_s) - self.began_s

    def begin(self, chunks: AsyncGenerator[str, None]) -> None:
        """Begin to read a provider's chunks, in a task on the running loop.

        Args:
            chunks: The provider's generator; it is closed at the end, whichever way that comes.
        """
        self._loop = asyncio.get_running_loop()
        self._reading = self._loop.create_task(self._read(chunks))

    def stop(self) -> None:
        """End the answer early, which is no error; from any thread, more than once, or too late."""
        if self._reading and not self.is_ended:
            self._loop.call_soon_threadsafe(self._stop)

    async def wait(self, timeout_s: float | None = None) -> None:
        """Wait for the answer's end, but no longer than so many seconds.

        Cancelled, it only stops to wait. It lets the loop run on at least once, and works on any
        loop, also after that of the answer has closed.
        """
        if self._reading is None or self.is_ended:
            await asyncio.sleep(0)
        elif asyncio.get_running_loop() is self._loop:
            await asyncio.wait({self._reading}, timeout=timeout_s)
        else:
            await asyncio.sleep(POLL_S if timeout_s is None else timeout_s)

    def _stop(self) -> None:
        if self._reading and not self.is_ended:
            self.state = "stopping"
            self._reading.cancel()

    async def _read(self, chunks: AsyncGenerator[str, None]) -> None:
        thinking = Thinking()
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    self._take(*thinking.feed(chunk))
            self.state = "done"
        except asyncio.CancelledError:
            self.state = "stopped"
        except Exception as error:  # noqa: BLE001 - whoever waits for the answer raises it
            self.state, self.error = "failed", error
        ended = self.state
        self._take(*thinking.flush())
        self.state, self.ended_s = ended, time.monotonic()

    def _take(self, thought: str, text: str) -> None:
        self.latest_s = time.monotonic()
        if thought:
            self.thoughts.append(thought)
            self.thought_chars += len(thought)
        if text:
            self.pieces.append(text)
            self.chars += len(text)
        if self.state == "waiting":
            self.state = "streaming"
