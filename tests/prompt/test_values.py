"""Values as texts: what stands for them in a prompt is short, says what it is, and never raises."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, OrderedDict, deque, namedtuple
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest

from cromicle_magic.answer import Answer
from cromicle_magic.prompt.values import TEXT_CHARS, VALUE_CHARS, describe

# A label and what was left out come on top of the values.
MARGIN_CHARS = 500

Pair = namedtuple("Pair", "a b")  # noqa: PYI024 - as a reader may write it


@dataclass
class Point:
    """As a reader may write it."""

    x: int
    y: object = None
    secret: str = field(default="no", repr=False)


class Plain:
    """An object that says nothing of itself."""


class Broken:
    """An object that can't be shown."""

    def __repr__(self) -> str:
        raise ValueError("no\x1b")


class Worse(Exception):  # noqa: N818
    """An error that can't be shown either."""

    def __str__(self) -> str:
        raise Worse


class Endless(dict[str, int]):
    """A mapping that never ends, and lies about its size."""

    def __iter__(self) -> Any:
        while True:
            yield "a"

    def __getitem__(self, key: str) -> int:
        return 1

    def __len__(self) -> int:
        return 10**9


class Faithless:
    """An object that fails whatever one asks of it."""

    def __getattribute__(self, name: str) -> Any:
        raise Worse


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("It's\n{{ x }}", "It's\n{{ x }}"),
        (1, "1"),
        (-2.5, "-2.5"),
        (True, "True"),
        (None, "None"),
        (Decimal("1.10"), "1.10"),
        (dt.date(2026, 11, 24), "2026-11-24"),
        (PurePosixPath("/a b"), "/a b"),
        ([1, "a", [2.5, None]], "[1, 'a', [2.5, None]]"),
        ((1,), "(1,)"),
        ((), "()"),
        ({"b", "a"}, "{'a', 'b'}"),
        (set(), "set()"),
        ({"a": {"b": (1, 2)}}, "{'a': {'b': (1, 2)}}"),
        (OrderedDict(a=1), "{'a': 1}"),
        (deque([1, 2]), "[1, 2]"),
        (Pair(1, "x"), "Pair(a=1, b='x')"),
        (Point(1, [2]), "Point(x=1, y=[2])"),
        (Plain(), "<test_values.Plain object>"),
        (Broken(), "<Broken whose repr raised ValueError: no␛>"),
        ([Broken()], "[<Broken whose repr raised ValueError: no␛>]"),
        (b"ab", "b'ab'"),
        (dt, "module datetime"),
        (int, "<class 'int'>"),
    ],
)  # fmt: skip
def test_a_small_value_stands_as_it_is(value: object, text: str) -> None:
    """Without a label, so that it reads well in a sentence; the same in each run."""
    described = describe(value)
    assert described.text.replace(f"{__name__}.", "test_values.") == text
    assert described.cut == ""


@pytest.mark.parametrize(
    ("value", "starts", "cut"),
    [
        ("x" * 50_000, "str, 50,000 characters:\nxxx", "30,000 characters left out"),
        (list(range(1000)), "list of 1,000, 950 left out: [0, 1, 2", "950 left out"),
        (Counter(range(1000)), "Counter of 1,000, 950 left out: {0: 1", "950 left out"),
        (["x" * 10_000] * 10, "list of 10, 2 left out: ['xxx", "2 left out"),
        ([[[[[[[[1]]]]]]]], "list of 1, shortened: [[[[", "shortened"),
        ({"a": "x" * 600}, "dict of 1, shortened: {'a': 'xxx", "shortened"),
        (Point(1, "x" * 1000), "Point, shortened: Point(x=1, y='xxx", "shortened"),
        (b"x" * 1000, "bytes of 1,000, shortened: b'xxx", "shortened"),
        (Endless(), "Endless of 1,000,000,000, 999,999,950 left out: {'a'", "999,999,950 left out"),
    ],
)  # fmt: skip
def test_a_large_value_is_cut_and_says_so(value: object, starts: str, cut: str) -> None:
    """In the text itself, for the model, and for the footer."""
    described = describe(value)
    assert described.text.startswith(starts)
    assert described.cut == cut
    most = TEXT_CHARS if isinstance(value, str) else VALUE_CHARS + 500
    assert len(described.text) <= most + MARGIN_CHARS


def test_what_holds_itself_comes_to_an_end() -> None:
    """Once is enough."""
    value: list[object] = [1]
    value.append(value)
    assert describe(value).text == "list of 2, shortened: [1, …]"


def wide(depth: int) -> object:
    """Give a list that grows with the fiftieth power."""
    inner: object = []
    for _ in range(depth):
        inner = [inner] * 50
    return inner


MONSTERS = {
    "wide": lambda: wide(10),
    "faithless": Faithless,
    "faithless in a list": lambda: [Faithless()],
    "worse": Worse,
    "a number without a text": lambda: 10**5000,
    "range": lambda: range(10**12),
    "endless": Endless,
}


@pytest.mark.parametrize("name", MONSTERS)
def test_nothing_is_too_large_or_too_broken(name: str) -> None:
    """Soon there is a text, whatever it is."""
    value = MONSTERS[name]()
    start = time.process_time()
    assert 0 < len(describe(value).text) <= VALUE_CHARS + MARGIN_CHARS
    assert time.process_time() - start < 1


def test_an_answer_is_its_text() -> None:
    """As everywhere else."""
    answer = Answer()
    answer.pieces.append("**so**")
    assert describe(answer) == ("**so**", "Answer, 6 characters", "")


def test_a_function_is_its_source() -> None:
    """That is what one wants to ask about."""
    assert describe(wide).text.startswith("def wide(depth: int) -> object:\n    ")


def fail(depth: int) -> None:
    """Fail, some calls further down."""
    if depth:
        fail(depth - 1)
    try:
        {}["a"]
    except KeyError as error:
        raise ValueError("no such thing") from error


def test_an_exception_comes_with_its_last_calls_and_its_cause() -> None:
    """Files by their name alone, the deeper calls only."""
    with pytest.raises(ValueError, match="no such") as caught:
        fail(9)
    described = describe(caught.value)
    lines = described.text.split("\n")
    assert lines[:2] == ["ValueError:", "[… 5 earlier calls left out …]"]
    assert lines[2].startswith("test_values.py:")
    assert lines[3] == "    fail(depth - 1)"
    assert lines[-3:] == [
        '    raise ValueError("no such thing") from error',
        "ValueError: no such thing",
        "caused by KeyError: 'a'",
    ]
    assert describe(KeyError("x")).text == "KeyError:\nKeyError: 'x'"


def test_an_endless_recursion_is_short() -> None:
    """Its last calls tell enough."""

    def recurse() -> None:
        recurse()

    with pytest.raises(RecursionError) as caught:
        recurse()
    assert len(describe(caught.value).text.split("\n")) <= 16
