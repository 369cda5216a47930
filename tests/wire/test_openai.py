"""The request and the replies of OpenAI's protocol, whatever the engine, cut anywhere."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import Any

import pytest

from cromicle_magic.errors import (
    AccessError,
    CromicleError,
    ProtocolError,
    SettingError,
    StatusError,
    TruncatedError,
)
from cromicle_magic.wire.faults import sentence
from cromicle_magic.wire.openai import Words, endpoint, payload, words_in
from cromicle_magic.wire.reply import ReplyDecoder
from cromicle_magic.wire.sse import MAX_EVENT_BYTES

HELLO = [{"role": "user", "content": "Hello"}]


def event(fields: object = None, **delta: object) -> bytes:
    """Give one event, of these fields or with this delta."""
    data = fields if fields is not None else {"choices": [{"index": 0, "delta": delta}]}
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def end(reason: str = "stop") -> bytes:
    """Give the event that tells why an answer ended."""
    return event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})


DONE = b"data: [DONE]\n\n"


def read(*pieces: bytes) -> Words:
    """Read a reply to its end, or to its first fault."""
    reply, texts, thoughts, last = ReplyDecoder(), "", "", Words()
    for step in (*[lambda piece=piece: reply.decode(piece) for piece in pieces], reply.flush):
        words = step()
        texts, thoughts = texts + words.text, thoughts + words.thought
        news = [new or old for new, old in zip(words[2:], last[2:], strict=True)]
        last = Words(texts, thoughts, *news)
        if words.fault:
            break
    return last


# -- the request ----------------------------------------------------------------
def test_a_request_holds_what_is_set_and_nothing_else() -> None:
    """Roles go out as such; what nobody set is the engine's to choose."""
    talk = [{"role": "system", "content": "Be brief"}, *HELLO]
    base = {"messages": talk, "stream": True, "stream_options": {"include_usage": True}}
    assert payload("", talk) == base
    full = payload("m", talk, temperature=0.0, max_tokens=5, params={"top_k": 1})
    assert full == base | {"model": "m", "temperature": 0.0, "max_tokens": 5, "top_k": 1}


def test_a_parameter_wins_and_none_takes_away() -> None:
    """An engine that refuses a field of ours can still be asked."""
    params = {"stream_options": None, "max_tokens": 9, "stream": False}
    fields = payload("m", HELLO, max_tokens=5, params=params)
    assert fields == {"model": "m", "messages": HELLO, "max_tokens": 9, "stream": False}


@pytest.mark.parametrize(
    ("messages", "params", "says"),
    [
        ([], {}, "no message"),
        ([{"role": "user"}], {}, "role and content"),
        ([{"role": "user", "content": None}], {}, "role and content"),
        (["hello"], {}, "role and content"),
        ([{"role": "user", "content": "\ud83d"}], {}, r"U\+D83D"),
        (HELLO, {"x": float("nan")}, "no form in JSON"),
        (HELLO, {"x": object()}, "no form in JSON"),
    ],
)
def test_a_request_that_cannot_be_made_is_the_callers_to_mend(
    messages: Any, params: dict[str, object], says: str
) -> None:
    """One sentence, before anything is sent."""
    with pytest.raises(SettingError, match=says):
        payload("", messages, params=params)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "/v1/chat/completions"),
        ("/", "/v1/chat/completions"),
        ("/v1", "/v1/chat/completions"),
        ("/api/v1/", "/api/v1/chat/completions"),
        ("/openai", "/openai/v1/chat/completions"),
        ("/v1beta/openai", "/v1beta/openai/chat/completions"),
        ("/any/chat/completions", "/any/chat/completions"),
    ],
)
def test_an_address_may_be_given_in_any_usual_way(url: str, path: str) -> None:
    """With its version, without it, or in full."""
    assert endpoint(f"http://h.invalid:1{url}") == f"http://h.invalid:1{path}"


# -- the words of an event --------------------------------------------------------
@pytest.mark.parametrize(
    ("choices", "text", "thought"),
    [
        ([{"delta": {"content": "a"}}], "a", ""),
        ([{"delta": {"content": None, "role": "assistant"}}], "", ""),
        ([{"delta": {}}], "", ""),
        ([{"delta": None}], "", ""),
        ([], "", ""),
        (None, "", ""),
        ([None, "x"], "", ""),
        ([{"index": 1, "delta": {"content": "b"}}], "", ""),
        (
            [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}}],
            "a",
            "",
        ),
        ([{"delta": {"reasoning_content": "hm"}}], "", "hm"),
        ([{"delta": {"reasoning": "hm", "content": ""}}], "", "hm"),
        ([{"delta": {"reasoning": "hm", "reasoning_content": "hm"}}], "", "hm"),
        ([{"delta": {"content": None, "refusal": "no"}}], "no", ""),
        ([{"delta": {"content": [{"type": "text", "text": "a"}, 1, {}]}}], "a", ""),
        ([{"message": {"content": "whole", "reasoning": "hm"}}], "whole", "hm"),
        ([{"delta": {"content": 5}}], "", ""),
    ],
)
def test_the_first_choice_is_the_answer(choices: object, text: str, thought: str) -> None:
    """Whatever is missing, null or of another kind says nothing."""
    assert words_in(json.dumps({"choices": choices})) == Words(text, thought)


@pytest.mark.parametrize("depth", [300, 700, 2_000])
def test_parts_within_parts_say_nothing(depth: int) -> None:
    """However deep they go, which is as deep as JSON can be read."""
    content = '[{"text": ' * depth + '"x"' + "}]" * depth
    words = words_in('{"choices": [{"delta": {"content": ' + content + "}}]}")
    assert words.text == ""


def test_counts_and_the_model_are_told() -> None:
    """A chunk of counts has no choices; what is no count is left out."""
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "details": {"x": 1}, "ok": True}
    words = words_in(json.dumps({"model": "m", "choices": [], "usage": usage}))
    assert words == Words(model="m", usage={"prompt_tokens": 3, "completion_tokens": 5})


@pytest.mark.parametrize(
    ("fields", "kind", "status", "says"),
    [
        ({"error": {"message": "busy", "code": 503}}, StatusError, 503, 'error 503: "busy"'),
        ({"error": {"message": "busy", "code": "overloaded"}}, StatusError, None, '"busy"'),
        ({"error": {"message": "key", "code": "invalid_api_key"}}, AccessError, None, '"key"'),
        ({"error": {"message": "key", "code": 401}}, AccessError, 401, '"key"'),
        ({"error": "busy"}, StatusError, None, '"busy"'),
        ({"error": {"x": 1}}, StatusError, None, "x"),
        ({"error": True}, StatusError, None, "true"),
        ({"object": "error", "message": "busy", "code": 400}, StatusError, 400, '"busy"'),
        ({"type": "error", "message": "busy"}, StatusError, None, '"busy"'),
        ({"detail": "busy"}, StatusError, None, '"busy"'),
        ({"error": {"error": {"message": "busy"}}}, StatusError, None, '"busy"'),
        ({"choices": [{"delta": {}, "error": {"message": "busy"}}]}, StatusError, None, '"busy"'),
        ({"error": {"message": "a\x1b[2J\nb"}}, StatusError, None, '"a␛[2J␊b"'),
    ],
)
def test_an_error_is_told_in_the_engines_own_words(
    fields: dict[str, Any], kind: type[CromicleError], status: int | None, says: str
) -> None:
    """Wherever it stands, its sentence is quoted, printable, with its status and its kind."""
    fault = words_in(json.dumps(fields)).fault
    assert fault is not None
    assert (fault.kind, fault.status) == (kind, status)
    assert says in fault.text
    assert fault.text.isprintable()


@pytest.mark.parametrize("data", ["", "{", "5", "null", "[]", "[" * 100_000, "9" * 5_000])
def test_what_is_no_object_is_a_fault(data: str) -> None:
    """It is quoted, shortly."""
    fault = words_in(data).fault
    assert fault is not None
    assert fault.kind is ProtocolError
    assert len(fault.text) < 300


def test_an_error_page_gives_its_sentence() -> None:
    """The engine's own, if there is one; else all of it."""
    assert sentence('{"error": {"message": "too long", "code": 400}}') == "too long"
    assert sentence('\ufeff{"error": "too long"}') == "too long"
    for body in ("Not Found", "{", "[1]", '{"a": 1}', '{"error": {"error": {}}}'):
        assert sentence(f" {body}\n") == body


# -- a reply ------------------------------------------------------------------------
CASES = {
    "usual": ((event(role="assistant", content=""), event(content="Hi"), end(), DONE), "Hi", None),
    "no mark at the end": ((event(content="Hi"), end()), "Hi", None),
    "no finish reason": ((event(content="Hi"), DONE), "Hi", None),
    "nothing behind the mark": ((event(content="Hi"), DONE, event(content="no"), b"x"), "Hi", None),
    "comments": ((b": wait\n\n", event(content="Hi"), b": wait\n", end()), "Hi", None),
    "empty data": ((b"data:\n\ndata: \n\n", event(content="Hi"), end()), "Hi", None),
    "no blank line at the end": ((event(content="Hi"), b"data: [DONE]"), "Hi", None),
    "cut": ((event(content="Hi"),), "Hi", TruncatedError),
    "cut in an event": ((event(content="Hi"), event(content="no")[:30]), "Hi", TruncatedError),
    "cut before the first": ((b": wait\n\ndata: {",), "", TruncatedError),
    "nothing": ((b"",), "", TruncatedError),
    "blanks": ((b" \r\n\n",), "", TruncatedError),
    "an error": ((event(content="Hi"), event({"error": "busy"})), "Hi", StatusError),
    "an error by its type": (
        (event(content="Hi"), b"event: error\ndata: no\n\n"),
        "Hi",
        StatusError,
    ),
    "an error beside words": (
        (event({"error": "busy", "choices": [{"delta": {"content": "Hi"}}]}), end(), DONE),
        "Hi",
        StatusError,
    ),
    "no JSON": ((event(content="Hi"), b"data: what\n\n", event(content="no")), "Hi", ProtocolError),
    "a page": ((b"\n<!doctype html><title>Hello</title>",), "", ProtocolError),
    "a text": ((b"Internal error",), "", ProtocolError),
    "one object": ((b' {"choices": [{"message": {"content": "Hi"}}]}\n',), "Hi", None),
    "a mark of byte order": (
        (BOM_UTF8 + b' {"choices": [{"message": {"content": "Hi"}}]}',),
        "Hi",
        None,
    ),
    "a mark before a page": ((BOM_UTF8 + b"<!doctype html>",), "", ProtocolError),
    "a mark before events": ((BOM_UTF8 + event(content="Hi"), end()), "Hi", None),
    "an error object": ((b'{"error": {"message": "busy"}}',), "", StatusError),
    "another object": ((b'{"hello": "world"}',), "", ProtocolError),
    "lines of objects": ((b'{"message": {}}\n{"message": {}}\n',), "", ProtocolError),
    "a list": ((b'[{"choices": 1}]',), "", ProtocolError),
    "halves of characters": (
        (event(content="a\ud83d"), event(content="\ude00b\ud83d"), event(content="c\udc00"), end()),
        "a😀b\ufffdc\ufffd",
        None,
    ),
    "half a character at the end": ((event(content="a\ud83d"), end(), DONE), "a\ufffd", None),
}


@pytest.mark.parametrize(("stream", "text", "kind"), CASES.values(), ids=CASES)
def test_any_cut_gives_the_same_reply(
    stream: tuple[bytes, ...], text: str, kind: type[CromicleError] | None
) -> None:
    """Whole, cut in two at every offset, and byte by byte; words before a fault are kept."""
    data = b"".join(stream)
    for pieces in [
        (data,),
        *((data[:cut], data[cut:]) for cut in range(len(data))),
        [bytes([byte]) for byte in data],
    ]:
        words = read(*pieces)
        assert words.text == text
        assert (words.fault.kind if words.fault else None) is kind


def test_thinking_counts_and_reason_are_told() -> None:
    """Beside the text, each in its own field."""
    usage = event({"model": "m", "choices": [], "usage": {"total_tokens": 7}})
    words = read(
        event(reasoning="h"), event(reasoning="m"), event(content="Hi"), end("length"), usage
    )
    assert words == Words("Hi", "hm", "m", {"total_tokens": 7}, "length")


def test_nothing_is_read_behind_the_end() -> None:
    """The mark ends a reply, so that a server that keeps its connection open holds nobody up."""
    reply = ReplyDecoder()
    assert reply.decode(event(content="Hi") + end()).text == "Hi"
    assert (reply.has_finished, reply.is_done) == (True, False)
    reply.decode(DONE)
    assert reply.is_done


def test_an_object_without_end_is_refused() -> None:
    """A body that is no stream is bounded, too."""
    reply, blanks = ReplyDecoder(), b"{" + b" " * 2**20
    with pytest.raises(ProtocolError, match="5 MiB"):
        [reply.decode(blanks) for _ in range(MAX_EVENT_BYTES // 2**20 + 1)]
