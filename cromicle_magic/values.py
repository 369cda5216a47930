"""What an option is, and what its values may be: read from text, or refused in one sentence."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cromicle_magic.discretion import Address, Secret
from cromicle_magic.errors import SettingError

__all__ = [
    "ADDRESS",
    "ALIASES",
    "CHAT",
    "CONTEXT",
    "ENGINE",
    "GUARD",
    "PARAMETERS",
    "PORT_LIST",
    "VARIABLE",
    "WANTED",
    "Kind",
    "Option",
    "number",
]

# So much of a value as tells which one it is, and leaves the message a sentence.
_SHOWN_CHARS = 80


class Kind:
    """What the values of an option must be; called with a value, it reads it.

    Args:
        what: What such a value is, a few words.
        like: How it is written, an example.
        read: Text to value; raises ValueError for what can't be one.
        shown: What a message shows of what was refused.

    >>> CHAT("idea")
    'idea'
    """

    __slots__ = ("_like", "_read", "_shown", "_what")

    def __init__(
        self,
        what: str,
        like: str,
        read: Callable[[Any], object],
        shown: Callable[[Any], object] = lambda value: value,
    ) -> None:
        self._what, self._like, self._read, self._shown = what, like, read, shown

    def __call__(self, value: object) -> Any:
        """Give a value as its type.

        Args:
            value: Its text, or for a mapping the mapping.

        Returns:
            The value.

        Raises:
            SettingError: The value can't be one of this kind.
        """
        try:
            return self._read(value)
        except SettingError:  # which says more, and is a ValueError
            raise
        except ValueError:
            # Imported here, for it makes a dozen patterns, and who loads us in each kernel waits.
            from cromicle_magic.privacy.leaks import mask  # noqa: PLC0415

            # Before the cut: half a key would no longer be known for one.
            shown = mask(repr(self._shown(value)))
            if len(shown) > _SHOWN_CHARS:
                shown = f"{shown[:_SHOWN_CHARS]}…"
            raise SettingError(f"{shown} is no {self._what}; write {self._like}.") from None


class Option(NamedTuple):  # made at each load, in less time than a dataclass is
    """One option of a cell.

    Attributes:
        name: Its name as a setting; with ``_`` as ``-`` and ``--`` before it, as an option.
        help: What it does, one sentence.
        parse: Text to value; raises SettingError with a sentence for a text that cannot work.
        metavar: What stands for its value in the help, "" for an option without a value.
        short: The short spelling, "" if there is none.
        default: Its value when nobody sets it.
        unit: What the default counts, "" for none.
        environment: The environment variable that sets it, "" if none does.
        is_setting: Whether ``%config CromicleMagics.name = ...`` sets it for all cells.
        is_option: Whether the magic line takes it.
        is_pair: Whether its value is a mapping, set by a name and a value as often as one likes.
    """

    name: str
    help: str
    parse: Callable[[Any], object] = str
    metavar: str = ""
    short: str = ""
    default: object = None
    unit: str = ""
    environment: str = ""
    is_setting: bool = True
    is_option: bool = True
    is_pair: bool = False

    @property
    def flag(self) -> str:
        """The long spelling on the magic line."""
        return "--" + self.name.replace("_", "-")

    @property
    def default_text(self) -> str:
        """Its default as a reader writes it, with its unit; "" where its help says what holds.

        >>> Option("budget", "", default=24_000, unit="characters").default_text
        '24,000 characters'
        """
        if not self.default or isinstance(self.default, (bool, Secret)):
            return ""
        if isinstance(self.default, tuple):
            return " ".join(map(str, self.default))
        if isinstance(self.default, str):
            return self.default
        text = f"{self.default:,}" if isinstance(self.default, int) else f"{self.default:g}"
        return f"{text} {self.unit}".rstrip()

    def read(self, value: object) -> object:
        """Check a value.

        Args:
            value: The value as text, or as what its text stands for.

        Returns:
            The value as its type.

        Raises:
            SettingError: The value cannot work.

        >>> Option("ports", "Where to look.", parse=PORT_LIST).read("11434, 8080")
        (11434, 8080)
        """
        return self.parse(value if self.is_pair else str(value))


def number(
    what: str, like: str, kind: type[float], least: float, most: float = sys.float_info.max
) -> Kind:
    """Make the kind of a number.

    Args:
        what: What it counts, and within which bounds, a few words.
        like: How it is written, an example.
        kind: ``float``, or ``int`` for whole ones only.
        least: The smallest there is.
        most: The largest.

    >>> number("of tokens above 0", "500", int, 1)("12")
    12
    """

    def read(text: str) -> float:
        if not least <= (value := kind(text)) <= most:  # which no NaN is
            raise ValueError
        return value

    return Kind(f"number {what}", f"it like {like}", read)


def _address(text: str) -> Address:
    text = text.strip()
    parts = urlsplit(text)
    is_usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    if not is_usable or any(mark.isspace() or mark in "?#" for mark in text):
        raise ValueError
    return Address(text.rstrip("/"))


def _without_key(text: str) -> str:
    return re.split(r"[?#]", text.strip())[0].rpartition("@")[2]


def _aliases(value: object) -> Mapping[str, str]:
    pairs = value.items() if isinstance(value, Mapping) else [(None, None)]
    if not all(isinstance(each, str) for pair in pairs for each in pair):
        raise ValueError
    return {str(name): str(model) for name, model in pairs}


def _chat(text: str) -> str:
    # Without blanks, so that commands take it as one word; not like an option that lost its value.
    if not re.fullmatch(r"[^\s-]\S{0,59}", text) or not text.isprintable():
        raise ValueError
    return text


def _context(text: str) -> str:
    word = text.strip().lower()
    if word not in {"all", "vars", "none"} and not re.fullmatch(r"\d{1,6}", word):
        raise ValueError
    return word


def _engine(text: str) -> Any:
    if not text.strip():
        raise ValueError
    return ADDRESS(text) if "://" in text else text.strip()


def _guard(text: str) -> str:
    if text not in {"warn", "mask", "refuse", "off"}:
        raise ValueError
    return text


def _parameters(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise ValueError
    if wrong := next((name for name in value if not name.isidentifier()), None):
        raise SettingError(f"{wrong!r} is no name of a parameter; write it like top_k 5.")
    return dict(value)


def _ports(text: str) -> tuple[int, ...]:
    words = re.findall(r"\w+", text)  # as a tuple or a list of numbers is written, too
    if words == ["none"]:
        return ()
    if not words or not all(word.isdecimal() and 0 < int(word) < 2**16 for word in words):
        raise ValueError
    return tuple(map(int, words))


def _variable(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError
    return text


def _wanted(text: str) -> str:
    word = text.strip().lower()
    if word in {"code", "any"}:
        return ""  # the first block, whatever it is
    if not re.fullmatch(r"[+-]?0*[1-9]\d{0,4}|[a-z][\w+#.-]*", word):
        raise ValueError
    return word


ADDRESS = Kind("address", "it like http://127.0.0.1:8377", _address, _without_key)
ALIASES = Kind("mapping", "it like {'fast': 'llama3.2:1b'}", _aliases)
CHAT = Kind("name of a chat", "it like idea, in one word", _chat)
CONTEXT = Kind("context", "it like 3, all, vars or none", _context)
ENGINE = Kind("engine", "it like ollama", _engine)
GUARD = Kind("way to guard", "warn, mask, refuse or off", _guard)
PARAMETERS = Kind("mapping of names", "it like {'top_k': 5}", _parameters)
PORT_LIST = Kind("list of ports", "it like 11434 8080, or none", _ports)
VARIABLE = Kind("Python name", "it like answer", _variable)
WANTED = Kind("block", "it like python, json, 2, -1 or code", _wanted)
