"""A value as the text that stands for it in a prompt: compact, labelled, bounded."""

from __future__ import annotations

import inspect
from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction
from numbers import Number
from pathlib import PurePath
from textwrap import dedent
from types import FunctionType, ModuleType
from typing import NamedTuple
from uuid import UUID

from cromicle_magic.answer import Answer
from cromicle_magic.prompt.attempt import Failure, attempt
from cromicle_magic.prompt.bounds import both_ends
from cromicle_magic.prompt.failures import failure_text
from cromicle_magic.prompt.literal import Literal
from cromicle_magic.prompt.tables import sketch

__all__ = ["TEXT_CHARS", "VALUE_CHARS", "Described", "describe"]

# A text is what the reader wants to be read, a table or a list only gives an idea.
TEXT_CHARS = 20_000
VALUE_CHARS = 4_000

_PLAIN = (bool, Number, date, time, timedelta, Decimal, Fraction, UUID, PurePath, type(None))


class Described(NamedTuple):
    """A value in a prompt.

    Attributes:
        text: What stands for it; of a value that isn't shown whole, or is a table, its first line
            says what it is.
        label: What it is, in a few words.
        cut: What was left out, "" if nothing was.
    """

    text: str
    label: str
    cut: str = ""


def describe(value: object) -> Described:
    """Describe a value for a prompt; whatever it does when looked at, this raises nothing.

    Args:
        value: Any object.

    Returns:
        Texts and numbers as they are, so that they stand well in a sentence; collections and
        other objects as Python writes them; tables, arrays and exceptions with a label. All of
        them bounded; an interrupt goes through.
    """
    described = attempt(lambda: _described(value))
    if isinstance(described, Failure):
        name = type(value).__name__
        return Described(f"<{name} that can't be shown: {described}>", name, "all of it")
    return described


def _described(value: object) -> Described:
    if isinstance(value, (str, Answer, *_PLAIN)):
        return _text(str(value), type(value).__name__)
    if isinstance(value, BaseException):
        return _labelled(type(value).__name__, failure_text(value))
    if found := sketch(value):
        return _labelled(*found)
    if isinstance(value, ModuleType):
        return Described(f"module {value.__name__}", "module")
    if isinstance(value, (FunctionType, type)):
        source = attempt(lambda: inspect.getsource(value))
        if not isinstance(source, Failure):
            return _text(dedent(source), "source")
    return _literal(value)


def _text(text: str, name: str) -> Described:
    shown, left_out = both_ends(text, TEXT_CHARS)
    label = f"{name}, {len(text):,} characters" if name in {"str", "Answer"} else name
    if not left_out:
        return Described(shown, label)
    return Described(f"{label}:\n{shown}", label, f"{left_out:,} characters left out")


def _labelled(label: str, body: str, cut: str = "") -> Described:
    shown, left_out = both_ends(body, VALUE_CHARS)
    missing = f"{left_out:,} characters left out" if left_out else ""
    all_cut = ", ".join(filter(None, [cut, missing]))
    head = f"{label}; {all_cut}:" if all_cut else f"{label}:"
    return Described(f"{head}\n{shown}", label, all_cut)


def _literal(value: object) -> Described:
    literal = Literal(value, VALUE_CHARS)
    name = type(value).__name__
    size = attempt(lambda: len(value))  # type: ignore[arg-type] # what has none says so
    label = name if isinstance(size, Failure) else f"{name} of {size:,}"
    if literal.is_whole:
        return Described(literal.text, label)
    cut = "shortened"
    if not isinstance(size, Failure) and 0 < literal.items < size:
        cut = f"{size - literal.items:,} left out"
    return Described(f"{label}, {cut}: {literal.text}", label, cut)
