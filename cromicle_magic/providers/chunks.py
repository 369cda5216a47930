"""What a chunk of a provider from elsewhere is: text to show, or news beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.report import Report
from cromicle_magic.wire.openai import NOTICES

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_chunk"]

# What g4f's own clients leave out beside whatever is an empty text: see client/__init__.py,
# iter_response, in g4f 8.8. RawResponse has no text at all.
_SILENT = frozenset({"Exception", "JsonResponse", "RawResponse"})


def read_chunk(chunk: object) -> tuple[str, Report | None]:
    """Tell a chunk's text from its news.

    Args:
        chunk: A text, or an object whose ``str()`` is the text to show. g4f's own, of
            providers/response.py in g4f 8.8, are known by the names of their classes, so that g4f
            need not be there.

    Returns:
        The text, "" if there is none to show, and the news, None if it brings none.

    >>> read_chunk("Hi")
    ('Hi', None)
    """
    if isinstance(chunk, str):
        return str(chunk), None
    names = {kind.__name__ for kind in type(chunk).__mro__}
    if row := next((news for name, news in _NEWS.items() if name in names), None):
        report = row(chunk)
        return "", report if any(report) else None
    is_silent = chunk is None or names & _SILENT
    return "" if is_silent else str(chunk), None


def _reasoning(chunk: object) -> Report:
    # Where is_thinking is set, the chunk is a mark such as <think>, and no thought.
    is_mark = getattr(chunk, "is_thinking", None) is not None
    return Report(thought="" if is_mark else str(chunk))


def _usage(chunk: object) -> Report:
    counts = {name: n for name, n in vars(chunk).items() if type(n) is int}
    return Report(usage=counts or None)


def _finish(chunk: object) -> Report:
    reason = str(getattr(chunk, "reason", "") or "")
    return Report(finish=reason, notice=NOTICES.get(reason, ""))


def _model(chunk: object) -> Report:
    return Report(model=str(getattr(chunk, "model", "") or ""))


_NEWS: dict[str, Callable[[object], Report]] = {
    "Reasoning": _reasoning,
    "Usage": _usage,
    "FinishReason": _finish,
    "ProviderInfo": _model,
}
