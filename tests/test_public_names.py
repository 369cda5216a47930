"""The public names: each is where it is promised, and used where type checkers read it."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cromicle_magic
from cromicle_magic import errors

if TYPE_CHECKING:
    from types import ModuleType

USED = Path(__file__).parent / "typing" / "api.py"


@pytest.mark.parametrize("module", [cromicle_magic, errors], ids=lambda module: module.__name__)
def test_type_checkers_read_each_public_name(module: ModuleType) -> None:
    """The file that they read uses all of them."""
    nodes = ast.walk(ast.parse(USED.read_text()))
    assert set(module.__all__) <= {node.id for node in nodes if isinstance(node, ast.Name)}


def test_each_public_name_comes_from_its_home() -> None:
    """The front door gives the very object, lists it, and knows no other."""
    for name in cromicle_magic.__all__:
        found = getattr(cromicle_magic, name)
        assert getattr(import_module(found.__module__), name) is found
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        cromicle_magic.nonsense  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    ("line", "light"),
    [
        ("import cromicle_magic", {"IPython", "aiohttp", "asyncio", "ipywidgets", "markdown_it"}),
        ("from cromicle_magic import ask, stream, Answer", {"IPython", "aiohttp", "ipywidgets"}),
        ("from cromicle_magic import Cromicle, OpenAI", {"IPython", "ipywidgets", "markdown_it"}),
        ("import cromicle_magic.errors", {"IPython", "aiohttp", "asyncio", "ipywidgets"}),
    ],
)
def test_a_name_brings_no_more_than_it_needs(line: str, light: set[str]) -> None:
    """A program waits for its imports; what a name can do without comes later, or never."""
    code = f"{line}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    brought = set(done.stdout.split())
    assert "cromicle_magic" in brought
    assert not light & brought
