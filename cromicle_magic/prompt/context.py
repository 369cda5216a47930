"""What a prompt takes along of the notebook, if asked to: cells above it, or variables; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from cromicle_magic.prompt.attempt import Failure, attempt
from cromicle_magic.prompt.bounds import beginning, both_ends
from cromicle_magic.render.counts import counted
from cromicle_magic.render.fenced import fenced

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Context", "Past", "Variable", "cell_text", "context_of", "kind_of"]

# Half of what a request may hold by default, so that prompt and answer have room too.
CELLS_CHARS = 12_000
SOURCE_CHARS = 4_000
OUTPUT_CHARS = 2_000
MOST_VARIABLES = 100
VARIABLE_CHARS = 200
MOST_COLUMNS = 20

_CELLS = "Cells of the notebook above, oldest first:"
_VARIABLES = "Variables of the notebook:"


class Past(NamedTuple):
    """A cell that ran.

    Attributes:
        source: Its code.
        output: What it printed and gave, as text.
        error: What ended it, as text; "" if it ended well.
    """

    source: str
    output: str = ""
    error: str = ""


class Variable(NamedTuple):
    """A name of the notebook, with what ``kind_of`` tells of its value."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Context:
    """What goes out before the prompt.

    Attributes:
        text: The text, "" for none.
        summary: What a footer says of it, such as ``context: 2 cells, 310 characters``.
    """

    text: str = ""
    summary: str = ""

    def before(self, prompt: str) -> str:
        """Give a prompt with this before it."""
        return f"{self.text}\n\n{prompt}" if self.text else prompt


def context_of(which: str, cells: Sequence[Past], variables: Sequence[Variable]) -> Context:
    """Give what was asked for, bounded.

    Args:
        which: A number of cells, ``all``, ``vars`` or ``none``, as ``--context`` takes it.
        cells: The cells above the prompt, oldest first.
        variables: The reader's own names.

    Returns:
        Source, text outputs and errors of the last cells, or of all, the oldest left out where
        there are too many; or names, types and sizes of the variables, never their values.
    """
    if which == "vars":
        return _of_variables(variables)
    if which in {"none", "0"}:
        return Context()
    if not cells:
        return Context(summary="context: no cells yet")
    chosen = cells if which == "all" else cells[-int(which) :]
    return _of_cells(chosen)


def cell_text(cell: Past) -> str:
    """Give a cell as Markdown: its source, and output and error if it had them; bounded."""
    parts = [_bounded(cell.source, SOURCE_CHARS, "python")]
    if cell.output.strip():
        parts += ["Output:", _bounded(cell.output, OUTPUT_CHARS)]
    if cell.error.strip():
        parts += ["Error:", _bounded(cell.error, OUTPUT_CHARS)]
    return "\n".join(parts)


def kind_of(value: object) -> str:
    """Tell type and size of a value, without its content; this raises nothing.

    >>> kind_of([1, 2]), kind_of("text"), kind_of(1.5)
    ('list of 2', 'str of 4', 'float')
    """
    name = type(value).__name__
    told = attempt(lambda: name + (_shape(value) or _length(value) or _signature(value)))
    return name if isinstance(told, Failure) else told


def _of_variables(variables: Sequence[Variable]) -> Context:
    if not variables:
        return Context(summary="context: no variables yet")
    lines = [
        f"- {beginning(f'{name}: {kind}', VARIABLE_CHARS)}"
        for name, kind in variables[:MOST_VARIABLES]
    ]
    summary = f"context: {counted(len(lines), 'variable')}"
    if more := len(variables) - len(lines):
        lines.append(f"[… {more:,} more …]")
        summary += f"; {more:,} left out"
    return Context("\n".join([_VARIABLES, "", *lines]), summary)


def _of_cells(cells: Sequence[Past]) -> Context:
    texts: list[str] = []
    room = CELLS_CHARS
    for cell in reversed(cells):
        text = cell_text(cell)
        room -= len(text)
        if room < 0 and texts:
            break
        texts.insert(0, text)
    more = len(cells) - len(texts)
    left_out = f"; {more:,} older left out" if more else ""
    text = "\n\n".join([_CELLS, *texts])
    size = f"{counted(len(texts), 'cell')}, {len(text):,} characters"
    return Context(text, f"context: {size}{left_out}")


def _bounded(text: str, chars: int, language: str = "") -> str:
    return fenced(both_ends(text.strip("\n"), chars)[0], language)


def _shape(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple):
        return ""
    size = " × ".join(f"{each:,}" for each in shape) or "()"
    columns = [str(column) for column in list(getattr(value, "columns", ()))[: MOST_COLUMNS + 1]]
    if len(columns) > MOST_COLUMNS:
        columns[-1] = "…"
    kind = f", {value.dtype}" if hasattr(value, "dtype") else ""
    return f", {size}{kind}" + (f" ({', '.join(columns)})" if columns else "")


def _length(value: object) -> str:
    return f" of {len(value):,}" if hasattr(type(value), "__len__") else ""  # type: ignore[arg-type]


def _signature(value: object) -> str:
    code = getattr(value, "__code__", None)
    if code is None:
        return ""
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return f" of {', '.join(names) or 'no arguments'}"
