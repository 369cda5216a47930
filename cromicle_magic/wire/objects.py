"""JSON objects from whoever sends them, read without a surprise."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["object_in"]


def object_in(data: str | bytes | bytearray) -> dict[str, Any] | None:
    r"""Read what should be one JSON object.

    Args:
        data: The whole of it, as it came; however deep it is nested, and in whatever encoding.

    Returns:
        The object; None for anything else.

    >>> object_in('{"a": 1}'), object_in("[1]"), object_in("{"), object_in(b"\xff")
    ({'a': 1}, None, None, None)
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
