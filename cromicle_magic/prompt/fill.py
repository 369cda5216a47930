"""A prompt with the values of its ``{{ expressions }}`` put in."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cromicle_magic.errors import SettingError
from cromicle_magic.prompt.attempt import Failure, attempt
from cromicle_magic.prompt.bounds import beginning
from cromicle_magic.prompt.braces import Braces, find
from cromicle_magic.prompt.values import Described, describe
from cromicle_magic.render.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Filled", "Left", "PutIn", "fill"]

# What a footer has room for.
MOST_NAMED = 3
SOURCE_CHARS = 40

_STRICT = "{result} can't be put in; correct it, or send the prompt as typed by --raw."


@dataclass(frozen=True, slots=True)
class PutIn:
    """An expression whose value was put in.

    Attributes:
        source: The expression.
        value: What stands for it now.
    """

    source: str
    value: Described

    def __str__(self) -> str:
        cut = f", {self.value.cut}" if self.value.cut else ""
        return f"{_short(self.source)} ({self.value.label}{cut})"


@dataclass(frozen=True, slots=True)
class Left:
    """Double braces that were left as typed.

    Attributes:
        source: What is between them.
        why: Why, the end of a sentence.
        is_mistake: Whether they can only have been meant for us; else they may well be part of a
            template or a formula.
    """

    source: str
    why: str
    is_mistake: bool

    def __str__(self) -> str:
        return f"{{{{ {_short(self.source)} }}}} ({self.why})"


@dataclass(frozen=True, slots=True)
class Filled:
    """A prompt as it is sent.

    Attributes:
        text: The prompt.
        put_in: What was put in, in order; each expression once.
        left: What was left as typed, in order; each once.
    """

    text: str
    put_in: tuple[PutIn, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What a footer says of it; nothing where there was nothing to do."""
        put_in = ["put in: " + _named(self.put_in)] if self.put_in else []
        left = ["left as typed: " + _named(self.left)] if self.left else []
        return put_in + left


def fill(text: str, namespace: dict[str, object], *, strict: bool = False) -> Filled:
    """Put values into a prompt.

    Each different expression is evaluated once, in the order of their appearance; what it gives
    is never looked through again. All else stays as it is, byte for byte.

    Args:
        text: The prompt, as typed.
        namespace: The names that expressions know; a new one gets ``__builtins__``.
        strict: Whether an expression that fails is an error.

    Returns:
        The prompt, and what was done.

    Raises:
        SettingError: An expression fails, or is none, and ``strict`` is set.
    """
    parts, at = [], 0
    results: dict[tuple[str, str], PutIn | Left | None] = {}
    for braces in find(text):
        key = (braces.source, braces.foreign)
        if key not in results:
            results[key] = _result(braces, namespace)
        match results[key]:
            case PutIn() as result:
                parts += [text[at : braces.start], result.value.text]
                at = braces.end
            case Left(is_mistake=True) as result if strict:
                raise SettingError(_STRICT.format(result=result))
            case _:
                pass  # it stays as typed
    found: list[PutIn | Left] = [result for result in results.values() if result]
    put_in = tuple(result for result in found if isinstance(result, PutIn))
    left = tuple(result for result in found if isinstance(result, Left))
    return Filled("".join([*parts, text[at:]]), put_in, left)


def _result(braces: Braces, namespace: dict[str, object]) -> PutIn | Left | None:
    source, code = braces.source, braces.code
    if code is None:
        return Left(source, "it isn't a Python expression", is_mistake=True)
    if braces.foreign:
        # Named only if it would have worked: what a template says of itself is no news.
        is_known = all(name in namespace or hasattr(builtins, name) for name in braces.names)
        return Left(source, braces.foreign, is_mistake=False) if is_known else None
    # A template's {{ id }} or {{ input }} wants no function of Python's.
    if source not in namespace and hasattr(builtins, source):
        return Left(source, f"there is no variable {source}", is_mistake=True)
    value = attempt(lambda: eval(code, namespace))  # noqa: S307 - it is the reader's own code
    if isinstance(value, Failure):
        return Left(source, _why(value), is_mistake=True)
    return PutIn(source, describe(value))


def _why(failure: Failure) -> str:
    if isinstance(failure.error, NameError) and failure.error.name:
        return f"there is no variable {failure.error.name}"
    return str(failure)


def _named(parts: Sequence[PutIn | Left]) -> str:
    more = len(parts) - MOST_NAMED
    named = ", ".join(map(str, parts[:MOST_NAMED]))
    return f"{named} and {more:,} more" if more > 0 else named


def _short(source: str) -> str:
    return beginning(visible(" ".join(source.split())), SOURCE_CHARS)
