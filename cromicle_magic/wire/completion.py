"""What an engine of OpenAI's protocol says: an answer in events or whole, a list, an error.

The protocol is OpenAI's API reference: "Chat completion object", "Chat completion chunk", "List
models", and for errors the guide "Error codes".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["END", "Completion", "error_object", "event", "listing"]

# The event that ends a stream.
END = b"data: [DONE]\n\n"

# The word for each status that a client's program can tell errors by.
_CODES = {
    400: "bad_request",
    401: "invalid_api_key",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "request_too_large",
    415: "unsupported_media_type",
    429: "rate_limit_exceeded",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
}


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer on its way to a client.

    Attributes:
        id: Its name, another one for each answer.
        created: When it began, in seconds since 1970.
        model: The model that answers.
    """

    id: str
    created: int
    model: str

    def word(self, text: str) -> bytes:
        """Give the event of a piece of the answer."""
        return self._chunk(_choice(delta={"role": "assistant", "content": text}))

    def finish(self, reason: str) -> bytes:
        """Give the event that says why the answer ended."""
        return self._chunk(_choice(reason, delta={}))

    def counts(self, usage: dict[str, int]) -> bytes:
        """Give the event of the counts, which has no choice."""
        return event({**self._head("chat.completion.chunk"), "choices": [], "usage": usage})

    def whole(self, text: str, reason: str, usage: dict[str, int]) -> bytes:
        """Give the one object of an answer that is not streamed.

        Args:
            text: The answer.
            reason: Why it ended, in the protocol's word.
            usage: The counts, such as of tokens.
        """
        choice = _choice(reason, message={"role": "assistant", "content": text})
        fields = {**self._head("chat.completion"), "choices": [choice], "usage": usage}
        return json.dumps(fields).encode()

    def _chunk(self, choice: dict[str, object]) -> bytes:
        return event({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _head(self, kind: str) -> dict[str, object]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def event(fields: dict[str, object]) -> bytes:
    r"""Give an object as one event.

    >>> event({"a": "b\n"})
    b'data: {"a": "b\\n"}\n\n'
    """
    return f"data: {json.dumps(fields)}\n\n".encode()


def listing(models: Iterable[str], owner: str) -> dict[str, object]:
    """Give the list of models.

    Args:
        models: Their names.
        owner: Who offers them.

    >>> listing(["offline"], "cromicle-magic")["data"][0]["id"]
    'offline'
    """
    rows = [{"id": name, "object": "model", "created": 0, "owned_by": owner} for name in models]
    return {"object": "list", "data": rows}


def error_object(message: str, status: int) -> dict[str, object]:
    """Give the object that says what went wrong.

    Args:
        message: A sentence.
        status: The HTTP status that goes with it.

    >>> error_object("No.", 401)["error"]["code"]
    'invalid_api_key'
    """
    kind = "invalid_request_error" if status < 500 else "server_error"
    code = _CODES.get(status, "invalid_request" if status < 500 else "server_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _choice(reason: str | None = None, **said: object) -> dict[str, object]:
    return {"index": 0, **said, "finish_reason": reason}
