"""The help of both magics, plain text, made from the tables of commands and options."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from cromicle_magic.line.vocabulary import COMMANDS
from cromicle_magic.options import OPTIONS

if TYPE_CHECKING:
    from cromicle_magic.values import Option

__all__ = ["help_text", "short_help"]

# What a cell of JupyterLab holds on a line with its side bar open, in characters.
WIDTH = 95

_PROMPTS = [
    ("%%cromicle [options]", "the cell below holds the prompt"),
    ("%cromicle [options] PROMPT", "the rest of the line is the prompt; -- ends the options"),
]
_HELP = """\
{lines}

%cromicle help lists the topics of the manual, too.
A prompt of one line that begins with such a word goes behind --, as in %cromicle -- show it.
A ; at the end of %%cromicle's own line shows nothing: the answer is in Out and _cromicle.

A value with blanks goes in quotes; everything else in it stays as typed.

"""


def help_text() -> str:
    """Give the whole help: what can be asked, what is obeyed, and each option."""
    rows = [(_spellings(row), _meaning(row)) for row in OPTIONS if row.is_option]
    indent = " " * (_width(rows) + 2)
    lines = (fill(line, WIDTH, subsequent_indent=indent) for line in _in_two(rows).splitlines())
    return _HELP.format(lines=short_help()) + "\n".join(lines)


def short_help() -> str:
    """Give what can be asked and what is obeyed, a line each."""
    commands = [(f"%cromicle {row.name} {row.metavar}".rstrip(), row.help) for row in COMMANDS]
    return _in_two([*_PROMPTS, *commands])


def _in_two(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"{left:{_width(rows)}}  {right}" for left, right in rows)


def _width(rows: list[tuple[str, str]]) -> int:
    return max(len(left) for left, _ in rows)


def _spellings(row: Option) -> str:
    both = ", ".join(spelling for spelling in (row.short, row.flag) if spelling)
    return f"  {both} {row.metavar}".rstrip()


def _meaning(row: Option) -> str:
    return f"{row.help} Default: {row.default_text}." if row.default_text else row.help
