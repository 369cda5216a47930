"""The reader's own code, run for a prompt: it may raise anything, which is no failure of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from cromicle_magic.caught import Caught
from cromicle_magic.render.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Failure", "attempt"]

Result = TypeVar("Result")

# What a footer has room for.
MESSAGE_CHARS = 120


class Failure(NamedTuple):
    """What a call raised."""

    error: Exception | SystemExit

    def __str__(self) -> str:
        message = attempt(lambda: str(self.error))
        text = "" if isinstance(message, Failure) else message
        line = visible(" ".join(text[:MESSAGE_CHARS].split()))
        return f"{type(self.error).__name__}: {line}" if line else type(self.error).__name__


def attempt(call: Callable[[], Result]) -> Result | Failure:
    """Call the reader's code, such as an expression, a ``__repr__`` or a ``__len__``.

    Args:
        call: What to call; an interrupt goes through.

    Returns:
        Its result, or what it raised.
    """
    with Caught() as block:
        return call()
    assert block.error  # noqa: S101 - else it has returned
    return Failure(block.error)
