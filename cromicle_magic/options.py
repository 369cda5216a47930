"""The one table of options, from which the magic line, the traits and the README's table come."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from cromicle_magic.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "BUDGET_CHARS",
    "CONNECT_S",
    "LIMITS",
    "OPTIONS",
    "PORTS",
    "Address",
    "Option",
    "Secret",
    "is_loopback",
    "masked",
    "public_address",
    "veil",
]

# Long enough for an engine that first loads a large model from disk.
TIMEOUT_S = 300.0
# Where the engines that people run listen unless told otherwise, in the order in which they are
# preferred: Ollama, LM Studio, llama.cpp's server and llamafile, vLLM and transformers serve.
PORTS = (11434, 1234, 8080, 8000)
# A server that is there accepts within moments; only its answer may take long.
CONNECT_S = 10.0
# More than anybody reads and any model says; a server that never ends must not fill the memory.
MOST_CHARS = 64_000_000
MOST_RETRIES = 2
# About 6,000 tokens of English: half of what a small local model often takes.
BUDGET_CHARS = 24_000

# The options that bound how long an answer may take, and how long it may be.
LIMITS = (
    "timeout",
    "first_timeout",
    "connect_timeout",
    "total_timeout",
    "retries",
    "max_chars",
)

# A shorter one, such as the protocol's own "abc", would black out plain words.
_SHORTEST_SECRET = 8
_MASK = "*" * 8

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Secret(str):
    """A text that is used like any other and never shows itself in a repr.

    >>> {"token": Secret("abc")}
    {'token': '********'}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(_MASK)


class Address(str):
    """A URL that is used like any other text and shows no user or password in a repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(public_address(self))


def public_address(url: str) -> str:
    """Give an address without the parts that may hold a key: user, password, query, fragment.

    >>> public_address("http://me:key@127.0.0.1:80/v1?key=1")
    'http://127.0.0.1:80/v1'
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def masked(text: str, secret: str) -> str:
    """Give a text without a secret, also where only its beginning is left at a cut.

    Args:
        text: What is to be shown.
        secret: What must not; one too short to be any is left alone.

    >>> masked("no key sk-12345678, no sk-12345…", "sk-12345678")
    'no key ********, no ********…'
    """
    if len(secret) < _SHORTEST_SECRET:
        return text
    text = text.replace(secret, _MASK)
    for size in range(len(secret) - 1, _SHORTEST_SECRET - 1, -1):
        text = text.replace(secret[:size] + "…", _MASK + "…")
    return text


def veil(keywords: Any) -> None:
    """Turn what may hold a key into what doesn't show it, where frames are shown with their values.

    Args:
        keywords: A function's own, changed in place.
    """
    for name, kind in (("token", Secret), ("url", Address), ("proxy", Address)):
        if isinstance(value := keywords.get(name), str):
            keywords[name] = kind(value)


def is_loopback(url: str) -> bool:
    """Tell whether an address is one of this machine's own."""
    return urlsplit(url).hostname in _LOOPBACK


def _address(text: str) -> str:
    text = text.strip()
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or any(mark.isspace() or mark in "?#" for mark in text):
        shown = re.split(r"[?#]", text)[0].rpartition("@")[2]
        raise SettingError(f"{shown!r} is no address; write it like http://127.0.0.1:8377.")
    return Address(text.rstrip("/"))


def _number(text: str, kind: Callable[[str], float]) -> float:
    try:
        return kind(text)
    except ValueError:
        return math.nan


def _seconds(text: str) -> float:
    if not 0 < (value := _number(text, float)) < math.inf:
        raise SettingError(f"{text!r} is no number of seconds above 0; write it like 30 or 2.5.")
    return value


def _temperature(text: str) -> float:
    if not 0 <= (value := _number(text, float)) < math.inf:
        raise SettingError(f"{text!r} is no number from 0 up; write it like 0 or 0.7.")
    return value


def _count(text: str) -> float:
    if not 1 <= (value := _number(text, int)) < math.inf:
        raise SettingError(f"{text!r} is no number of tokens above 0; write it like 500.")
    return value


def _chars(text: str) -> float:
    if not 1 <= (value := _number(text, int)) < math.inf:
        raise SettingError(f"{text!r} is no number of characters above 0; write it like 1000000.")
    return value


def _retries(text: str) -> float:
    if not 0 <= (value := _number(text, int)) <= MOST_RETRIES:
        raise SettingError(f"{text!r} is no number from 0 to {MOST_RETRIES}; write it like 1.")
    return value


def _params(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise SettingError(f"{value!r} is no mapping of names; write it like {{'top_k': 5}}.")
    if wrong := next((name for name in value if not name.isidentifier()), None):
        raise SettingError(f"{wrong!r} is no name of a parameter; write it like top_k 5.")
    return dict(value)


def _chat(text: str) -> str:
    # Without blanks, so that commands take it as one word; not like an option that lost its value.
    if not re.fullmatch(r"[^\s-]\S{0,59}", text) or not text.isprintable():
        raise SettingError(f"{text!r} is no name of a chat; write it like idea, in one word.")
    return text


def _budget(text: str) -> float:
    if not 0 <= (value := _number(text, int)) < math.inf:
        raise SettingError(f"{text!r} is no number of characters from 0 up; write it like 8000.")
    return value


def _context(text: str) -> str:
    word = text.strip().lower()
    if word in {"all", "vars", "none"} or re.fullmatch(r"\d{1,6}", word):
        return word
    raise SettingError(f"{text!r} is no context; write it like 3, all, vars or none.")


def _want(text: str) -> str:
    word = text.strip().lower()
    if word in {"code", "any"}:
        return ""  # the first block, whatever it is
    if not re.fullmatch(r"[+-]?0*[1-9]\d{0,4}|[a-z][\w+#.-]*", word):
        raise SettingError(f"{text!r} is no block; write it like python, json, 2, -1 or code.")
    return word


def _engine(text: str) -> str:
    if not text.strip():
        raise SettingError(f"{text!r} is no engine; write it like ollama.")
    return _address(text) if "://" in text else text.strip()


def _ports(text: str) -> tuple[int, ...]:
    words = re.findall(r"\w+", text)  # as a tuple or a list of numbers is written, too
    if words == ["none"]:
        return ()
    if not words or not all(word.isdecimal() and 0 < int(word) < 2**16 for word in words):
        raise SettingError(f"{text!r} is no list of ports; write it like 11434 8080, or none.")
    return tuple(map(int, words))


def _aliases(value: object) -> Mapping[str, str]:
    pairs = value.items() if isinstance(value, Mapping) else [(None, None)]
    if not all(isinstance(each, str) for pair in pairs for each in pair):
        raise SettingError(f"{value!r} is no mapping; write it like {{'fast': 'llama3.2:1b'}}.")
    return {str(name): str(model) for name, model in pairs}


def _guard(text: str) -> str:
    if text not in {"warn", "mask", "refuse", "off"}:
        raise SettingError(f"{text!r} is no way to guard; write warn, mask, refuse or off.")
    return text


def _name(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise SettingError(f"{text!r} is no Python name; write it like answer.")
    return text


@dataclass(frozen=True, slots=True)
class Option:
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

        >>> [row.default_text for row in OPTIONS if row.name in {"timeout", "max_chars", "bg"}]
        ['300 s', '64,000,000 characters', '']
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
        """Check a value, and give it as its type.

        Args:
            value: The value as text, or as what its text stands for.

        Raises:
            SettingError: The value cannot work.
        """
        return self.parse(value if self.is_pair else str(value))


OPTIONS = (
    Option(
        "model",
        "Model to ask for; by default, and in the Cromicle protocol always, the server chooses.",
        metavar="NAME",
        short="-m",
        default="",
    ),
    Option(
        "engine",
        "Who answers: ollama, lmstudio, llamacpp, vllm, offline, an address, a file or a class.",
        parse=_engine,
        metavar="NAME",
        short="-e",
    ),
    Option("system", "Instruction sent before the prompt.", metavar="TEXT", short="-s"),
    Option(
        "out",
        "Variable that gets the answer, a str; after a stop or an error the text so far.",
        parse=_name,
        metavar="NAME",
        short="-o",
        is_setting=False,
    ),
    Option(
        "extract",
        "What --out gets of the answer: its first block of a language, its Nth block, or any code.",
        parse=_want,
        metavar="LANG|N|code",
        short="-x",
        is_setting=False,
    ),
    Option(
        "insert",
        "Put what --extract takes, by default the first code, into a new cell below; not run.",
        parse=bool,
        default=False,
        is_setting=False,
    ),
    Option(
        "url",
        "Address of the server that answers; an engine's ends in /v1.",
        parse=_address,
        metavar="URL",
        environment="CROMICLE_URL",
    ),
    Option(
        "token",
        "Token that the server wants; never on the magic line, which is saved in the notebook.",
        parse=Secret,
        default=Secret("abc"),
        environment="CROMICLE_TOKEN",
        is_option=False,
    ),
    Option(
        "token_file",
        "File that holds the token, and that only you can read; read anew by each cell.",
        environment="CROMICLE_TOKEN_FILE",
        is_option=False,
    ),
    Option(
        "proxy", "HTTP proxy to go through; none is used unasked.", parse=_address, metavar="URL"
    ),
    Option(
        "timeout",
        "Longest silence of the server, in seconds, before and between texts.",
        parse=_seconds,
        metavar="SECONDS",
        default=TIMEOUT_S,
        unit="s",
    ),
    Option(
        "first_timeout",
        "Longest wait for the first text, in seconds, retries included; by default as --timeout.",
        parse=_seconds,
        metavar="SECONDS",
    ),
    Option(
        "connect_timeout",
        "Longest wait for a connection, in seconds.",
        parse=_seconds,
        metavar="SECONDS",
        default=CONNECT_S,
        unit="s",
    ),
    Option(
        "total_timeout",
        "Longest time for the whole answer, in seconds; by default none.",
        parse=_seconds,
        metavar="SECONDS",
    ),
    Option(
        "retries",
        "How often to ask again, 0 to 2, where a server fails for now, before the first text only.",
        parse=_retries,
        metavar="COUNT",
        default=MOST_RETRIES,
    ),
    Option(
        "max_chars",
        "Longest answer that is kept, in characters, thinking included; a longer one is an error.",
        parse=_chars,
        default=MOST_CHARS,
        unit="characters",
        is_option=False,
    ),
    Option(
        "temperature",
        "How freely the model chooses its words, 0 for the likeliest; by default the engine's way.",
        parse=_temperature,
        metavar="NUMBER",
        short="-t",
    ),
    Option(
        "max_tokens",
        "Longest answer, in tokens, thinking included; by default the engine's limit.",
        parse=_count,
        metavar="COUNT",
    ),
    Option(
        "param",
        "Any other field of the request, as JSON or plain text; may be given several times.",
        parse=_params,
        metavar="NAME VALUE",
        is_pair=True,
    ),
    Option(
        "guard",
        "If the prompt holds a key: warn (in its last line), mask (by its name), refuse, or off.",
        parse=_guard,
        metavar="HOW",
        default="warn",
    ),
    Option(
        "ports",
        "Ports of this machine where an engine is looked for if none is named; none looks nowhere.",
        parse=_ports,
        default=PORTS,
        environment="CROMICLE_PORTS",
        is_option=False,
    ),
    Option(
        "aliases",
        "Short names of models for --model, as a mapping.",
        parse=_aliases,
        is_option=False,
        is_pair=True,
    ),
    Option(
        "chat",
        "Chat that the prompt goes on with, and its answer belongs to; main if none is named.",
        parse=_chat,
        metavar="NAME",
        short="-c",
        is_setting=False,
    ),
    Option(
        "new",
        "Begin anew: no earlier turn of the chat goes along, with this prompt or a later one.",
        parse=bool,
        default=False,
        is_setting=False,
    ),
    Option(
        "fork",
        "Go on in a new chat of this name, which begins with the turns so far.",
        parse=_chat,
        metavar="NAME",
        is_setting=False,
    ),
    Option(
        "no_history",
        "Ask without any chat: no earlier turn goes along, and this one is not kept.",
        parse=bool,
        default=False,
        is_setting=False,
    ),
    Option(
        "budget",
        "Longest request with its earlier turns, in characters; 0 keeps no chat.",
        parse=_budget,
        metavar="CHARS",
        default=BUDGET_CHARS,
        unit="characters",
        environment="CROMICLE_BUDGET",
    ),
    Option(
        "raw",
        "Send the prompt as typed: no {{ expression }} in it is evaluated.",
        parse=bool,
        default=False,
        is_setting=False,
    ),
    Option(
        "strict",
        "Send nothing where a {{ expression }} fails; else it is left as typed, and named below.",
        parse=bool,
        default=False,
        is_setting=False,
    ),
    Option(
        "context",
        "What goes along of the notebook: the last N cells, all, vars for the variables, or none.",
        parse=_context,
        metavar="WHICH",
        default="none",
        is_setting=False,
    ),
    Option(
        "bg",
        "Return at once; the answer goes on in its own cell while other cells run.",
        parse=bool,
        default=False,
        is_setting=False,
    ),
    Option(
        "no_raise_error",
        "Say below the answer what failed, and go on with Run All.",
        parse=bool,
        default=False,
        is_setting=False,
    ),
    Option(
        "dry_run",
        "Show exactly what would be sent, keys hidden, and send nothing.",
        parse=bool,
        default=False,
        is_setting=False,
    ),
    Option("help", "Show this help.", parse=bool, short="-h", default=False, is_setting=False),
)
