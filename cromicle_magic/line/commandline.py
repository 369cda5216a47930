"""The magic line: options first, then the prompt, which stays as it was typed; or a command."""

from __future__ import annotations

import io
import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from cromicle_magic.errors import SettingError
from cromicle_magic.line.vocabulary import (
    command_named,
    nearest_command,
    nearest_spelling,
    option_spelled,
)
from cromicle_magic.privacy.typed_keys import ADVICE, check_pair, check_text, is_key_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cromicle_magic.values import Option

__all__ = ["read_command", "read_line", "words_of"]

_AS_PROMPT = "a prompt that begins so goes behind --: %cromicle -- {}"


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
        option = option_spelled(spelling) or _unknown(spelling, secrets)
        value = value if equals else _value_of(option, spelling, source)
        check_text(value, option.flag, secrets)
        if equals and not option.metavar:
            raise SettingError(f"{spelling} takes no value; leave {equals}{value} away.")
        if option.is_pair:
            second = _value_of(option, spelling, source)
            check_text(second, option.flag, secrets)
            check_pair(value, pair := _json(second), option.flag)
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
        SettingError: The line begins like a command and goes on otherwise, or with a key; or it is
            one word that is nearly a command.

    >>> read_command("wait 2"), read_command("stop"), read_command("-- stop it")
    (('wait', '2'), ('stop', 'all'), None)
    """
    word, rest = [*line.strip().rstrip(";").split(maxsplit=1), "", ""][:2]
    if (command := command_named(word)) is None:
        if not rest and (near := nearest_command(word)):
            text = f"There is no command {word}; did you mean {near}? As a prompt it goes behind --"
            raise SettingError(f"{text}: %cromicle -- {word}")
        return None
    about = rest.strip() or command.default
    if (rest or command.wants) and not re.fullmatch(command.pattern, about):
        takes = f"takes {command.metavar}" if command.metavar else "stands alone"
        raise SettingError(f"{word} {takes}; {_AS_PROMPT.format(f'{word} ...')}")
    check_text(about, f"%cromicle {word}", secrets)
    return word, about


def words_of(text: str) -> list[str]:
    r"""Part what follows a command into words; one with blanks goes in quotes.

    Args:
        text: What follows it.

    Returns:
        The words, without their quotes.

    Raises:
        SettingError: A quote stays open.

    >>> words_of(r'"C:\my chats.md" idea')
    ['C:\\my chats.md', 'idea']
    """
    source = io.StringIO(text)
    return list(iter(lambda: _next_word(source), None))


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


def _unknown(spelling: str, secrets: Mapping[str, str] | None) -> Option:
    check_text(spelling.lstrip("-"), "The line", secrets)
    if is_key_name(spelling):
        raise SettingError(f"There is no option {spelling}. If a key follows it, {ADVICE}")
    near = nearest_spelling(spelling)
    advice = f"; did you mean {near}?" if near else "."
    raise SettingError(f"There is no option {spelling}{advice} -h lists them all, -- ends them.")
