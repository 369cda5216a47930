"""Notebook files, written by hand so that nothing but the test decides what is in them."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Final

from .household import KERNEL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Bundle", "Cell", "code", "copy_as_stranger", "display_output", "write_notebook"]

Bundle = dict[str, str]
Cell = dict[str, object]

FORMAT: Final = {"nbformat": 4, "nbformat_minor": 5}


def write_notebook(path: Path, cells: Iterable[Cell | str], *, kernel: str = KERNEL) -> Path:
    """Write `cells` (source texts or whole cells) as a notebook nobody has signed."""
    whole = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    notebook = {"cells": whole, "metadata": {"kernelspec": spec}, **FORMAT}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def code(source: str, outputs: Iterable[Bundle] = ()) -> Cell:
    """Return a code cell, as if it had shown `outputs` already."""
    return {
        "cell_type": "code",
        "execution_count": 1,
        "id": secrets.token_hex(4),
        "metadata": {},
        "outputs": [display_output(bundle) for bundle in outputs],
        "source": source,
    }


def display_output(bundle: Bundle) -> dict[str, object]:
    """Return the output that display(bundle, raw=True) leaves in a file."""
    return {"output_type": "display_data", "data": bundle, "metadata": {}}


def copy_as_stranger(source: Path, target: Path) -> Path:
    """Copy a notebook so that no signature fits the copy.

    The signature is over the content, so a mere copy would stay trusted.
    """
    notebook = json.loads(source.read_text(encoding="utf-8"))
    notebook["metadata"]["copy"] = secrets.token_hex(8)
    target.write_text(json.dumps(notebook), encoding="utf-8")
    return target
