"""The chat completions of OpenAI's protocol: the request, and the words inside an event.

The protocol is OpenAI's API reference, "Create chat completion" and "Chat completion chunk"; where
engines differ from it, the place below says who does what.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from cromicle_magic.discretion import Secret
from cromicle_magic.errors import ProtocolError, SettingError
from cromicle_magic.render.terminal import quoted
from cromicle_magic.wire.cromicle import DEFAULT_TOKEN
from cromicle_magic.wire.faults import Fault, fault_of
from cromicle_magic.wire.objects import object_in
from cromicle_magic.wire.text import utf8
from cromicle_magic.wire.turns import turns

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DONE",
    "NOTICES",
    "Words",
    "authorization",
    "base",
    "endpoint",
    "headers",
    "is_engines",
    "payload",
    "words_in",
]

# The data of the event that ends a stream; transformers' server leaves it out.
DONE = "[DONE]"

# What the reader should know of an answer that ended for such a reason. ``abort`` is vLLM's.
NOTICES = {
    "length": "cut off at the limit of tokens",
    "content_filter": "cut off by the engine's content filter",
    "abort": "broken off by the engine",
}

_COMPLETIONS = "/chat/completions"
_VERSION = re.compile(r"v\d\w*")


class Words(NamedTuple):
    """What one event says, or several together.

    Attributes:
        text: A piece of the answer.
        thought: A piece of the model's thinking.
        model: The model that answers.
        usage: The counts, such as tokens.
        finish: Why the answer ended, "" while it goes on.
        fault: What went wrong behind these words.
    """

    text: str = ""
    thought: str = ""
    model: str = ""
    usage: dict[str, int] | None = None
    finish: str = ""
    fault: Fault | None = None


def endpoint(url: str) -> str:
    """Give the address to send a request to.

    Args:
        url: An engine's base address, with or without its version, or the full address.

    >>> endpoint("http://127.0.0.1:8080"), endpoint("http://127.0.0.1:1234/v1/")
    ('http://127.0.0.1:8080/v1/chat/completions', 'http://127.0.0.1:1234/v1/chat/completions')
    """
    return base(url) + _COMPLETIONS


def base(url: str) -> str:
    """Give the address under which an engine's calls lie.

    Args:
        url: An engine's base address, with or without its version, or the full address.

    >>> base("http://127.0.0.1:8080"), base("http://127.0.0.1:1234/api/chat/completions")
    ('http://127.0.0.1:8080/v1', 'http://127.0.0.1:1234/api')
    """
    url = url.rstrip("/")
    if url.endswith(_COMPLETIONS):
        return url.removesuffix(_COMPLETIONS)
    return url if is_engines(url) else url + "/v1"


def is_engines(url: str) -> bool:
    """Tell whether an address shows that it is an engine's: by a version, or as the full address.

    >>> [is_engines(f"http://127.0.0.1:8080{path}") for path in ("/v1", "/chat/completions", "/v")]
    [True, True, False]
    """
    path = urlsplit(url).path.rstrip("/")
    return path.endswith(_COMPLETIONS) or any(map(_VERSION.fullmatch, path.split("/")))


def headers(token: str) -> dict[str, str]:
    """Give the headers of a request, its key among them.

    Args:
        token: The key, "" for none.

    Raises:
        SettingError: No header can carry it.
    """
    accept = "text/event-stream, application/json"
    return {"accept": accept, "content-type": "application/json", **authorization(token)}


def authorization(token: str) -> dict[str, str]:
    """Give the header that carries a key, none where there is no key.

    Args:
        token: The key; white space around it, as from a file, is no part of it.

    Raises:
        SettingError: No header can carry it.

    >>> dict(authorization("sk-1")), authorization("abc")
    ({'authorization': '********'}, {})
    """
    key = token.strip()
    # The default is the Cromicle protocol's own and nobody's key.
    if not key or key == DEFAULT_TOKEN:
        return {}
    if not (key.isascii() and key.isprintable()):
        raise SettingError("The token holds a character that no header can carry; type it in.")
    return {"authorization": Secret(f"Bearer {key}")}


def payload(
    model: str,
    messages: list[dict[str, str]],
    *,
    temperature: float | None = None,
    max_tokens: int | None = None,
    params: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Give the body of a request.

    Args:
        model: The model to ask for; "" leaves the choice to the engine.
        messages: The conversation, each message with ``role`` and ``content``.
        temperature: How freely the model chooses; None leaves that to the engine.
        max_tokens: The longest answer; None leaves that to the engine.
        params: More fields, over those made here; None as a value takes a field away.

    Returns:
        The fields, fit for JSON.

    Raises:
        SettingError: A message lacks its role or content, or something has no form in JSON.

    >>> hello = [{"role": "user", "content": "Hi"}]
    >>> payload("tiny", hello, params={"top_k": 5, "stream_options": None})
    {'model': 'tiny', 'messages': [{'role': 'user', 'content': 'Hi'}], 'stream': True, 'top_k': 5}
    """
    body = {
        "model": model or None,
        "messages": [{"role": role, "content": content} for role, content in turns(messages)],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": temperature,
        "max_tokens": max_tokens,
        **(params or {}),
    }
    fields = {name: value for name, value in body.items() if value is not None}
    try:
        utf8(json.dumps(fields, ensure_ascii=False, allow_nan=False))
    except SettingError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise SettingError(f"The parameters have no form in JSON: {error}.") from None
    return fields


def words_in(data: str | bytes) -> Words:
    """Read the data of one event, or the whole body of an answer that was not streamed.

    The choice with index 0 is the answer; others, asked for by ``n``, are left out. Thinking comes
    as ``reasoning_content`` (DeepSeek, llama.cpp, vLLM of old) or ``reasoning`` (vLLM, Ollama,
    OpenRouter). A chunk of counts has no choices. An error may stand beside the words.

    Args:
        data: JSON.

    Returns:
        What it says; data that is no such object becomes a fault, so that words that came with
        it are not lost.

    >>> words_in('{"choices": [{"delta": {"content": "Hi"}}]}').text
    'Hi'
    """
    fields = object_in(data)
    if fields is None:
        start = data[:200] if isinstance(data, str) else data[:200].decode("utf-8", "replace")
        return Words(fault=Fault(f"sent what is no JSON object: {quoted(start)}", ProtocolError))
    choice = _choice(fields.get("choices"))
    said = _object(choice.get("delta") or choice.get("message"))
    return Words(
        _first_text(said, "content", "refusal"),
        _first_text(said, "reasoning_content", "reasoning"),
        _first_text(fields, "model"),
        _usage(fields.get("usage")),
        _first_text(choice, "finish_reason"),
        fault_of(fields) or fault_of(choice),
    )


def _choice(choices: object) -> dict[str, Any]:
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and not choice.get("index"):
            return choice
    return {}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first_text(fields: dict[str, Any], *names: str) -> str:
    """Give the first text that is there and not empty."""
    for name in names:
        if (value := fields.get(name)) and (text := _text(value)):
            return text
    return ""


def _text(value: object) -> str:
    """Give a text; Mistral's engines send some as a list of parts."""
    if isinstance(value, str):
        return value
    parts = [_object(part).get("text") for part in value] if isinstance(value, list) else []
    return "".join(text for text in parts if isinstance(text, str))


def _usage(value: object) -> dict[str, int] | None:
    if not isinstance(value, dict):
        return None
    return {name: count for name, count in value.items() if type(count) is int} or None
