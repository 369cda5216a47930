"""The Answer: the text so far, the thinking before it, its state and its times."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from cromicle_magic.reading import POLL_S, Reading
from cromicle_magic.received import Received
from cromicle_magic.wire.reasoning import Thinking

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from typing_extensions import Self

    from cromicle_magic.report import Report, Sent

__all__ = ["Answer", "State"]

State = Literal["waiting", "streaming", "stopping", "done", "stopped", "failed"]


class Answer(Received):
    """One answer while it grows, and after; much like the text that it is.

    ``len``, ``in``, ``+``, slices and f-strings take it as its text. ``await answer`` waits for its
    end, and ``async for chunk in answer`` gives what comes from now on; both raise what ended a
    failed answer, and neither stops it when cancelled. A copy, or what comes out of a pickle, is
    the answer as far as it had come: of one that grows, a ``stopped`` one.

    Args:
        engine: Who answers, as the reader should see it; foreign text, like the model.
        model: The model asked for, "" for the engine's own choice.

    Attributes:
        state: ``waiting`` for the first text, ``streaming``, ``stopping``, and at the end ``done``,
            ``stopped`` (by the reader) or ``failed``.
        error: What ended a failed answer, or why what its cell wants can't be taken out of it.
        usage: What the engine counted, such as tokens; None if it told nothing.
        finish: The engine's own word for why the answer ended, "" if it told none.
        notice: What the reader should know of it, such as that it was cut off; foreign text.
        notes: What was done with the prompt and the answer, a few words each.
        waits_for: What it waits for before it is sent, "" from then on.
        extract: What its cell took out of it, if anything.
        retry: Why and when the request was last sent again, "" if it was sent once.
        sent: What was sent for it, its keys hidden; None before.
        pieces, thoughts, chars, thought_chars, latest_s: What has come; see ``Received``.
        first_text_seconds: How long the first character of text took, in seconds; None before it.
        tells_error: Whether what failed is said below it, as where no cell raises it.
        is_interrupted: Whether an interrupt has stopped it, which ends its cell with an error.
        cell: The number of the cell that asked, if one did.
        began_s, ended_s: When the request went out, and when the answer ended (None before), in
            seconds of ``time.monotonic``.
    """

    def __init__(self, engine: str = "", model: str = "") -> None:
        super().__init__()
        self.engine: str = engine
        self.model: str = model
        self.state: State = "waiting"
        self.error: Exception | None = None
        self.tells_error = False
        self.cell: int | None = None
        self.usage: dict[str, int] | None = None
        self.notice: str = ""
        self.retry: str = ""
        self.waits_for: str = ""
        self.finish: str = ""
        self.notes: list[str] = []
        self.extract: str | None = None
        self.is_interrupted = False
        self.sent: Sent | None = None
        self.first_text_seconds: float | None = None
        self.began_s: float = self.latest_s
        self.ended_s: float | None = None
        self._reading: Reading | None = None

    def __repr__(self) -> str:
        return f"<Answer {self.state}: {self.chars:,} characters in {self.seconds:.1f} s>"

    def __reduce__(self) -> tuple[type[Answer], tuple[()], dict[str, Any]]:
        # A copy is the text as far as it came: the task that reads belongs to its loop, and the
        # number of a job to its notebook.
        kept: dict[str, Any] = {name: getattr(self, name) for name in vars(Answer())}
        kept["_reading"] = None
        for name in ("pieces", "thoughts", "notes"):
            kept[name] = list(kept[name])
        if not self.is_ended:
            kept |= {"state": "stopped", "ended_s": time.monotonic(), "waits_for": ""}
        return Answer, (), kept

    # -- what it holds ----------------------------------------------------------
    @property
    def code(self) -> list[str]:
        """The contents of the fenced code blocks, in order; one still open counts as it stands."""
        # Imported here, for it brings the Markdown parser along.
        from cromicle_magic.render.fences import fences  # noqa: PLC0415

        return fences(self.text)

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.ended_s is not None

    @property
    def seconds(self) -> float:
        """How long the answer has taken so far, or took."""
        return self.seconds_at(time.monotonic())

    def seconds_at(self, now_s: float) -> float:
        """Give how long the answer has taken at some time, up to its end."""
        return (now_s if self.ended_s is None else self.ended_s) - self.began_s

    # -- as something to wait for -----------------------------------------------
    def __await__(self) -> Generator[object, None, Self]:
        return self._whole().__await__()

    async def __aiter__(self) -> AsyncGenerator[str, None]:
        at = len(self.pieces)
        while True:
            for piece in self.pieces[at:]:
                yield piece
                at += 1
            if self.is_ended and at == len(self.pieces):
                break
            await (self._reading.growth() if self._reading else asyncio.sleep(POLL_S))
        self._check()

    async def until_end(self, timeout_s: float | None = None) -> None:
        """Wait for the answer's end, but no longer than so many seconds; raise nothing.

        Cancelled, it only stops to wait. It lets the loop run on at least once, and works on any
        loop, also after that of the answer has closed.
        """
        if self._reading is None or self.is_ended:
            await asyncio.sleep(0)
        else:
            await self._reading.until_end(timeout_s)

    async def _whole(self) -> Self:
        while self._reading and not self.is_ended:
            await self.until_end()
        self._check()
        return self

    def _check(self) -> None:
        if self.error:
            raise self.error from None

    # -- its life ---------------------------------------------------------------
    def begin(
        self, chunks: AsyncGenerator[str, None], at_end: Callable[[], None] | None = None
    ) -> None:
        """Begin to read a provider's chunks, in a task on the running loop.

        Args:
            chunks: The provider's generator; it is closed at the end, whichever way that comes.
            at_end: Called when the answer has ended, and before anybody else takes note of it.
        """
        self._reading = Reading(self._read(chunks, at_end))

    def turn_has_come(self) -> None:
        """Take note that nothing is waited for any more: the request goes out now."""
        if self.waits_for:
            self.waits_for, self.began_s, self.latest_s = "", time.monotonic(), time.monotonic()

    def hear(self, report: Report) -> None:
        """Take what an engine tells beside its answer; a provider's ``report`` may be this."""
        if report.engine:
            self.engine, self.model = report.engine, report.model
        self.model, self.usage = report.model or self.model, report.usage or self.usage
        self.sent, self.retry = report.sent or self.sent, report.retry or self.retry
        self.finish = report.finish or self.finish
        if report.notice and report.notice not in self.notice:
            self.notice = "; ".join(filter(None, (self.notice, report.notice)))
        if report.thought:
            self._take(report.thought, "")

    def stop(self) -> None:
        """End the answer early, which is no error; from any thread, more than once, or too late."""
        if self._reading and not self.is_ended:
            self._reading.stop(self._stopping)

    cancel = stop

    def wait(self, timeout: float | None = None) -> Self:  # noqa: ARG002 - as of a ``Job``
        """Give the answer, which has ended with its cell; one in the background is waited for.

        Args:
            timeout: As of a job in the background; nothing is waited for here.

        Returns:
            The answer.

        Raises:
            CromicleError: What ended it, if it failed.
        """
        self._check()
        return self

    def _stopping(self) -> bool:
        if not self.is_ended:
            self.state = "stopping"
        return not self.is_ended

    async def _read(
        self, chunks: AsyncGenerator[str, None], at_end: Callable[[], None] | None
    ) -> None:
        thinking = Thinking()
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    self._take(*thinking.feed(chunk))
            ended: State = "done"
        except asyncio.CancelledError:
            ended = "stopped"
        except Exception as error:  # noqa: BLE001 - whoever waits for the answer raises it
            ended, self.error = "failed", error
        self._take(*thinking.flush())
        self.state, self.ended_s = ended, time.monotonic()
        if self._reading:
            self._reading.wake()
        if at_end:
            at_end()

    def _take(self, thought: str, text: str) -> None:
        self._receive(thought, text)
        if text and self.first_text_seconds is None:
            self.first_text_seconds = self.latest_s - self.began_s
        if self.state == "waiting":
            self.state = "streaming"
        if self._reading:
            self._reading.wake()
