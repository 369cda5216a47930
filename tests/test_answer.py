"""The Answer: a text that grows, that can be waited for, and that ends in one of three ways."""

from __future__ import annotations

import asyncio
import copy
import pickle
import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from cromicle_magic.answer import Answer
from cromicle_magic.errors import TruncatedError
from cromicle_magic.report import Report, Sent
from cromicle_magic.running.jobs import Job

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable


class Source:
    """A provider's generator in a test's hands."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self.is_closed = False

    async def chunks(self) -> AsyncGenerator[str, None]:
        """Yield what the test puts in, up to None."""
        try:
            while (item := await self.queue.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.is_closed = True

    def say(self, *items: str | Exception | None) -> None:
        """Say something, fail, or end."""
        for item in items:
            self.queue.put_nowait(item)


def begun() -> tuple[Source, Answer]:
    """Give an answer that waits for its first text."""
    source, answer = Source(), Answer("engine", "model")
    answer.begin(source.chunks())
    return source, answer


async def whole(*items: str | Exception) -> Answer:
    """Give an answer that has ended."""
    source, answer = begun()
    source.say(*items, None)
    with suppress(TruncatedError):
        await answer
    return answer


async def until_end(answer: Answer) -> Answer:
    """Wait for an answer; raise what ended it."""
    return await answer


def through_pickle(answer: Answer) -> Answer:
    """Give what comes out of a pickle of an answer."""
    copied: Answer = pickle.loads(pickle.dumps(answer))
    return copied


def test_it_is_much_like_its_text() -> None:
    """Length, parts, slices, sums and formats are those of the text."""
    answer = asyncio.run(whole("one ", "two"))
    assert (str(answer), len(answer), answer[:3], answer[-1]) == ("one two", 7, "one", "o")
    assert "e t" in answer
    assert "three" not in answer
    assert (f"{answer}!", f"{answer:>9}") == ("one two!", "  one two")
    assert (answer + "!", "!" + answer, answer + answer) == ("one two!", "!one two", "one two" * 2)
    assert answer
    assert not Answer()


def test_its_repr_is_quiet() -> None:
    """State, size and time; never the text."""
    shown = repr(asyncio.run(whole("secret")))
    assert re.fullmatch(r"<Answer done: 6 characters in \d+\.\d s>", shown)


def test_it_knows_its_times() -> None:
    """The first text's, and the whole; both stand still once it has ended."""

    async def main() -> None:
        source, answer = begun()
        assert answer.first_text_seconds is None
        source.say("<think>a</think>", "text", None)
        await answer
        assert answer.first_text_seconds is not None
        assert 0 <= answer.first_text_seconds <= answer.seconds
        took_s = answer.seconds
        await asyncio.sleep(0.01)
        assert answer.seconds == took_s

    asyncio.run(main())


def test_its_code_is_what_stands_between_fences() -> None:
    """All blocks in order, in lists too, and an open one as far as it goes."""
    text = "- a\n  ```python\n  x = {1}\n  ```\n\n```\n~~~\n```\n\nNo code: `y`.\n\n~~~sh\nls\n"
    assert asyncio.run(whole(text)).code == ["x = {1}\n", "~~~\n", "ls\n"]


def test_thinking_is_no_part_of_it() -> None:
    """It is there beside the text."""
    answer = asyncio.run(whole("<think>hm", "m</think>\n\nWell."))
    assert (answer.text, answer.reasoning) == ("Well.", "hmm")


def test_iterating_gives_what_comes_from_now_on() -> None:
    """For several readers at once, each from its own beginning."""

    async def main() -> None:
        source, answer = begun()
        first = answer.__aiter__()
        source.say("one ")
        assert await anext(first) == "one "
        late = asyncio.ensure_future(collect(answer))
        await asyncio.sleep(0)
        source.say("two ", "three", None)
        assert [piece async for piece in first] == ["two ", "three"]
        assert await late == ["two ", "three"]

    async def collect(answer: Answer) -> list[str]:
        return [piece async for piece in answer]

    asyncio.run(main())


def test_a_failure_is_raised_to_each_who_waits() -> None:
    """And the text before it is kept."""

    async def main() -> None:
        source, answer = begun()
        pieces = answer.__aiter__()
        source.say("half", TruncatedError("cut"))
        assert await anext(pieces) == "half"
        for waiting in (anext(pieces), answer, answer):
            with pytest.raises(TruncatedError, match="cut"):
                await waiting
        assert (answer.state, answer.text, str(answer.error)) == ("failed", "half", "cut")

    asyncio.run(main())


def test_who_is_cancelled_only_stops_to_wait() -> None:
    """The answer goes on."""

    async def main() -> None:
        source, answer = begun()
        for waiting in (answer, anext(answer.__aiter__())):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(waiting, 0.01)
        source.say("text", None)
        assert (await answer).state == "done"

    asyncio.run(main())


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "in a thread"])
def test_cancel_ends_it_and_closes_the_provider(*, elsewhere: bool) -> None:
    """From any thread, and more than once; that is no error."""

    async def main() -> None:
        source, answer = begun()
        source.say("text")
        assert await anext(answer.__aiter__()) == "text"
        for _ in range(2):
            if elsewhere:
                thread = threading.Thread(target=answer.cancel)
                thread.start()
                thread.join()
            else:
                answer.cancel()
        assert (await answer).state == "stopped"
        assert source.is_closed
        assert answer.text == "text"
        answer.cancel()

    asyncio.run(main())


def test_notices_add_up() -> None:
    """One of the guard and one of the engine, each once; what was sent is the latest."""
    answer = Answer()
    for notice in ("the prompt held A_KEY", "", "cut off", "cut off"):
        answer.hear(Report(notice=notice))
    assert answer.notice == "the prompt held A_KEY; cut off"
    first, second = Sent("http://a.invalid", ""), Sent("http://b.invalid", "")
    for sent in (first, second, None):
        answer.hear(Report(sent=sent))
    assert answer.sent is second


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, through_pickle])
def test_a_copy_holds_all_that_the_answer_holds(copied: Callable[[Answer], Answer]) -> None:
    """Its text, thinking, state, counts, times, what was sent, and what ended it."""
    answer = asyncio.run(whole("<think>hm</think>", "half", TruncatedError("cut", status=200)))
    answer.hear(Report(model="tiny", usage={"tokens": 2}, notice="cut off", sent=Sent("h", "Hi")))
    answer.notes.append("sent alone")
    twin = copied(answer)
    assert (twin.text, twin.reasoning, twin.state, twin.notes) == (
        "half",
        "hm",
        "failed",
        ["sent alone"],
    )
    assert (twin.model, twin.usage, twin.notice) == ("tiny", {"tokens": 2}, "cut off")
    assert (len(twin), twin.seconds, twin.sent) == (4, answer.seconds, Sent("h", "Hi"))
    assert twin.first_text_seconds == answer.first_text_seconds
    with pytest.raises(TruncatedError, match="cut") as caught:
        asyncio.run(until_end(twin))
    assert caught.value.status == 200


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, through_pickle])
def test_a_copy_of_an_answer_that_grows_has_ended(copied: Callable[[Answer], Answer]) -> None:
    """It holds what had come, grows no more, and can be waited for; the answer itself goes on."""

    async def main() -> None:
        source, answer = begun()
        source.say("one ")
        assert await anext(answer.__aiter__()) == "one "
        twin = copied(answer)
        source.say("two", None)
        assert (await answer).text == "one two"
        assert (await twin).text == "one "
        assert (twin.state, [piece async for piece in twin]) == ("stopped", [])

    asyncio.run(main())


def test_a_copy_of_a_job_is_a_plain_answer() -> None:
    """Its number would be that of another job in another notebook."""
    twin = through_pickle(Job(3, "engine"))
    assert (type(twin), twin.engine) == (Answer, "engine")
