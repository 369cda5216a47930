"""The sentence in which an engine says what went wrong, wherever it put it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from cromicle_magic.errors import AccessError, CromicleError, StatusError
from cromicle_magic.render.terminal import quoted

__all__ = ["Fault", "fault_of", "sentence"]

# Kinds of error that engines name in words, with or without the status beside it.
_ACCESS = frozenset({"authentication_error", "invalid_api_key", "permission_error"})

_NESTED = 4  # proxies wrap an engine's error in their own, but not endlessly


class Fault(NamedTuple):
    """What went wrong at the engine, said without its address.

    Attributes:
        text: What the engine did, the second half of a sentence; printable.
        kind: The error that it becomes.
        status: The HTTP status that the engine names, if any.
    """

    text: str
    kind: type[CromicleError] = StatusError
    status: int | None = None

    def error(self, address: str) -> CromicleError:
        """Give the error that it becomes.

        Args:
            address: Whose fault it is.
        """
        return self.kind(f"{address} {self.text}", address=address, status=self.status)


def fault_of(fields: dict[str, Any]) -> Fault | None:
    """Find an error in an object that an engine sent in place of an answer, or beside it.

    OpenAI's reference nests ``message``, ``type`` and ``code`` in ``error``; llama.cpp makes the
    code a number, the HTTP status; Ollama sends a bare text as ``error``; vLLM before 0.11 sends
    the fields unnested with ``object: error``; frameworks send ``detail``.

    Args:
        fields: The object, as it came; foreign text.

    Returns:
        What went wrong; None where the object tells of no error.

    >>> fault_of({"error": {"message": "no such model", "code": 404}})[0]
    'replied with an error 404: "no such model"'
    """
    error = fields.get("error") or fields.get("detail")
    if not error and (fields.get("object") == "error" or fields.get("type") == "error"):
        error = fields
    if not error:
        return None
    parts = error if isinstance(error, dict) else {}
    status = _status(parts.get("code"), parts.get("status"), fields.get("code"))
    is_closed = status in {401, 403} or not _ACCESS.isdisjoint(_words(parts))
    label = f" {status}" if status else ""
    said = quoted(_said(error) or json.dumps(error))
    kind = AccessError if is_closed else StatusError
    return Fault(f"replied with an error{label}: {said}", kind, status)


def sentence(body: str) -> str:
    """Give what the body of an error page says: the engine's own sentence, else the whole of it.

    >>> sentence('{"error": {"message": "no such model"}}'), sentence(" Not Found ")
    ('no such model', 'Not Found')
    """
    body = body.lstrip("\ufeff").strip()
    try:
        said = _said(json.loads(body))
    except (ValueError, RecursionError):
        said = ""
    return said or body


def _said(error: object, depth: int = _NESTED) -> str:
    if isinstance(error, str):
        return error.strip()
    if not isinstance(error, dict) or not depth:
        return ""
    inner = (error.get(name) for name in ("error", "message", "detail", "msg"))
    return next((said for value in inner if (said := _said(value, depth - 1))), "")


def _status(*codes: object) -> int | None:
    numbers = (code for code in codes if isinstance(code, int) and 400 <= code < 600)
    return next(numbers, None)


def _words(parts: dict[str, Any]) -> set[str]:
    return {word for name in ("code", "type") if isinstance(word := parts.get(name), str)}
