"""The examples in the docstrings, run."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import cromicle_magic

MODULES = [
    module.name
    for module in pkgutil.walk_packages(cromicle_magic.__path__, "cromicle_magic.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    """Each example gives what its docstring says."""
    assert doctest.testmod(import_module(name)).failed == 0


def test_there_are_examples() -> None:
    """The test above would also pass on no example at all."""
    assert sum(doctest.testmod(import_module(name)).attempted for name in MODULES) >= 80
