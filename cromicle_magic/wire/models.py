"""The list of models that an engine of OpenAI's protocol gives, and what can be seen from it.

The protocol is OpenAI's API reference, "List models".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cromicle_magic.wire.objects import object_in
from cromicle_magic.wire.openai import base

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BODY_BYTES", "Listing", "endpoint", "first_chat_model", "models_in"]

# A gateway describes a model in up to 2 KB and offers hundreds; this is ten times that, and read in
# some 50 ms.
BODY_BYTES = 4 * 2**20

# Engines list these, too, and fail or talk nonsense when they are asked to chat.
_NO_CHAT = re.compile(r"embed|rerank|minilm|whisper|(?<![a-z0-9])(?:bge|gte|e5)-", re.IGNORECASE)


class Listing(NamedTuple):
    """What a list says.

    Attributes:
        models: The models' ids, in the engine's order.
        owners: Who owns them, as far as it is said; some engines always name themselves.
    """

    models: tuple[str, ...]
    owners: frozenset[str]


def endpoint(url: str) -> str:
    """Give the address of the list.

    Args:
        url: The engine's address, in any form that ``wire.openai.endpoint`` takes.

    >>> endpoint("http://127.0.0.1:8080"), endpoint("http://127.0.0.1:1234/v1/chat/completions")
    ('http://127.0.0.1:8080/v1/models', 'http://127.0.0.1:1234/v1/models')
    """
    return base(url) + "/models"


def models_in(body: bytes) -> Listing | None:
    """Read a list.

    Args:
        body: What came.

    Returns:
        The list, which may be empty; None if this is no list of models.

    >>> models_in(b'{"object": "list", "data": [{"id": "llama3.2:3b", "owned_by": "library"}]}')
    Listing(models=('llama3.2:3b',), owners=frozenset({'library'}))
    """
    fields = object_in(body)
    if fields is None or "data" not in fields:
        return None
    # Ollama without a model sends null for the empty list.
    rows = [] if fields["data"] is None else fields["data"]
    if not isinstance(rows, list) or not all(map(_is_model, rows)):
        return None
    owners = (row.get("owned_by") for row in rows)
    named = frozenset(owner for owner in owners if isinstance(owner, str))
    return Listing(tuple(row["id"] for row in rows), named)


def first_chat_model(models: Sequence[str]) -> str:
    """Give the first model that isn't plainly for something else, such as embedding or reranking.

    Args:
        models: The models' ids.

    Returns:
        Its id; "" if there is none.

    >>> first_chat_model(["text-embedding-nomic-embed-text-v1.5", "qwen/qwen3-4b"])
    'qwen/qwen3-4b'
    """
    return next((model for model in models if not _NO_CHAT.search(model)), "")


def _is_model(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str) and bool(row["id"])
