"""Tables and arrays as texts: their shape, their kinds, and enough of their values."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from cromicle_magic.prompt.values import VALUE_CHARS, describe

LARGE = pd.DataFrame({"id": range(1000), "name": ["a,b"] * 1000, "price": [1 / 3] * 1000})


def test_a_small_table_is_whole() -> None:
    """As CSV below its label."""
    frame = pd.DataFrame({"name": ["Ada", "Bob"], "age": [36, 41]})
    label = f"DataFrame, 2 rows × 2 columns (name {frame.dtypes['name']}, age int64)"
    assert describe(frame) == (f"{label}:\n,name,age\n0,Ada,36\n1,Bob,41", label, "")


def test_a_large_table_is_its_two_ends() -> None:
    """With how much is missing, for the model and for the footer."""
    described = describe(LARGE)
    assert described.cut == "985 rows left out"
    head, columns, *rows = described.text.split("\n")
    assert head.startswith("DataFrame, 1,000 rows × 3 columns (id int64, ")
    assert head.endswith("; 985 rows left out:")
    assert (columns, rows[0]) == (",id,name,price", '0,0,"a,b",0.333333')
    assert rows[10:12] == ["[… 985 rows left out …]", '995,995,"a,b",0.333333']
    assert len(rows) == 16


def test_a_wide_table_and_its_long_values_are_cut() -> None:
    """Neither columns nor letters have no end."""
    wide = pd.DataFrame(np.zeros((3, 100)))
    assert describe(wide).cut == "80 columns left out"
    long = pd.DataFrame({"x" * 10_000: ["y" * 100_000] * 30})
    assert len(describe(long).text) < VALUE_CHARS + 500 + 1_500


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        LARGE.groupby(["id", "name"]).sum(),
        LARGE.set_index(pd.date_range("2026", periods=1000)),
        pd.DataFrame({"a": pd.Categorical(["x", None])}),
    ],
)
def test_any_table_can_be_told(frame: pd.DataFrame) -> None:
    """Empty, with two columns of one name, with rows that have several names, with dates."""
    assert describe(frame).text.startswith(f"DataFrame, {len(frame):,} row")


def test_a_series_is_told_with_its_name() -> None:
    """And an index of its own kind."""
    assert describe(pd.Series([1.5, 2], name="price")).text == (
        "Series price, 2 values, float64:\n0,1.5\n1,2"
    )
    assert describe(LARGE["id"]).cut == "985 rows left out"
    assert describe(LARGE["id"]).text.startswith("Series id, 1,000 values, int64; 985 rows")


def test_an_array_is_told_with_its_shape() -> None:
    """Small ones whole, of larger ones the corners, whatever numpy was told to print."""
    assert describe(np.eye(2)).text == "ndarray, shape 2 × 2, float64:\n[[1., 0.],\n [0., 1.]]"
    with np.printoptions(threshold=sys.maxsize):
        described = describe(np.zeros((1000, 1000)))
    assert described.cut == "only the corners of 1,000,000 values"
    assert described.text.startswith("ndarray, shape 1,000 × 1,000, float64; only the corners")
    assert len(described.text) < 1_000
    assert describe(np.float64(0.5)).text == "0.5"
    assert describe(np.array(3)).text == "ndarray, shape (), int64:\n3"


def test_neither_library_is_imported_for_it() -> None:
    """Whoever has none of their values needs none of them."""
    code = (
        "import sys; from cromicle_magic.prompt.values import describe; describe([1]); "
        "assert not {'pandas', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
