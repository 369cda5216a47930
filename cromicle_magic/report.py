"""What is told beside an answer: what was sent for it, thinking, counts, how it came to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Report", "Sent", "ignore"]


@dataclass(frozen=True, slots=True)
class Sent:
    """What goes or went out, fit to be seen by anybody: the keys in it are hidden.

    Attributes:
        address: Where to, or the class that was given it.
        body: Its content, laid out; the class's keywords where nobody else knows its bytes.
        method: The method of HTTP; "" where the bytes aren't known.
        headers: Its head.
        bytes: How many bytes the body really has.
        proxy: The proxy it goes through, "" for none.
        hidden: What is hidden in the content here and went out as it is, by name or kind.
    """

    address: str
    body: str
    method: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    bytes: int = 0
    proxy: str = ""
    hidden: tuple[str, ...] = ()


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
        sent: What is about to be sent.
    """

    thought: str = ""
    model: str = ""
    usage: dict[str, int] | None = None
    finish: str = ""
    notice: str = ""
    engine: str = ""
    retry: str = ""
    sent: Sent | None = None


def ignore(_: Report) -> None:
    """Hear nothing, for callers who want the answer alone."""
