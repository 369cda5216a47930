"""What an engine tells beside its answer: its thinking, its counts, how it came to its end."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Report", "ignore"]


class Report(NamedTuple):
    """One piece of news; a field that is empty brings none.

    Attributes:
        thought: The next piece of the model's thinking, which is no part of the answer.
        model: The model that really answers.
        usage: What the engine counted, such as tokens.
        finish: The engine's own word for why the answer ended.
        notice: What the reader should know about the answer, a sentence's end such as
            ``cut off at the limit of tokens``.
        engine: Who answers, once it is known.
        retry: Why and when the request is sent again, such as ``HTTP 503, asked again in 1.0 s``.
    """

    thought: str = ""
    model: str = ""
    usage: dict[str, int] | None = None
    finish: str = ""
    notice: str = ""
    engine: str = ""
    retry: str = ""


def ignore(_: Report) -> None:
    """Hear nothing, for callers who want the answer alone."""
