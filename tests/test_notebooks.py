"""The example notebooks, each run from top to bottom, offline."""

from __future__ import annotations

import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def texts(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Give the plain texts of a notebook's outputs; the HTML tells how long each took."""
    cells = (cell.get("outputs", []) for cell in notebook.cells)
    return [[output.data["text/plain"] for output in outputs] for outputs in cells]


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
