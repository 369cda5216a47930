"""A task whose n-th await fails: by an error thrown in, or by a cancel."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

__all__ = ["Torture"]


class Torture:
    """A task factory that steps the tasks of one coroutine, and strikes once.

    Args:
        target: The coroutine's qualified name; all other tasks are left in peace.
        at: At which suspension to strike, from 1 on.
        error: What to throw in there; None cancels the task.

    Attributes:
        has_struck: Whether there was such a suspension.
    """

    def __init__(self, target: str, at: int, error: BaseException | None) -> None:
        self._target, self._left, self._error = target, at, error
        self.has_struck = False

    def __call__(
        self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        """Make a task."""
        if getattr(coroutine, "__qualname__", "") == self._target:
            coroutine = self._drive(coroutine)
        return asyncio.Task(coroutine, loop=loop, **options)

    async def _drive(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return await _Steps(self, coroutine)

    def steps(self, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Step a coroutine from one suspension to the next."""
        awaited = coroutine.send(None)
        while True:
            self._left -= 1
            thrown: BaseException | None = None
            if self._left == 0:
                self.has_struck = True
                thrown = self._error
                if thrown is None:
                    task = asyncio.current_task()
                    assert task
                    task.cancel()
            if thrown is None:
                try:
                    yield awaited
                except BaseException as error:  # noqa: BLE001 - whatever it is, it goes on inwards
                    thrown = error
            awaited = coroutine.send(None) if thrown is None else coroutine.throw(thrown)


class _Steps:
    def __init__(self, torture: Torture, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._torture, self._coroutine = torture, coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        try:
            yield from self._torture.steps(self._coroutine)
        except StopIteration as end:
            return end.value
        except RuntimeError as error:
            # A StopIteration that leaves a generator becomes this.
            if isinstance(error.__cause__, StopIteration):
                return error.__cause__.value
            raise
