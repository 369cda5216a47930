"""What the magic line knows by name: the commands, and how each option is spelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cromicle_magic.likeness import nearest
from cromicle_magic.options import OPTIONS

if TYPE_CHECKING:
    from cromicle_magic.values import Option

__all__ = [
    "COMMANDS",
    "Command",
    "command_named",
    "nearest_command",
    "nearest_spelling",
    "option_spelled",
    "spellings",
]

# How like a command a word alone has to be, to be no prompt; hello is not like help.
MISTYPED = 0.8

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


def command_named(word: str) -> Command | None:
    """Give the command of a name, if there is one."""
    return _BY_NAME.get(word)


def option_spelled(word: str) -> Option | None:
    """Give the option that is spelled so, long or short, on the magic line.

    >>> option_spelled("-m").name, option_spelled("--chat").metavar, option_spelled("-q")
    ('model', 'NAME', None)
    """
    return _BY_SPELLING.get(word)


def spellings() -> list[str]:
    """Give the long spelling of each option of the magic line."""
    return [row.flag for row in OPTIONS if row.is_option]


def nearest_command(word: str) -> str:
    """Give the name of the command that a word can hardly fail to mean, "" if there is none."""
    pairs = range(len(word) - 1)
    swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in pairs}
    meant = sorted(swapped & set(_BY_NAME))
    return meant[0] if meant else nearest(word, _BY_NAME, likeness=MISTYPED)


def nearest_spelling(word: str) -> str:
    """Give the spelling of an option that is most like a word, "" if none is like it."""
    return nearest(word, _BY_SPELLING)
