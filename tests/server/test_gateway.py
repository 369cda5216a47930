"""The gateway between scripted engines and clients of both protocols, in this very process."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from support.peers import DEADLINE_S, END, HEAD, Gate, Visit, chunk, peer, whole
from support.raw import JSON, body, raw, text_of

from cromicle_magic.answer import Answer
from cromicle_magic.discretion import Address, Secret
from cromicle_magic.errors import CromicleError, TruncatedError
from cromicle_magic.providers.cromicle import Cromicle
from cromicle_magic.providers.discovery import models_at
from cromicle_magic.providers.openai import OpenAI
from cromicle_magic.server import embedded
from cromicle_magic.server.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

HELLO = [{"role": "user", "content": "Hello"}]
DONE = "data: [DONE]\n\n"


def event(content: str | None = None, finish: str | None = None, **delta: object) -> str:
    """Give one event."""
    choice = {"index": 0, "delta": {"content": content, **delta}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n"


@contextmanager
def gateway(upstream: str, **settings: Any) -> Iterator[embedded.Embedded]:
    """Run a gateway to an engine."""
    answerer = Gateway(Address(upstream), **settings)
    try:
        yield embedded.start(answerer)
    finally:
        embedded.stop(answerer)


def chat(place: embedded.Embedded) -> str:
    """Ask by the Cromicle protocol and give the whole answer."""
    return asyncio.run(Cromicle.create_async("", HELLO, url=place.url, token=place.token))


def complete(place: embedded.Embedded, **fields: Any) -> bytes:
    """Ask by OpenAI's protocol, and give all that comes back."""
    data = json.dumps({"messages": HELLO, "stream": True, **fields}).encode()
    return raw(
        place.url,
        data,
        JSON,
        f"Authorization: Bearer {place.token}",
        first="POST /v1/chat/completions HTTP/1.1",
    )


def failure(place: embedded.Embedded) -> tuple[int, dict[str, Any]]:
    """Ask by OpenAI's protocol, and give the status and the error object that come back."""
    head, _, rest = complete(place).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(rest)["error"]


def fail(place: embedded.Embedded) -> CromicleError:
    """Ask by the Cromicle protocol, and give the error that comes of it."""
    with pytest.raises(CromicleError) as caught:
        chat(place)
    return caught.value


def reply(status: str, text: str, *headers: str) -> bytes:
    """Give a whole answer that is no stream."""
    data = text.encode()
    head = [f"HTTP/1.1 {status}", f"content-length: {len(data)}", *headers, "", ""]
    return "\r\n".join(head).encode() + data


def test_events_pass_as_they_came() -> None:
    """Byte for byte, with fields that nobody here knows; the request keeps its own, too."""
    events = ": hello\n\n" + event(tool_calls=[{"x": "é\u2028"}]) + event("Hi", "tool_calls")
    asked = {"model": "m", "top_k": 5, "tools": [{"type": "function"}], "n": 2}
    with peer(whole(events[:20], events[20:], DONE)) as engine, gateway(engine.url) as place:
        answer = complete(place, **asked)
        visit = engine.visit()
    assert b"content-type: text/event-stream" in answer.lower()
    assert text_of(answer) == events + DONE
    assert visit.path == "/v1/chat/completions"
    assert json.loads(visit.body) == {"messages": HELLO, "stream": True, **asked}
    assert "authorization" not in visit.headers


def test_the_engine_gets_its_own_key_and_model() -> None:
    """Whatever the client asked for; the client's token ends here."""
    settings = {"model": "m", "key": Secret("theirs")}
    with (
        peer(whole(event("Hi", "stop"), DONE)) as engine,
        gateway(engine.url, **settings) as place,
    ):
        complete(place, model="other")
        assert chat(place) == "Hi"
        for number in range(2):
            assert json.loads(engine.visit(number).body)["model"] == "m"
            assert engine.visit(number).headers["authorization"] == "bearer theirs"
        assert asyncio.run(models_at(f"{place.url}/v1", place.token)) == ("m",)
        assert "theirs" not in repr(Gateway(Address(engine.url), key=Secret("theirs")))


def test_an_object_passes_as_it_came() -> None:
    """Where no stream was asked for, and where the engine knows none."""
    answer = '{"choices":\n\n[{"message": {"content": "Hi"}, "finish_reason": "stop"}]}'
    with peer(reply("200 OK", answer)) as engine, gateway(engine.url) as place:
        for stream in (False, True):
            came = complete(place, stream=stream)
            assert b"content-type: application/json" in came.lower()
            assert (
                b"".join(came.partition(b"\r\n\r\n")[2].split(b"\r\n")[1:-3:2]) == answer.encode()
            )


def test_models_are_those_of_the_engine() -> None:
    """Asked for anew each time, with the engine's key."""
    listing = json.dumps({"data": [{"id": "a"}, {"id": "b"}]})
    with (
        peer(reply("200 OK", listing)) as engine,
        gateway(engine.url, key=Secret("theirs")) as place,
    ):
        assert asyncio.run(models_at(f"{place.url}/v1", place.token)) == ("a", "b")
        assert engine.visit().headers["authorization"] == "bearer theirs"


def test_thinking_goes_out_at_once_and_is_folded_away() -> None:
    """In marks before the answer, while the model still thinks; our client parts it again."""
    gate = Gate()

    async def script(visit: Visit) -> None:
        await visit.send(HEAD, chunk(event(reasoning_content="Hm")))
        await gate.wait()
        await visit.send(chunk(event(reasoning="m.") + event("Yes") + event("", "stop")), END)

    async def main(place: embedded.Embedded) -> tuple[str, Answer]:
        answer = Answer()
        asked = {"url": place.url, "token": place.token}
        answer.begin(Cromicle.create_async_generator("", HELLO, **asked))
        while not answer.thoughts:
            await asyncio.sleep(0.01)
        early = answer.reasoning
        gate.open()
        return early, await answer

    with peer(script) as engine, gateway(engine.url) as place:
        early, answer = asyncio.run(asyncio.wait_for(main(place), DEADLINE_S))
        assert early == "Hm"
        assert (answer.reasoning, answer.text) == ("Hmm.", "Yes")
        assert text_of(raw(place.url, body(token=place.token), JSON)) == (
            "<think>Hmm.</think>\n\nYes"
        )
        assert '"reasoning_content": "Hm"' in text_of(complete(place))


def test_an_answer_cut_off_at_a_limit_says_so() -> None:
    """The Cromicle protocol has no other place for it than the text."""
    with peer(whole(event("Hi", "length"), DONE)) as engine, gateway(engine.url) as place:
        assert chat(place) == "Hi\n\n(cut off at the limit of tokens)"


REFUSALS: dict[str, tuple[bytes, int, str]] = {
    "a bad request": (reply("400 Bad", '{"error": {"message": "too long"}}'), 400, "too long"),
    "no such model": (reply("404 Not Found", '{"error": "no model x"}'), 404, "no model x"),
    "too many": (reply("429 Too Many", "slow down"), 429, "slow down"),
    "a wrong key": (reply("401 No", '{"error": "key theirs is bad"}'), 502, "CROMICLE_UPSTREAM"),
    "a lost right": (reply("403 No", "key theirs is bad"), 502, "CROMICLE_UPSTREAM"),
    "a failure": (reply("500 Oh", "out of memory"), 502, "out of memory"),
    "a proxy's failure": (reply("503 Busy", "<p>busy"), 502, "busy"),
    "another address": (reply("307 There", "", "location: http://a.invalid"), 502, "redirects to"),
    "compression": (reply("200 OK", "x", "content-encoding: gzip"), 502, "compressed"),
    "a web page": (reply("200 OK", "<html>"), 502, "a web page"),
    "an error as an object": (reply("200 OK", '{"error": {"message": "oh"}}'), 502, "oh"),
    "an error as an event": (
        whole('data: {"error": {"message": "oh", "code": 400}}\n\n'),
        400,
        "oh",
    ),
    "other JSON": (reply("200 OK", '{"hello": 1}'), 502, "no answer"),
    "half an object": (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", 502, "broke off"),
    "nothing": (whole(), 502, "finish reason"),
    "no HTTP": (b"hello\r\n\r\n", 502, "HTTP"),
    "silence": (b"", 502, "broke off"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_an_error_before_the_answer_has_a_status(name: str) -> None:
    """One sentence by the Cromicle protocol, the error object by OpenAI's; never the key."""
    said, status, text = REFUSALS[name]
    with peer(said) as engine, gateway(engine.url, key=Secret("theirs")) as place:
        error = fail(place)
        assert (error.status, error.partial) == (status, "")
        answer = raw(place.url, body(token=place.token), JSON)
        sentence = answer.partition(b"\r\n\r\n")[2].decode()
        assert text in sentence
        assert sentence.count("\n") == 1
        code, fault = failure(place)
        assert code == status
        assert fault["message"] == sentence.strip()
        assert fault["type"] == ("invalid_request_error" if status < 500 else "server_error")
        assert "theirs" not in sentence


def test_an_engine_that_is_down_or_silent_has_a_status() -> None:
    """502 where nothing listens, 504 where nothing comes in time."""
    with gateway("http://127.0.0.1:9") as place:
        assert fail(place).status == 502
        assert failure(place)[0] == 502

    async def unanswered(_: Visit) -> None:
        await asyncio.Event().wait()

    with peer(unanswered) as engine, gateway(engine.url, timeout_s=0.2) as place:
        assert fail(place).status == 504
        assert failure(place)[1]["code"] == "gateway_timeout"


@pytest.mark.parametrize("way", ["chat", "complete"])
def test_a_client_who_takes_his_time_is_no_silence_of_the_engine(way: str) -> None:
    """What the engine said long before is passed on, too."""
    gate, silence_s = Gate(), 0.2

    async def gated(visit: Visit) -> None:
        await visit.send(HEAD, chunk(event("first ")))
        await gate.wait()
        await visit.send(chunk(event("last", "stop")), END)

    async def main(url: str) -> str:
        answerer, said = Gateway(Address(url), timeout_s=silence_s), ""
        asked: Any = answerer.chat("Hi") if way == "chat" else answerer.complete({})
        async for piece in asked:
            said += str(piece)
            await asyncio.sleep(2 * silence_s)
            gate.open()
        return said

    with peer(gated) as engine:
        said = asyncio.run(main(engine.url))
    assert said.index("first") < said.index("last")


def test_a_message_without_a_form_in_utf8_is_refused() -> None:
    """Half a character reaches the engine in JSON's own form, or nobody; never a crash."""
    with peer(whole(event("Hi", "stop"), DONE)) as engine, gateway(engine.url) as place:
        answer = raw(place.url, body("x").replace(b'"x"', b'"\\ud83d"'), JSON)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert text_of(complete(place, user="\ud83d")).endswith(DONE)


BREAKS: dict[str, tuple[bytes, str]] = {
    "the connection": (HEAD + chunk(event("Hi") + 'data: {"cho'), "broke off"),
    "the stream": (whole(event("Hi")), "finish reason"),
    "an event": (whole(event("Hi"), "data: {{\n\n", event("no", "stop")), "no JSON object"),
    "an error": (whole(event("Hi"), 'data: {"error": "oh"}\n\n', event("no")), "oh"),
    "a key": (whole(event("Hi"), 'data: {"error": {"code": 401}}\n\n'), "CROMICLE_UPSTREAM"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_an_error_in_mid_stream_is_never_taken_for_the_end(name: str) -> None:
    """Events get one more, with the error; a plain text ends without the end of its body."""
    said, text = BREAKS[name]
    with peer(said) as engine, gateway(engine.url) as place:
        error = fail(place)
        assert isinstance(error, TruncatedError)
        assert error.partial == "Hi"
        assert not raw(place.url, body(token=place.token), JSON).endswith(END)
        events = text_of(complete(place)).split("\n\n")
        assert events[0] == event("Hi").strip()
        last = json.loads(events[-2].removeprefix("data: "))
        assert events[-1] == ""
        assert text in last["error"]["message"]
        assert "[DONE]" not in events
        asked = {"url": f"{place.url}/v1", "token": place.token}
        with pytest.raises(CromicleError) as caught:
            asyncio.run(OpenAI.create_async("", HELLO, **asked))
        assert caught.value.partial == "Hi"


def test_an_old_client_is_cut_off_by_a_reset() -> None:
    """HTTP/1.0 knows no chunks, so that a plain end of the connection would be the answer's."""
    gate = Gate()

    async def script(visit: Visit) -> None:
        await visit.send(HEAD, chunk(event("Hi")))
        await gate.wait()

    with peer(script) as engine, gateway(engine.url) as place:
        host, port = place.url.removeprefix("http://").split(":")
        data = body(token=place.token)
        head = f"POST /chat HTTP/1.0\r\nHost: {host}\r\n{JSON}\r\nContent-Length: {len(data)}"
        with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as connection:
            connection.sendall(head.encode() + b"\r\n\r\n" + data)
            received = b""
            while not received.endswith(b"Hi"):
                received += connection.recv(4096)
            gate.open()
            with pytest.raises(ConnectionResetError):
                connection.recv(10)


@pytest.mark.parametrize("path", ["/chat", "/v1/chat/completions"])
@pytest.mark.parametrize("has_begun", [False, True])
def test_a_client_that_goes_takes_the_engine_along(path: str, *, has_begun: bool) -> None:
    """At once, before the first word and between two: the engine sees its connection close."""

    async def script(visit: Visit) -> None:
        if has_begun:
            await visit.send(HEAD, chunk(event("Hi")))
        await asyncio.Event().wait()

    with peer(script) as engine, gateway(engine.url) as place:
        with leaving(place, path) as connection:
            visit = engine.visit()
            if has_begun:
                assert connection.recv(10)
            assert not visit.gone.is_set()
        began = time.monotonic()
        assert visit.gone.wait(DEADLINE_S)
        assert time.monotonic() - began < 1
        assert asyncio.run(Cromicle.create_async("", HELLO)).startswith("**No model")


def test_a_slow_client_slows_the_engine_down() -> None:
    """What it does not take is not fetched either: a few buffers, and then the engine waits."""
    sent = 0

    async def script(visit: Visit) -> None:
        nonlocal sent
        await visit.send(HEAD)
        piece = chunk(event("x" * 60_000))
        while sent < 100 * 2**20:
            await visit.send(piece)
            sent += len(piece)

    async def until_still() -> None:
        last = -1
        while last != sent or not sent:
            last = sent
            await asyncio.sleep(0.5)

    with peer(script) as engine, gateway(engine.url) as place:
        with leaving(place, "/v1/chat/completions"):
            asyncio.run(asyncio.wait_for(until_still(), DEADLINE_S))
            assert sent < 20 * 2**20
        assert engine.visit().gone.wait(DEADLINE_S)


@contextmanager
def leaving(place: embedded.Embedded, path: str) -> Iterator[socket.socket]:
    """Send a request, read nothing, and close the connection at the end."""
    host, port = place.url.removeprefix("http://").split(":")
    fields = {"messages": HELLO, "stream": True}
    data = body(token=place.token) if path == "/chat" else json.dumps(fields).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        JSON,
        f"Authorization: Bearer {place.token}",
        f"Content-Length: {len(data)}",
        "",
        "",
    ]
    with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as connection:
        connection.sendall("\r\n".join(lines).encode() + data)
        yield connection
