"""A wait with a bound: in time, too late, failed or cancelled."""

from __future__ import annotations

import asyncio

import pytest

from cromicle_magic.patience import within


async def soon(value: int) -> int:
    """Give a value in a moment."""
    await asyncio.sleep(0)
    return value


class Sleeper:
    """Waits for ever, and notes its beginning and its end."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()
        self.has_ended = False

    async def sleep(self) -> None:
        """Wait until somebody cancels."""
        self.has_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.has_ended = True


def test_what_comes_in_time_is_given() -> None:
    """A value or an error, as it is."""

    async def fail() -> None:
        raise LookupError("gone")

    assert asyncio.run(within(10, soon(5))) == 5
    with pytest.raises(LookupError, match="gone"):
        asyncio.run(within(10, fail()))


def test_what_is_late_has_ended() -> None:
    """Nothing of it goes on behind the error, though its end takes a moment."""
    sleeper = Sleeper()

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await within(0.01, sleeper.sleep())
        assert sleeper.has_ended
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_a_cancel_ends_it() -> None:
    """At once, and whoever waited hears of it."""
    sleeper = Sleeper()

    async def main() -> None:
        task = asyncio.ensure_future(within(10, sleeper.sleep()))
        await sleeper.has_begun.wait()
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        assert sleeper.has_ended

    asyncio.run(main())


@pytest.mark.parametrize("is_failing", [False, True])
def test_a_cancel_that_comes_with_the_end_is_not_lost(is_failing: bool) -> None:
    """In the very turn of the loop in which the wait is over, well or by an error."""

    async def last() -> None:
        asyncio.get_running_loop().call_soon(waiting[0].cancel)
        if is_failing:
            raise LookupError

    async def main() -> None:
        waiting.append(asyncio.ensure_future(within(10, last())))
        await asyncio.wait(waiting)
        assert waiting[0].cancelled()

    waiting: list[asyncio.Future[None]] = []
    asyncio.run(main())
