"""The README, compared with what it speaks of."""

from __future__ import annotations

from pathlib import Path

from cromicle_magic.options import OPTIONS
from cromicle_magic.values import Option

README = (Path(__file__).parents[1] / "README.md").read_text()


def row(option: Option) -> str:
    """Give an option's line in the README's table."""
    spellings = ", ".join(f"`{text}`" for text in (option.short, option.flag) if text)
    setting = f"`CromicleMagics.{option.name}`" if option.is_setting else ""
    variable = f"`{option.environment}`" if option.environment else ""
    columns = (spellings if option.is_option else "", setting, variable, option.help)
    return "| " + " | ".join(columns) + " |"


def test_the_table_of_options_is_the_table() -> None:
    """Each row of the package's table stands in the README, and no other."""
    table = README.partition("| option |")[2].partition("\n\n")[0].splitlines()[2:]
    assert table == [row(option) for option in OPTIONS]
