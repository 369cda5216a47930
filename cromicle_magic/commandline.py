"""The magic line: options first, then the prompt, which stays as it was typed; or a command."""

from __future__ import annotations

import io
import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cromicle_magic.errors import SettingError
from cromicle_magic.options import OPTIONS, Option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

__all__ = [
    "COMMANDS",
    "Command",
    "help_text",
    "option_spelled",
    "read_command",
    "read_line",
    "short_help",
    "spellings",
    "words_of",
]

_NUMBER = r"\d{1,9}|all"


@dataclass(frozen=True, slots=True)
class Command:
    """A word that ``%cromicle`` obeys instead of asking it.

    Attributes:
        name: The word.
        help: What it does, one line.
        metavar: What may follow it, as the help shows it; "" for nothing.
        pattern: The form of what may follow it, a regular expression; "" for nothing.
        default: What stands for it where nothing follows.
    """

    name: str
    help: str
    metavar: str = ""
    pattern: str = ""
    default: str = ""

    @property
    def wants(self) -> bool:
        """Whether something has to follow it."""
        return bool(self.metavar) and not self.metavar.startswith("[")


COMMANDS = (
    Command("help", "list all this, or show a page of the manual", "[TOPIC]", r"\S+"),
    Command("use", "let it answer from now on; auto finds one again", "[ENGINE]", r"\S.*"),
    Command(
        "models", "list the models of the engine, or of each that is found", "[ENGINE]", r"\S.*"
    ),
    Command("config", "list the settings and where they come from"),
    Command("login", "ask for the key of an engine, and keep it out of sight", "[ENGINE]", r"\S.*"),
    Command("logout", "let go of that key", "[ENGINE]", r"\S.*"),
    Command("doctor", "check the way to the engine, step by step", "[ENGINE]", r"\S.*"),
    Command("sent", "show exactly what went out for the latest answer, keys hidden"),
    Command("show", "show the latest answer again, under this cell"),
    Command("chats", "list the chats"),
    Command("history", "list the turns of a chat", "[NAME]", r"\S+", "main"),
    Command("reset", "forget the turns of a chat, or of all", "[NAME|all]", r"\S+", "main"),
    Command(
        "export",
        "write all chats, or one, to a new .md or .jsonl file",
        "FILE [NAME] [--force]",
        r"\S.*",
    ),
    Command(
        "continue",
        "go on from a chat's last answer, if it was stopped or cut off",
        "[NAME]",
        r"\S+",
        "main",
    ),
    Command(
        "retry",
        "ask a chat's last prompt again, in the place of its turn",
        "[NAME]",
        r"\S+",
        "main",
    ),
    Command("fix", "ask why the last cell failed; more words go along", "[WORDS]", r"\S.*"),
    Command("status", "list the answers in the background"),
    Command("wait", "wait for them", "[N|all]", _NUMBER, "all"),
    Command("stop", "end them, and keep what has come", "[N|all]", _NUMBER, "all"),
    Command("version", "tell which release this is"),
)

_BY_NAME = {command.name: command for command in COMMANDS}
_BY_SPELLING = {
    spelling: row
    for row in OPTIONS
    if row.is_option
    for spelling in (row.flag, row.short)
    if spelling
}

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


def read_line(line: str, secrets: Mapping[str, str] | None = None) -> tuple[dict[str, Any], str]:
    r"""Part a magic line into its options and the prompt behind them.

    Args:
        line: What follows the magic's name on its line.
        secrets: Values that no option may hold, by their names; what looks like a key it may not
            hold either way.

    Returns:
        The options' values as typed, by name, pairs gathered in a mapping under theirs, and the
        rest of the line, untouched.

    Raises:
        SettingError: An option is unknown (the nearest one is named), lacks its value, or holds a
            key, which isn't repeated; or a quote stays open.

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
        option = _BY_SPELLING.get(spelling) or _unknown(spelling, secrets)
        if equals and not option.metavar:
            raise SettingError(f"{spelling} takes no value; leave {equals}{value} away.")
        value = value if equals else _value_of(option, spelling, source)
        _keys().check_text(value, option.flag, secrets)
        if option.is_pair:
            second = _value_of(option, spelling, source)
            _keys().check_text(second, option.flag, secrets)
            _keys().check_pair(value, pair := _json(second), option.flag)
            values.setdefault(option.name, {}).update({value: pair})
        else:
            values[option.name] = value


def read_command(line: str, secrets: Mapping[str, str] | None = None) -> tuple[str, str] | None:
    """Tell whether the line of ``%cromicle`` is a command and no prompt.

    Args:
        line: What follows the magic's name.
        secrets: As for ``read_line``.

    Returns:
        The command and what it is about; None for a prompt.

    Raises:
        SettingError: The line begins like a command and goes on otherwise, or with a key.

    >>> read_command("wait 2"), read_command("stop"), read_command("-- stop it")
    (('wait', '2'), ('stop', 'all'), None)
    """
    word, rest = [*line.strip().rstrip(";").split(maxsplit=1), "", ""][:2]
    if (command := _BY_NAME.get(word)) is None:
        return None
    about = rest.strip() or command.default
    if (rest or command.wants) and not re.fullmatch(command.pattern, about):
        takes = f"takes {command.metavar}" if command.metavar else "stands alone"
        text = f"{word} {takes}; a prompt that begins so goes behind --: %cromicle -- {word} ..."
        raise SettingError(text)
    _keys().check_text(about, f"%cromicle {word}", secrets)
    return word, about


def option_spelled(word: str) -> Option | None:
    """Give the option that is spelled so, long or short, on the magic line."""
    return _BY_SPELLING.get(word)


def spellings() -> list[str]:
    """Give the long spelling of each option of the magic line."""
    return [row.flag for row in OPTIONS if row.is_option]


def help_text() -> str:
    """Give the help of both magics, plain text, made from the tables of commands and options."""
    rows = [(_spellings(row), _meaning(row)) for row in OPTIONS if row.is_option]
    return _HELP.format(lines=short_help()) + _in_two(rows)


def short_help() -> str:
    """Give what can be asked and what is obeyed, a line each."""
    commands = [(f"%cromicle {row.name} {row.metavar}".rstrip(), row.help) for row in COMMANDS]
    return _in_two([*_PROMPTS, *commands])


def words_of(text: str) -> list[str]:
    r"""Part what follows a command into words; one with blanks goes in quotes.

    Args:
        text: What follows it.

    Raises:
        SettingError: A quote stays open.

    >>> words_of(r'"C:\my chats.md" idea')
    ['C:\\my chats.md', 'idea']
    """
    source = io.StringIO(text)
    return list(iter(lambda: _next_word(source), None))


def _in_two(rows: list[tuple[str, str]]) -> str:
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"{left:{width}}  {right}" for left, right in rows)


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


def _keys() -> ModuleType:
    from cromicle_magic import typed_keys  # noqa: PLC0415 - only lines that are read need it

    return typed_keys


def _unknown(spelling: str, secrets: Mapping[str, str] | None) -> Option:
    import difflib  # noqa: PLC0415 - slow to import, and few need it

    _keys().check_text(spelling.lstrip("-"), "The line", secrets)
    if _keys().is_key_name(spelling):
        advice = _keys().ADVICE
        raise SettingError(f"There is no option {spelling}. If a key follows it, {advice}")
    near = difflib.get_close_matches(spelling, _BY_SPELLING, n=1, cutoff=0.5)
    advice = f"; did you mean {near[0]}?" if near else "."
    raise SettingError(f"There is no option {spelling}{advice} -h lists them all, -- ends them.")


def _spellings(row: Option) -> str:
    both = ", ".join(spelling for spelling in (row.short, row.flag) if spelling)
    return f"  {both} {row.metavar}".rstrip()


def _meaning(row: Option) -> str:
    return f"{row.help} Default: {row.default_text}." if row.default_text else row.help
