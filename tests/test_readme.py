"""The README, compared with what it speaks of."""

from __future__ import annotations

import re
from pathlib import Path

from cromicle_magic.manual.pages import page, topics
from cromicle_magic.options import OPTIONS
from cromicle_magic.values import Option

README = (Path(__file__).parents[1] / "README.md").read_text()
TABLE = README.partition("| option |")[2].partition("\n\n")[0]

# What is read in five minutes.
MOST_WORDS = 1_400


def row(option: Option) -> str:
    """Give an option's line in the README's table."""
    spellings = ", ".join(f"`{text}`" for text in (option.short, option.flag) if text)
    setting = f"`{option.name}`" if option.is_setting else ""
    variable = f"`{option.environment}`" if option.environment else ""
    spelled = spellings if option.is_option else ""
    return f"| {spelled} | {option.default_text} | {setting} | {variable} | {option.help} |"


def test_the_table_of_options_is_the_table() -> None:
    """Each row of the package's table stands in the README, and no other."""
    assert TABLE.splitlines()[2:] == [row(option) for option in OPTIONS]


def test_it_is_read_in_five_minutes() -> None:
    """What is left without the table of options and the changelog is short."""
    text = README.replace(TABLE, "").partition("## Changelog")[0]
    assert len(text.split()) <= MOST_WORDS


def test_it_leads_to_each_page_of_the_manual() -> None:
    """By a link to each, in the order in which %cromicle help lists them, with its title."""
    links = re.findall(
        r"^\| \[(\w+)\]\(cromicle_magic/manual/(\w+)\.md\) \| (.+) \|$", README, re.MULTILINE
    )
    titles = [page(topic).partition("\n")[0] for topic in topics()]
    assert [f"# {name.capitalize()}: {text}" for name, _, text in links] == titles
    assert [name for name, _, _ in links] == [file for _, file, _ in links] == topics()
