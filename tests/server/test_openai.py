"""The routes of OpenAI's protocol over raw HTTP, answered by nobody's model."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from support.raw import JSON, body, raw, text_of

from cromicle_magic.providers.discovery import models_at
from cromicle_magic.providers.openai import OpenAI
from cromicle_magic.report import Report
from cromicle_magic.server import embedded

ASK = {"model": "any", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
POST = "POST /v1/chat/completions HTTP/1.1"
LIST = "GET /v1/models HTTP/1.1"


def ask(place: embedded.Embedded, fields: Any = ASK, *headers: str, first: str = POST) -> bytes:
    """Send a request with the right token, unless headers say otherwise."""
    own = [h.partition(":")[0].lower() for h in headers]
    usual = {"Authorization": f"Bearer {place.token}", "Content-Type": "application/json"}
    lines = [f"{name}: {value}" for name, value in usual.items() if name.lower() not in own]
    data = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    return raw(place.url, data, *lines, *headers, first=first)


def fault(reply: bytes) -> tuple[int, dict[str, Any]]:
    """Give the status and the error object of a refusal."""
    head, _, rest = reply.partition(b"\r\n\r\n")
    assert b"application/json" in head
    (error,) = json.loads(rest).values()
    assert set(error) == {"message", "type", "param", "code"}
    return int(head.split()[1]), error


def test_an_answer_is_a_stream_of_events(place: embedded.Embedded) -> None:
    """Word by word, then why it ended, the counts that were asked for, and the end."""
    reply = ask(place, {**ASK, "stream_options": {"include_usage": True}})
    head, _, _ = reply.partition(b"\r\n\r\n")
    assert b"content-type: text/event-stream" in head.lower()
    assert b"x-accel-buffering: no" in head.lower()
    *events, done = text_of(reply).split("\n\n")[:-1]
    assert done == "data: [DONE]"
    chunks = [json.loads(each.removeprefix("data: ")) for each in events]
    assert len({each["id"] for each in chunks}) == 1
    assert {each["object"] for each in chunks} == {"chat.completion.chunk"}
    assert {each["model"] for each in chunks} == {"offline"}
    words = [each["choices"][0]["delta"]["content"] for each in chunks[:-2]]
    assert len(words) > 20
    assert "".join(words).startswith("**No model is connected**")
    assert "5 characters in 1 turn," in "".join(words)
    assert chunks[-2]["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens"] == len(words)


def test_counts_come_only_where_they_are_asked_for(place: embedded.Embedded) -> None:
    """Many a client takes it for granted that each event has a choice."""
    assert '"choices": []' not in text_of(ask(place))


@pytest.mark.parametrize("stream", [{"stream": False}, {"stream": None}])
def test_an_answer_without_a_stream_is_one_object(
    place: embedded.Embedded, stream: dict[str, Any]
) -> None:
    """As the protocol has it, that is the default."""
    reply = ask(place, {**ASK, **stream})
    assert b"application/json" in reply.partition(b"\r\n\r\n")[0]
    answer = json.loads(text_of(reply))
    assert answer["object"] == "chat.completion"
    (choice,) = answer["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"].startswith("**No model is connected**")
    assert answer["usage"]["total_tokens"] > answer["usage"]["completion_tokens"] > 20


def test_turns_and_parts_are_counted(place: embedded.Embedded) -> None:
    """A message may hold its text in parts, pictures among them, or none at all."""
    parts = [{"type": "text", "text": "ab"}, {"type": "image_url", "image_url": {}}, "c"]
    messages = [{"content": "12"}, {"content": parts}, {"content": None}, "?"]
    assert "6 characters in 4 turns," in text_of(ask(place, {"messages": messages}))


def test_our_own_client_understands_it(place: embedded.Embedded) -> None:
    """The provider of this protocol gives the text, the counts and the model."""
    reports: list[Report] = []
    asked = {"url": f"{place.url}/v1", "token": place.token, "report": reports.append}
    text = asyncio.run(OpenAI.create_async("", ASK["messages"], **asked))
    assert text.startswith("**No model is connected**")
    assert {each.model for each in reports} >= {"offline"}
    assert any(each.usage for each in reports)


def test_one_model_is_listed(place: embedded.Embedded) -> None:
    """Its name says what it is."""
    assert asyncio.run(models_at(f"{place.url}/v1", place.token)) == ("offline",)


REFUSED: list[tuple[Any, list[str], str, tuple[int, str]]] = [
    (ASK, ["Authorization: Bearer wrong"], POST, (401, "invalid_api_key")),
    (ASK, ["Authorization: Bearer"], POST, (401, "invalid_api_key")),
    (ASK, ["Authorization: Basic {token}"], POST, (401, "invalid_api_key")),
    (ASK, ["Authorization: Bearer \xff"], POST, (401, "invalid_api_key")),
    (ASK, ["Authorization: Bearer wrong"], LIST, (401, "invalid_api_key")),
    (ASK, ["Authorization: Bearer wrong"], "GET /v1/other HTTP/1.1", (401, "invalid_api_key")),
    (ASK, ["Host: evil.invalid"], POST, (403, "forbidden")),
    (ASK, ["Host: evil.invalid"], LIST, (403, "forbidden")),
    (ASK, ["Origin: http://evil.invalid"], POST, (403, "forbidden")),
    (ASK, ["Origin: http://evil.invalid"], LIST, (403, "forbidden")),
    (ASK, ["Origin: null"], "OPTIONS /v1/chat/completions HTTP/1.1", (403, "forbidden")),
    (ASK, ["Sec-Fetch-Site: cross-site"], LIST, (403, "forbidden")),
    (ASK, ["Content-Type: text/plain"], POST, (415, "unsupported_media_type")),
    (ASK, ["Content-Encoding: gzip"], POST, (415, "unsupported_media_type")),
    (ASK, [], "GET /v1/chat/completions HTTP/1.1", (405, "method_not_allowed")),
    (ASK, [], "POST /v1/embeddings HTTP/1.1", (404, "not_found")),
    (b"{", [], POST, (400, "bad_request")),
    (b"[]", [], POST, (400, "bad_request")),
    (b"[" * 100_000, [], POST, (400, "bad_request")),
    ({}, [], POST, (400, "bad_request")),
    ({"messages": []}, [], POST, (400, "bad_request")),
    (b" " * 9_000_000, [], POST, (413, "request_too_large")),
]


@pytest.mark.parametrize(("fields", "headers", "first", "answer"), REFUSED)
def test_a_refusal_is_an_error_object(
    place: embedded.Embedded, fields: Any, headers: list[str], first: str, answer: tuple[int, str]
) -> None:
    """A wrong token, a web page in any disguise, a wrong body: a status, and one sentence in it."""
    headers = [header.format(token=place.token) for header in headers]
    reply = ask(place, fields, *headers, first=first)
    status, error = fault(reply)
    assert (status, error["code"]) == answer
    assert error["message"].endswith(".")
    assert b"connection: close" in reply.lower()
    assert place.token.encode() not in reply


def test_the_guard_stands_before_every_route(place: embedded.Embedded) -> None:
    """Known or not, by whichever method: a web page learns nothing but that it is one."""
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
        for path in ("/chat", "/v1/models", "/v1/chat/completions", "/", "/other"):
            reply = raw(place.url, b"", JSON, "Origin: null", first=f"{method} {path} HTTP/1.1")
            assert reply.startswith(b"HTTP/1.1 403 "), (method, path)


def test_a_route_that_is_none_names_those_that_are(place: embedded.Embedded) -> None:
    """And a method that is none, those that are."""
    reply = raw(place.url, body(token=place.token), JSON, first="POST /cat HTTP/1.1")
    assert reply.startswith(b"HTTP/1.1 404 ")
    assert b"POST /chat" in reply
    reply = raw(place.url, b"", first="GET /chat HTTP/1.1")
    assert reply.startswith(b"HTTP/1.1 405 ")
    assert b"allow: post" in reply.lower()
