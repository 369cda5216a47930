"""The prompt that asks why a cell failed."""

from __future__ import annotations

import pytest

from cromicle_magic.errors import SettingError
from cromicle_magic.prompt.context import Past
from cromicle_magic.prompt.mending import fix_prompt


def test_it_holds_the_cell_and_its_error() -> None:
    """And what the reader adds, at the end."""
    prompt = fix_prompt(Past("1/0", "", "cell:1\nZeroDivisionError: no"), " Briefly. ")
    assert prompt.startswith("This cell of my notebook failed.")
    assert prompt.endswith(
        "```python\n1/0\n```\nError:\n```\ncell:1\nZeroDivisionError: no\n```\n\nBriefly."
    )


def test_it_is_bounded() -> None:
    """However long the cell and its error are."""
    assert len(fix_prompt(Past("x\n" * 50_000, "y" * 50_000, "z" * 50_000))) < 9_000


def test_where_nothing_failed_there_is_nothing_to_ask() -> None:
    """One sentence says so."""
    with pytest.raises(SettingError, match="No cell has failed yet"):
        fix_prompt(None)
