"""The tables and arrays of pandas and numpy as short texts; neither is ever imported here."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from cromicle_magic.prompt.bounds import beginning
from cromicle_magic.render.counts import counted

__all__ = ["Sketch", "sketch"]

# A table of so many rows is shown whole; of a larger one, its two ends.
WHOLE_ROWS = 20
FIRST_ROWS = 10
LAST_ROWS = 5
MOST_COLUMNS = 20
# Of one row, and of the list of columns.
LINE_CHARS = 500
HEAD_CHARS = 1_000
# An array of more values is shown by its corners.
WHOLE_VALUES = 200


class Sketch(NamedTuple):
    """A value of a data library.

    Attributes:
        label: What it is, with its size, such as ``DataFrame, 3 rows × 2 columns``.
        body: Its values, or some of them.
        cut: What was left out, "" if nothing was.
    """

    label: str
    body: str
    cut: str = ""


def sketch(value: object) -> Sketch | None:
    """Give a table, a series or an array as text, None for any other value.

    Args:
        value: Any object; only where its library has been imported already can it be such a one.
    """
    if _is(value, "pandas", "DataFrame"):
        return _frame(value)
    if _is(value, "pandas", "Series"):
        return _series(value)
    if _is(value, "numpy", "ndarray"):
        return _array(value)
    return None


def _is(value: object, library: str, name: str) -> bool:
    kind = getattr(sys.modules.get(library), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def _frame(frame: Any) -> Sketch:
    rows, columns = frame.shape
    shown = frame.iloc[:, :MOST_COLUMNS]
    kinds = (f"{name} {kind}" for name, kind in zip(shown.columns, shown.dtypes, strict=True))
    missing = f"{columns - MOST_COLUMNS:,} columns left out" if columns > MOST_COLUMNS else ""
    label = f"DataFrame, {counted(rows, 'row')} × {counted(columns, 'column')}"
    head = beginning(", ".join(kinds), HEAD_CHARS)
    body, left_out = _rows(shown, header=True)
    cut = ", ".join(filter(None, [left_out, missing]))
    return Sketch(f"{label} ({head})" if head else label, body, cut)


def _series(series: Any) -> Sketch:
    name = "" if series.name is None else f" {beginning(str(series.name), 80)}"
    body, left_out = _rows(series, header=False)
    return Sketch(f"Series{name}, {counted(len(series), 'value')}, {series.dtype}", body, left_out)


def _rows(table: Any, *, header: bool) -> tuple[str, str]:
    """Give a table's rows as CSV, the shortest way to write one, and what was left out."""
    count = len(table)
    if count <= WHOLE_ROWS:
        return _csv(table, header=header), ""
    left_out = f"{count - FIRST_ROWS - LAST_ROWS:,} rows left out"
    first = _csv(table.iloc[:FIRST_ROWS], header=header)
    last = _csv(table.iloc[-LAST_ROWS:], header=False)
    return f"{first}\n[… {left_out} …]\n{last}", left_out


def _csv(table: Any, *, header: bool) -> str:
    text: str = table.to_csv(header=header, float_format="%.6g", lineterminator="\n")
    return "\n".join(beginning(line, LINE_CHARS) for line in text.rstrip("\n").split("\n"))


def _array(array: Any) -> Sketch:
    numpy = sys.modules["numpy"]
    shape = " × ".join(f"{size:,}" for size in array.shape) or "()"
    body = numpy.array2string(
        array, threshold=WHOLE_VALUES, edgeitems=4, max_line_width=100, separator=", "
    )
    is_whole = array.size <= WHOLE_VALUES
    cut = "" if is_whole else f"only the corners of {array.size:,} values"
    return Sketch(f"{type(array).__name__}, shape {shape}, {array.dtype}", body, cut)
