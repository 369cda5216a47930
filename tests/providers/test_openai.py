"""The provider of OpenAI's protocol against scripted servers that behave, and others that don't."""

from __future__ import annotations

import asyncio
from json import dumps, loads
from typing import Any

import pytest
from support.peers import HEAD, Visit, chunk, peer, whole

from cromicle_magic import errors
from cromicle_magic.answer import Answer
from cromicle_magic.providers.openai import OpenAI
from cromicle_magic.report import Report
from cromicle_magic.views.status import footer

HELLO = [{"role": "user", "content": "Hello"}]
DONE = "data: [DONE]\n\n"


def event(content: str | None = None, finish: str | None = None, **fields: object) -> str:
    """Give one event."""
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return f"data: {dumps({'choices': [choice], **fields})}\n\n"


def thought(text: str) -> str:
    """Give an event of thinking."""
    return f"data: {dumps({'choices': [{'delta': {'reasoning_content': text}}]})}\n\n"


def ask(url: str, **options: Any) -> str:
    """Ask a server and give its whole answer."""
    return asyncio.run(OpenAI.create_async("m", HELLO, url=url, **options))


def fail(url: str, **options: Any) -> errors.CromicleError:
    """Ask a server and give the error that comes of it."""
    with pytest.raises(errors.CromicleError) as caught:
        ask(url, **options)
    return caught.value


def body(text: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    """Give a whole answer that is no stream."""
    data = text.encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(data)}\r\n\r\n"
    return head.encode() + data


def test_the_request_is_that_of_the_protocol() -> None:
    """Path, headers and body; the key goes out as a bearer, the connection is not kept."""
    options = {"token": "key", "temperature": 0.5, "max_tokens": 9, "params": {"top_k": 1}}
    talk = [{"role": "system", "content": "Be brief"}, *HELLO]
    with peer(whole(event("Hi"), DONE)) as server:
        answer = OpenAI.create_async("m", talk, url=server.url, **options)
        assert asyncio.run(answer) == "Hi"
        visit = server.visit()
    assert visit.path == "/v1/chat/completions"
    assert visit.headers["authorization"] == "bearer key"  # the peer lowers the letters
    assert visit.headers["connection"] == "close"
    assert loads(visit.body) == {
        "model": "m",
        "messages": talk,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_tokens": 9,
        "top_k": 1,
    }


def test_without_a_key_none_is_sent() -> None:
    """The default token is the Cromicle protocol's and nobody else's."""
    with peer(whole(event("Hi"), DONE)) as server:
        ask(f"{server.url}/v1/")
        visit = server.visit()
    assert visit.path == "/v1/chat/completions"
    assert "authorization" not in visit.headers


def test_without_an_address_nothing_is_sent() -> None:
    """There is no default engine."""
    with pytest.raises(errors.SettingError, match="No engine is named"):
        asyncio.run(OpenAI.create_async("m", HELLO))


def test_a_key_that_no_header_can_carry_is_not_shown() -> None:
    """The sentence names the trouble and not the key."""
    error = fail("http://127.0.0.1:9", token="hush\r\nhush")
    assert isinstance(error, errors.SettingError)
    assert "token" in str(error)
    assert "hush" not in repr(error)


STREAM = whole(
    thought("Hm, "),
    thought("yes."),
    event("Half a", model="real"),
    event(finish="length", model="real"),
    f"data: {dumps({'choices': [], 'usage': {'completion_tokens': 7}})}\n\n",
    DONE,
)


def test_thinking_is_no_part_of_the_answer() -> None:
    """By default only the answer comes; whoever wants the rest gives a function for it."""
    reports: list[Report] = []
    with peer(STREAM) as server:
        assert ask(server.url) == "Half a"
        assert ask(server.url, report=reports.append) == "Half a"
    assert "".join(report.thought for report in reports) == "Hm, yes."
    told = [{value for value in report[1:] if isinstance(value, str)} for report in reports]
    assert set().union(*told) - {""} == {"real", "length", "cut off at the limit of tokens"}
    assert [report.model for report in reports if report.model] == ["real"]
    assert [report.usage for report in reports if report.usage] == [{"completion_tokens": 7}]


def test_an_answer_hears_it_and_the_footer_tells() -> None:
    """Thinking, counts, the real model, and that it was cut off."""

    async def main(url: str) -> Answer:
        answer = Answer("engine", "asked")
        chunks = OpenAI.create_async_generator("asked", HELLO, url=url, report=answer.hear)
        answer.begin(chunks)
        return await answer

    with peer(STREAM) as server:
        answer = asyncio.run(main(server.url))
    assert (answer.text, answer.reasoning, answer.model) == ("Half a", "Hm, yes.", "real")
    assert (answer.usage, answer.thought_chars) == ({"completion_tokens": 7}, 8)
    assert " · cut off at the limit of tokens" in footer(answer)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + chunk(event("Hi") + event(finish="stop")),
        HEAD + chunk(event("Hi") + DONE),
        b"HTTP/1.1 200 OK\r\n\r\n" + (event("Hi") + event(finish="stop")).encode(),
        body('{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}'),
    ],
    ids=["dropped behind the reason", "dropped behind the mark", "closed", "not streamed"],
)
def test_an_answer_that_is_whole_is_no_error(answer: bytes) -> None:
    """However the engine then ends the connection."""
    with peer(answer) as server:
        assert ask(server.url) == "Hi"


@pytest.mark.parametrize("end", [DONE, event(finish="stop")], ids=["mark", "reason"])
def test_an_engine_that_forgets_to_close_holds_nobody_up(end: str) -> None:
    """Behind the mark nothing is awaited, behind a finish reason the deadline is no error."""

    async def script(visit: Visit) -> None:
        await visit.send(HEAD, chunk(event("Hi") + end))
        await asyncio.Event().wait()

    with peer(script) as server:
        assert ask(server.url, timeout=5 if end == DONE else 0.2) == "Hi"


@pytest.mark.parametrize(
    ("answer", "kind", "says", "partial"),
    [
        (HEAD + chunk(event("half")), errors.TruncatedError, "broke off", "half"),
        (whole(event("half")), errors.TruncatedError, "neither a finish reason", "half"),
        (b"", errors.TruncatedError, "broke off", ""),
        (whole(event(finish="stop"), DONE), errors.EmptyError, "without a single character", ""),
        (whole(thought("hm"), event(finish="length")), errors.EmptyError, "limit of tokens", ""),
        (
            whole(event("half"), 'data: {"error": {"message": "out of memory", "code": 500}}\n\n'),
            errors.StatusError,
            'error 500: "out of memory"',
            "half",
        ),
        (
            whole(event("half", error={"message": "no \x1b[2J more"}), event("x"), DONE),
            errors.StatusError,
            '"no ␛\\[2J more"',
            "half",
        ),
        (body('{"error": {"message": "no", "code": 401}}'), errors.AccessError, '"no"', ""),
        (
            body('{"error": {"message": "context too small", "code": 400}}', "400 Bad Request"),
            errors.StatusError,
            'HTTP 400.*It said: "context too small"$',
            "",
        ),
        (body("<html>Welcome</html>", kind="text/html"), errors.ProtocolError, "web page", ""),
        (body("Welcome", kind="text/plain"), errors.ProtocolError, "no events.*Welcome", ""),
        (whole(event("half"), "data: what\n\n"), errors.ProtocolError, "no JSON", "half"),
        (whole(event("half"), "data: " + "x" * 2**24), errors.ProtocolError, "5 MiB", "half"),
    ],
)
def test_a_fault_is_one_clear_error_with_the_text_so_far(
    answer: bytes, kind: type[errors.CromicleError], says: str, partial: str
) -> None:
    """Each way to fail has its own kind, one printable sentence, and keeps what had arrived."""
    with peer(answer) as server:
        error = fail(server.url, token="hush-hush")
    assert type(error) is kind
    assert error.partial == partial
    assert error.address == f"{server.url}/v1/chat/completions"
    with pytest.raises(kind, match=says):
        raise error
    assert str(error).isprintable()
    assert "hush" not in repr(error)


def test_the_contract_is_that_of_every_provider() -> None:
    """What callers of g4f look at."""
    assert OpenAI.working
    assert OpenAI.supports_message_history
    assert not OpenAI.needs_auth
