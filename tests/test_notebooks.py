"""The example notebooks, each run from top to bottom, offline."""

from __future__ import annotations

import re
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


CLOCK = re.compile(r"\b\d\d:\d\d\b")


def texts(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Give the plain texts of a notebook's outputs; the HTML tells how long each took."""
    cells = (cell.get("outputs", []) for cell in notebook.cells)
    return [[CLOCK.sub("hh:mm", text(output)) for output in outputs] for outputs in cells]


def text(output: nbformat.NotebookNode) -> str:
    """Give what an output says: what it shows, what was printed, or what the cell failed with."""
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return str(output.text if output.output_type == "stream" else output.data["text/plain"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path) -> None:
    """Every cell succeeds within 30 s in all, and what is saved is what comes out today."""
    saved = nbformat.read(path, as_version=4)
    executed = nbformat.read(path, as_version=4)
    start = time.monotonic()
    NotebookClient(
        executed, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert time.monotonic() - start < 30
    assert texts(executed) == texts(saved)


def test_there_are_notebooks() -> None:
    """They are numbered, one idea each."""
    assert [path.name[:2] for path in NOTEBOOKS] == [
        f"{n:02}" for n in range(1, len(NOTEBOOKS) + 1)
    ]
    assert NOTEBOOKS
