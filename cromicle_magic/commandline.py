"""The magic line: options first, then the prompt, which stays as it was typed."""

from __future__ import annotations

import difflib
import io
import json
import re
import shlex
from typing import Any

from cromicle_magic.errors import SettingError
from cromicle_magic.options import OPTIONS, Option

__all__ = ["help_text", "read_command", "read_line"]

_BY_SPELLING = {
    spelling: row
    for row in OPTIONS
    if row.is_option
    for spelling in (row.flag, row.short)
    if spelling
}

_COMMAND = re.compile(r"\s*(?:(show|status)|(wait|stop)(?:\s+(\d{1,9}|all))?)\s*")

_HELP = """\
%%cromicle [options]        the cell below holds the prompt
%cromicle [options] PROMPT  the rest of the line is the prompt; -- ends the options
%cromicle show              show the latest answer again, under this cell
%cromicle status            list the answers in the background
%cromicle wait [N|all]      wait for them
%cromicle stop [N|all]      end them, and keep what has come

A ; at the end of %%cromicle's own line shows nothing: the answer is in Out and _cromicle.

A value with blanks goes in quotes; everything else in it stays as typed.

"""


def read_line(line: str) -> tuple[dict[str, Any], str]:
    r"""Part a magic line into its options and the prompt behind them.

    Args:
        line: What follows the magic's name on its line.

    Returns:
        The options' values as typed, by name, pairs gathered in a mapping under theirs, and the
        rest of the line, untouched.

    Raises:
        SettingError: An option is unknown (the nearest one is named), lacks its value, or a quote
            stays open.

    >>> read_line("-m tiny --system 'be brief' Why {this}, \\alpha and $HOME?")
    ({'model': 'tiny', 'system': 'be brief'}, 'Why {this}, \\alpha and $HOME?')
    """
    source = io.StringIO(line)
    values: dict[str, Any] = {}
    while True:
        start = source.tell()
        word = _next_word(source) if _is_option_next(line[start:]) else None
        if word is None or word == "--":
            rest = source.read() if word else line[start:]
            return values, rest.strip()
        spelling, equals, value = word.partition("=")
        option = _BY_SPELLING.get(spelling) or _unknown(spelling)
        value = value if equals else _value_of(option, spelling, source)
        if option.is_pair:
            pair = {value: _json(_value_of(option, spelling, source))}
            values.setdefault(option.name, {}).update(pair)
        else:
            values[option.name] = value


def read_command(line: str) -> tuple[str, str] | None:
    """Tell whether the line of ``%cromicle`` is a command and no prompt.

    Args:
        line: What follows the magic's name.

    Returns:
        The command and what it is about, ``all`` if the line doesn't say; None for a prompt.

    >>> read_command("wait 2"), read_command("stop"), read_command("stop it")
    (('wait', '2'), ('stop', 'all'), None)
    """
    if not (match := _COMMAND.fullmatch(line)):
        return None
    return match[1] or match[2], match[3] or "all"


def help_text() -> str:
    """Give the help of both magics, plain text, made from the table of options."""
    rows = [(_spellings(row), _meaning(row)) for row in OPTIONS if row.is_option]
    width = max(len(left) for left, _ in rows)
    return _HELP + "\n".join(f"{left:{width}}  {right}" for left, right in rows)


def _is_option_next(text: str) -> bool:
    word = text.split(maxsplit=1)[:1]
    return bool(word) and word[0].startswith("-") and word[0] != "-"


def _next_word(source: io.StringIO) -> str | None:
    # shlex reads the source character by character, so what it has not read is still there, as
    # typed. It knows no escapes here: a backslash in an option is a backslash.
    reader = shlex.shlex(source, posix=True)
    reader.whitespace_split, reader.commenters, reader.escape = True, "", ""
    try:
        return reader.get_token()
    except ValueError:
        text = "A quote on the line stays open; put the value in quotes of the other kind."
        raise SettingError(text) from None


def _value_of(option: Option, spelling: str, source: io.StringIO) -> str:
    if not option.metavar:
        return "yes"
    word = _next_word(source)
    if word is None:
        raise SettingError(f"{spelling} needs a value: {spelling} {option.metavar}.")
    return word


def _json(word: str) -> object:
    try:
        return json.loads(word)
    except (ValueError, RecursionError):
        return word


def _unknown(spelling: str) -> Option:
    near = difflib.get_close_matches(spelling, _BY_SPELLING, n=1, cutoff=0.5)
    advice = f"; did you mean {near[0]}?" if near else "."
    raise SettingError(f"There is no option {spelling}{advice} -h lists them all, -- ends them.")


def _spellings(row: Option) -> str:
    both = ", ".join(spelling for spelling in (row.short, row.flag) if spelling)
    return f"  {both} {row.metavar}".rstrip()


def _meaning(row: Option) -> str:
    default = f" Default: {row.default:g}." if isinstance(row.default, float) else ""
    return row.help + default
