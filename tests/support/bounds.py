"""What the product promises to work with, and at the lowest, read from pyproject.toml."""

from __future__ import annotations

import re
import sys
from itertools import chain
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["ROOT", "lowest", "pythons", "wanted_by_tests"]

ROOT = Path(__file__).parents[2]
# What a notebook brings along: the product works beside it, and asks for none.
BESIDE = "ipykernel"


def lowest() -> list[str]:
    """Give each requirement of the product and its extras at its lower bound.

    Returns:
        Requirements such as "aiohttp==3.13.4", each with the marker it had.
    """
    project = _read()["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    beside = [text for text in wanted_by_tests() if text.startswith(BESIDE)]
    return [re.sub(r">=([\w.]+)[^;]*", r"==\1", text) for text in [*asked, *beside]]


def pythons() -> list[str]:
    """Give the Pythons that are promised, such as "3.10"."""
    kinds = _read()["project"]["classifiers"]
    return [minor for kind in kinds for minor in re.findall(r":: Python :: (3\.\d+)$", kind)]


def wanted_by_tests() -> list[str]:
    """Give the requirements of the tests."""
    group: list[str] = _read()["dependency-groups"]["test"]
    return group


def _read() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
