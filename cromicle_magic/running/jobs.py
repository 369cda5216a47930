"""Answers in the background: begun in one cell, followed there while others run."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from cromicle_magic.answer import Answer
from cromicle_magic.errors import DeadlineError, SettingError
from cromicle_magic.kernel.parent import CellParent
from cromicle_magic.render.columns import columns
from cromicle_magic.running.follow import follow
from cromicle_magic.running.interrupts import BEAT_S, Interrupted
from cromicle_magic.running.nested import run_nested
from cromicle_magic.views.status import error_line

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from IPython.core.interactiveshell import InteractiveShell
    from typing_extensions import Self

    from cromicle_magic.views.view import View

__all__ = ["Job", "Jobs", "wait"]

# More than anybody looks through; the rest is forgotten, oldest first, if it has ended.
MOST_JOBS = 100
# What a kernel that ends waits for connections to be closed.
CLOSING_S = 1.0

_HEAD = ("", "state", "engine", "model", "seconds", "characters", "")


class Job(Answer):
    """An answer that goes on while other cells run.

    ``await job`` and ``job.wait()`` wait for its end, in any later cell; ``job.cancel()`` ends it.

    Args:
        number: What ``%cromicle wait`` and ``%cromicle stop`` call it.
        engine: Who answers.
        model: The model asked for.

    Attributes:
        is_over: Whether it has ended and all of it is shown and bound.
        is_heard: Whether somebody has waited for its end, and was told of a failure.
    """

    def __init__(self, number: int, engine: str = "", model: str = "") -> None:
        super().__init__(engine, model)
        self.number: int = number
        self.is_over: bool = False
        self.is_heard: bool = False

    def wait(self, timeout: float | None = None) -> Self:
        """Wait for the end where nothing can be awaited; everything else goes on meanwhile.

        Args:
            timeout: The longest wait, in seconds; None for no limit.

        Returns:
            The answer, ended.

        Raises:
            CromicleError: What ended it, if it failed; a ``DeadlineError`` if it takes longer.
            KeyboardInterrupt: The wait was interrupted; the answer goes on.
        """
        run_nested(wait([self], timeout))
        return self

    async def _whole(self) -> Self:
        while not self.is_over:  # noqa: ASYNC110 - an event would bind it to one loop
            await asyncio.sleep(BEAT_S)
        return await super()._whole()

    def _check(self) -> None:
        self.is_heard = True
        super()._check()


class _Placed:
    """A view whose steps all show in the cell that it was made in."""

    outlives_cell = True

    def __init__(self, view: View, cell: CellParent) -> None:
        self._view, self._cell = view, cell

    @property
    def beat_s(self) -> float:
        return self._view.beat_s

    def open(self, answer: Answer) -> None:
        with self._cell.active():
            self._view.open(answer)

    def paint(self) -> bool:
        with self._cell.active():
            return self._view.paint()

    def close(self) -> None:
        with self._cell.active():
            self._view.close()


class Jobs:
    """The background answers of a shell, numbered from 1.

    Args:
        shell: The shell in whose cells they are shown.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._jobs: dict[int, Job] = {}
        self._following: set[asyncio.Task[None]] = set()
        self._latest = 0

    def job(self, engine: str, model: str) -> Job:
        """Give the next job, numbered; it is not begun yet.

        Args:
            engine: Who answers.
            model: The model asked for.
        """
        self._latest += 1
        ended = [number for number, job in self._jobs.items() if job.is_over]
        for number in ended[: max(0, len(self._jobs) + 1 - MOST_JOBS)]:
            del self._jobs[number]
        self._jobs[self._latest] = Job(self._latest, engine, model)
        return self._jobs[self._latest]

    def begin(
        self, job: Job, view: View, chunks: AsyncGenerator[str, None], at_end: Callable[[], None]
    ) -> None:
        """Begin a job, and follow it in a task of its own.

        Args:
            job: The job.
            view: Who shows it, in the cell that runs now.
            chunks: The provider's generator.
            at_end: Called when it has ended, before its last words are shown; and again when all
                is over, for an answer that can't be closed ends later, or never.
        """
        placed = _Placed(view, CellParent(self._shell))
        placed.open(job)
        job.begin(chunks, at_end)
        following = asyncio.get_running_loop().create_task(follow(job, placed))
        self._following.add(following)

        # A callback: a task that is cancelled before its first step never runs its own end.
        def end(_: object) -> None:
            self._following.discard(following)
            job.stop()
            at_end()
            job.is_over = True

        following.add_done_callback(end)

    def select(self, which: str) -> list[Job]:
        """Give the jobs that a reader means.

        Args:
            which: A number, or ``all``, which means those that have not ended.

        Raises:
            SettingError: There is no such job.
        """
        if which == "all":
            return [job for job in self._jobs.values() if not job.is_over]
        if int(which) not in self._jobs:
            text = f"There is no background answer {which}; %cromicle status lists them."
            raise SettingError(text)
        return [self._jobs[int(which)]]

    def unheard(self) -> list[Job]:
        """Give the jobs whose end nobody knows yet: those that go on, and those that failed."""
        return [
            job
            for job in self._jobs.values()
            if not job.is_over or (job.error and not job.is_heard)
        ]

    def status(self) -> str:
        """Give a table of all jobs as plain text: number, state, engine, seconds, characters."""
        if not self._jobs:
            return "No answer runs in the background; %%cromicle --bg begins one."
        return columns([_HEAD, *map(_row, self._jobs.values())])

    def close(self) -> None:
        """End all jobs, also where their loop has stopped already, as when a kernel ends."""
        tasks = set(self._following)
        for task in tasks:
            if not (loop := task.get_loop()).is_closed():
                loop.call_soon_threadsafe(task.cancel)
        for loop in {task.get_loop() for task in tasks}:
            if not loop.is_running() and not loop.is_closed():
                mine = {task for task in tasks if task.get_loop() is loop}
                loop.run_until_complete(asyncio.wait(mine, timeout=CLOSING_S))


async def wait(jobs: Sequence[Job], timeout_s: float | None = None) -> None:
    """Wait for the end of some jobs, and raise what ended the first that failed.

    Args:
        jobs: The jobs.
        timeout_s: The longest wait, in seconds; None for no limit.

    Raises:
        CromicleError: What ended a job, or a ``DeadlineError`` if they take longer.
        Interrupted: The wait was interrupted; the jobs go on.
    """
    deadline_s = float("inf") if timeout_s is None else time.monotonic() + timeout_s
    waiting: Sequence[Job] = jobs
    try:
        while waiting := [job for job in jobs if not job.is_over]:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                text = f"{_names(waiting)} not done after {timeout_s:g} s; wait longer, or stop it."
                raise DeadlineError(text)
            await asyncio.sleep(min(BEAT_S, left_s))
    except asyncio.CancelledError:
        raise Interrupted(f"{_names(waiting)} still streaming in the background.") from None
    for job in jobs:
        await job


def _names(jobs: Sequence[Job]) -> str:
    numbers = ", ".join(str(job.number) for job in jobs)
    return f"Answer {numbers} is" if len(jobs) == 1 else f"Answers {numbers} are"


def _row(job: Job) -> tuple[str, ...]:
    error = error_line(job.error) if job.error else ""
    return (
        str(job.number),
        job.state,
        job.engine,
        job.model,
        f"{job.seconds:.1f}",
        f"{job.chars:,}",
        error,
    )
