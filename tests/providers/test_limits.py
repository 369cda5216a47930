"""Deadlines: what counts as silence, and what doesn't."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest
from support.catalogue.connections import AT_LEISURE
from support.peers import END, HEAD, Gate, Visit, chunk, peer, whole
from support.scripts import gated, silent, unanswered

from cromicle_magic import ask, stream
from cromicle_magic.answer import Answer
from cromicle_magic.errors import DeadlineError
from cromicle_magic.providers.cromicle import Cromicle
from cromicle_magic.providers.limits import LATE_S, Limits
from cromicle_magic.report import Report

HELLO = [{"role": "user", "content": "Hello"}]
TIMEOUT_S = 0.3
# Longer than the deadline, and than a timer may be late.
HELD_S = TIMEOUT_S + LATE_S + 0.3


@pytest.mark.parametrize("where", ["before the first text", "between two texts", "connecting"])
def test_a_loop_that_stands_still_is_no_silence_of_the_server(where: str) -> None:
    """A cell that computes for longer than the deadline finds the answer when it is done."""
    gate = Gate()

    async def script(visit: Visit) -> None:
        if where == "between two texts":
            await visit.send(HEAD, chunk("first "))
            await gate.wait()
            await visit.send(chunk("last"), END)
        else:
            await visit.send(whole("first ", "last"))

    async def main(url: str) -> Answer:
        limits = {"connect_timeout" if where == "connecting" else "timeout": TIMEOUT_S}
        if where == "between two texts":
            limits |= AT_LEISURE
        answer = Answer()
        answer.begin(Cromicle.create_async_generator("", HELLO, url=url, **limits))
        if where == "between two texts":
            assert await anext(answer.__aiter__()) == "first "
        else:
            # Far enough for the connection to be under way, not for it to be there.
            for _ in range(3):
                await asyncio.sleep(0)
        gate.open()
        time.sleep(HELD_S)
        return await answer

    with peer(script) as server:
        assert asyncio.run(main(server.url)).text == "first last"


def test_a_reader_who_takes_his_time_is_no_silence_of_the_server() -> None:
    """Only waiting counts, and not what lies between a piece and the wish for the next."""
    gate = Gate()

    async def main(url: str) -> list[str]:
        pieces = []
        async for piece in stream("Hello", url=url, timeout=TIMEOUT_S, **AT_LEISURE):
            pieces.append(piece)
            await asyncio.sleep(2 * TIMEOUT_S)
            gate.open()
        return pieces

    with peer(gated(gate, "first ", "last")) as server:
        assert asyncio.run(main(server.url)) == ["first ", "last"]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"timeout": 0.2, **AT_LEISURE}, r"was silent for 0\.2 s; a larger timeout"),
        ({"timeout": 9, "total_timeout": 1}, r"not ended after 1 s; a larger total_timeout"),
    ],
)
def test_the_error_names_the_deadline_that_has_passed(limits: dict[str, float], says: str) -> None:
    """And the setting that would have waited longer; the text so far is kept."""
    with peer(silent) as server, pytest.raises(DeadlineError, match=says) as caught:
        asyncio.run(ask("Hello", url=server.url, **limits))  # type: ignore[arg-type]
    assert caught.value.partial == "word "
    assert caught.value.retryable


def test_the_first_text_has_a_deadline_of_its_own() -> None:
    """Shorter or longer than that of a silence; retries lie within it."""
    start = time.monotonic()
    with peer(unanswered) as server:
        says = r"no text for 0\.2 s; a larger first_timeout"
        with pytest.raises(DeadlineError, match=says):
            asyncio.run(ask("Hello", url=server.url, first_timeout=0.2))
    gate = Gate()

    async def late(visit: Visit) -> None:
        await gate.wait()
        await visit.send(whole("late"))

    with peer(late) as server:

        async def main() -> str:
            asking = asyncio.ensure_future(
                ask("Hello", url=server.url, timeout=0.1, first_timeout=20)
            )
            await asyncio.to_thread(server.visit)
            await asyncio.sleep(0.3)
            gate.open()
            return (await asking).text

        assert asyncio.run(main()) == "late"
    assert time.monotonic() - start < 5


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tasks don't count their cancels there")
def test_a_cancel_that_comes_with_the_deadline_is_not_lost() -> None:
    """Both in one turn of the loop: the task ends as cancelled, as whoever cancelled it expects."""

    async def waits() -> None:
        limits = Limits("here", timeout=0.05)
        with limits.watch():
            await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.ensure_future(waits())
        await asyncio.sleep(0)
        # The timer rings in the same turn as the one that is asked for here.
        asyncio.get_running_loop().call_later(0.05, task.cancel)
        time.sleep(0.1)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_a_deadline_holds_only_while_something_waits() -> None:
    """Neither between two waits nor with the patience of an earlier one."""

    async def main() -> None:
        limits = Limits("here", timeout=20, first_timeout=0.05)
        watch = limits.watch()
        with watch:
            pass
        await asyncio.sleep(0.1)
        limits.count("text")
        with watch:
            await asyncio.sleep(0.1)
        watch.end()

    asyncio.run(main())


def test_an_answer_tells_of_its_retries() -> None:
    """Before each pause: why, how long, and which one it is."""
    replies = [b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", b"", whole("text")]
    reports: list[Report] = []

    async def script(visit: Visit) -> None:
        await visit.send(replies.pop(0))

    async def main(url: str) -> Answer:
        answer = Answer()
        answer.begin(
            Cromicle.create_async_generator(
                "", HELLO, url=url, report=lambda r: (reports.append(r), answer.hear(r))
            )
        )
        return await answer

    with peer(script) as server:
        answer = asyncio.run(main(server.url))
    first, second = (report.retry for report in reports if report.retry)
    assert first.startswith("HTTP 503, asked again in 0.")
    assert first.endswith(" s (1 of 2)")
    assert second.startswith("broken off, asked again in ")
    assert answer.retry == second
