"""What a prompt takes along: bounded, fenced, told in a line, and nothing unless asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cromicle_magic.prompt.context import (
    CELLS_CHARS,
    Context,
    Past,
    Variable,
    context_of,
    kind_of,
)

CELLS = [Past("x = 1"), Past("print(x)\nx", "1\n1"), Past("1/0", "", "ZeroDivisionError: no")]


def test_the_last_cells_come_with_output_and_error() -> None:
    """As fenced blocks, oldest first."""
    context = context_of("2", CELLS, [])
    assert context.text == (
        "Cells of the notebook above, oldest first:\n\n```python\nprint(x)\nx\n```\nOutput:\n"
        "```\n1\n1\n```\n\n```python\n1/0\n```\nError:\n```\nZeroDivisionError: no\n```"
    )
    assert context.summary == f"context: 2 cells, {len(context.text)} characters"
    assert context.before("Why?") == f"{context.text}\n\nWhy?"
    assert context_of("all", CELLS, []) == context_of("9", CELLS, [])
    assert "x = 1" in context_of("all", CELLS, []).text


def test_nothing_unless_asked_for() -> None:
    """Neither text nor a word in the footer."""
    for which in ("none", "0"):
        context = context_of(which, CELLS, [Variable("x", "int")])
        assert context == Context()
        assert context.before("p") == "p"
    assert context_of("3", [], []).summary == "context: no cells yet"
    assert context_of("vars", CELLS, []).summary == "context: no variables yet"


def test_too_much_is_cut_oldest_first() -> None:
    """Each part in its middle, then whole cells; it is said where and how much."""
    cells = [Past(f"number = {n}\n" + "y" * 5_000, "z" * 5_000) for n in range(9)]
    context = context_of("all", cells, [])
    assert len(context.text) <= CELLS_CHARS + 100
    assert "number = 8" in context.text
    assert "number = 7" not in context.text
    assert "characters left out …]" in context.text
    assert context.summary.endswith("; 8 older left out")


def test_no_cell_ends_its_own_fence() -> None:
    """The fence is longer than any within."""
    text = context_of("1", [Past("'''\n```\n````\n'''")], []).text
    assert "`````python\n'''\n```\n````\n'''\n`````" in text


def test_variables_come_without_their_values() -> None:
    """Names, types and sizes; too many are counted."""
    variables = [Variable(f"v{n}", "int") for n in range(103)]
    context = context_of("vars", CELLS, variables)
    assert context.text.startswith("Variables of the notebook:\n\n- v0: int\n- v1: int\n")
    assert context.text.endswith("- v99: int\n[… 3 more …]")
    assert context.summary == "context: 100 variables; 3 left out"


class Odd:
    """An object that fails when its size is asked for."""

    def __len__(self) -> int:
        raise ValueError


def function(a: int, *, b: int) -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "int"),
        ("secret", "str of 6"),
        ({"a": 1}, "dict of 1"),
        (np.zeros((2, 3)), "ndarray, 2 × 3, float64"),
        (pd.DataFrame({"a": [1], "b": [2]}), "DataFrame, 1 × 2 (a, b)"),
        (pd.DataFrame(np.zeros((1, 30))).rename(columns=str), "DataFrame, 1 × 30 (0, 1, 2, "),
        (pd.Series([1.5]), "Series, 1, float64"),
        (Odd(), "Odd"),
        (function, "function of a, b"),
        (lambda: None, "function of no arguments"),
        (None, "NoneType"),
    ],
)
def test_a_kind_tells_type_and_size(value: object, kind: str) -> None:
    """Never the content."""
    assert kind_of(value).startswith(kind)
    assert "secret" not in kind_of(value)
