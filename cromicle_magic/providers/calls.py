"""How a class from elsewhere is called: by which of its methods, with which keywords."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cromicle_magic.errors import SettingError
from cromicle_magic.render.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["WAYS", "Call", "call_of", "check"]

_BLOCKING = "create_completion"
# What a class may answer by, in the order in which g4f's callers choose.
WAYS = ("create_async_generator", "create_async", _BLOCKING)
_OPTIONAL = ("proxy", "timeout", "temperature", "max_tokens")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is still to be made.

    Attributes:
        function: What to call.
        keywords: What with; they may hold a key.
        is_blocking: Whether it may block.
    """

    function: Callable[..., Any]
    keywords: dict[str, Any] = field(repr=False)
    is_blocking: bool

    def make(self) -> Any:
        """Call the function with its keywords.

        Returns:
            What it gives: a coroutine, a generator or a value.
        """
        return self.function(**self.keywords)


def check(kind: object) -> None:
    """See that something is a class that keeps g4f's contract.

    Args:
        kind: What somebody calls a provider.

    Raises:
        SettingError: It isn't; the sentence says what it lacks.
    """
    if not isinstance(kind, type):
        text = f"A provider is a class, and this is a {type(kind).__name__}; give the class itself."
        raise SettingError(text)
    name, way = visible(kind.__name__), _way(kind)
    if way is None or getattr(getattr(kind, way), "__isabstractmethod__", False):
        ways = f"{', '.join(WAYS[:-1])} or {WAYS[-1]}"
        raise SettingError(f"{name} is no provider: it answers by none of {ways}.")
    try:
        call = call_of(kind, {"model": "", "messages": []})
        inspect.signature(call.function).bind(**call.keywords)
    except TypeError:
        text = f"{name}.{way} can't be called on the class with model and messages; make it a"
        raise SettingError(f"{text} classmethod with these, and defaults for the rest.") from None
    except ValueError:
        # Written in C, and silent on what it takes.
        pass


def call_of(kind: type, given: Mapping[str, Any]) -> Call:
    """Give the call by which a class answers.

    Args:
        kind: The class, checked.
        given: The keywords of a provider of ours; those that mean something to any class, are set,
            and are taken by this one go into the call.
    """
    way = str(_way(kind))
    function = getattr(kind, way)
    return Call(function, _fitting(function, way, _meant(given)), way == _BLOCKING)


def _way(kind: type) -> str | None:
    return next((way for way in WAYS if hasattr(kind, way)), None)


def _meant(given: Mapping[str, Any]) -> dict[str, Any]:
    optional = {name: given.get(name) for name in _OPTIONAL} | dict(given.get("params") or {})
    # A copy, for g4f writes into messages.
    messages = [dict(message) for message in given["messages"]]
    set_ones = {name: value for name, value in optional.items() if value is not None}
    return {"model": given["model"], "messages": messages, **set_ones}


def _fitting(function: Callable[..., Any], way: str, meant: dict[str, Any]) -> dict[str, Any]:
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:
        return meant
    # A function that forwards its keywords is not given one that it may add itself; only the
    # blocking one gives its text at once unless it is told to stream.
    if "stream" in parameters or way == _BLOCKING:
        meant = {"stream": True, **meant}
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return meant
    return {name: value for name, value in meant.items() if name in parameters}
