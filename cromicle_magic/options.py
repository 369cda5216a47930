"""The one table of options, from which the magic line, the traits and the README's table come."""

from __future__ import annotations

import math

from cromicle_magic import values
from cromicle_magic.discretion import Secret
from cromicle_magic.values import Option, number

__all__ = [
    "BUDGET_CHARS",
    "CONNECT_S",
    "LIMITS",
    "MOST_CHARS",
    "MOST_RETRIES",
    "OPTIONS",
    "PORTS",
    "TIMEOUT_S",
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

_SECONDS = number("of seconds above 0", "30 or 2.5", float, math.ulp(0))


def _flag(name: str, meaning: str, short: str = "") -> Option:
    return Option(name, meaning, parse=bool, short=short, default=False, is_setting=False)


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
        parse=values.ENGINE,
        metavar="NAME",
        short="-e",
    ),
    Option("system", "Instruction sent before the prompt.", metavar="TEXT", short="-s"),
    Option(
        "out",
        "Variable that gets the answer, a str; after a stop or an error the text so far.",
        parse=values.VARIABLE,
        metavar="NAME",
        short="-o",
        is_setting=False,
    ),
    Option(
        "extract",
        "What --out gets of the answer: its first block of a language, its Nth block, or any code.",
        parse=values.WANTED,
        metavar="LANG|N|code",
        short="-x",
        is_setting=False,
    ),
    _flag(
        "insert",
        "Put what --extract takes, by default the first code, into a new cell below; not run.",
    ),
    Option(
        "url",
        "Address of the server that answers; an engine's ends in /v1.",
        parse=values.ADDRESS,
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
        "proxy",
        "HTTP proxy to go through; none is used unasked.",
        parse=values.ADDRESS,
        metavar="URL",
    ),
    Option(
        "timeout",
        "Longest silence of the server, in seconds, before and between texts.",
        parse=_SECONDS,
        metavar="SECONDS",
        default=TIMEOUT_S,
        unit="s",
    ),
    Option(
        "first_timeout",
        "Longest wait for the first text, in seconds, retries included; by default as --timeout.",
        parse=_SECONDS,
        metavar="SECONDS",
    ),
    Option(
        "connect_timeout",
        "Longest wait for a connection, in seconds.",
        parse=_SECONDS,
        metavar="SECONDS",
        default=CONNECT_S,
        unit="s",
    ),
    Option(
        "total_timeout",
        "Longest time for the whole answer, in seconds; by default none.",
        parse=_SECONDS,
        metavar="SECONDS",
    ),
    Option(
        "retries",
        "How often to ask again, 0 to 2, where a server fails for now, before the first text only.",
        parse=number(f"from 0 to {MOST_RETRIES}", "1", int, 0, MOST_RETRIES),
        metavar="COUNT",
        default=MOST_RETRIES,
    ),
    Option(
        "max_chars",
        "Longest answer that is kept, in characters, thinking included; a longer one is an error.",
        parse=number("of characters above 0", "1000000", int, 1),
        default=MOST_CHARS,
        unit="characters",
        is_option=False,
    ),
    Option(
        "temperature",
        "How freely the model chooses its words, 0 for the likeliest; by default the engine's way.",
        parse=number("from 0 up", "0 or 0.7", float, 0),
        metavar="NUMBER",
        short="-t",
    ),
    Option(
        "max_tokens",
        "Longest answer, in tokens, thinking included; by default the engine's limit.",
        parse=number("of tokens above 0", "500", int, 1),
        metavar="COUNT",
    ),
    Option(
        "param",
        "Any other field of the request, as JSON or plain text; may be given several times.",
        parse=values.PARAMETERS,
        metavar="NAME VALUE",
        is_pair=True,
    ),
    Option(
        "guard",
        "If the prompt holds a key: warn (in its last line), mask (by its name), refuse, or off.",
        parse=values.GUARD,
        metavar="HOW",
        default="warn",
    ),
    Option(
        "ports",
        "Ports of this machine where an engine is looked for if none is named; none looks nowhere.",
        parse=values.PORT_LIST,
        default=PORTS,
        environment="CROMICLE_PORTS",
        is_option=False,
    ),
    Option(
        "aliases",
        "Short names of models for --model, as a mapping.",
        parse=values.ALIASES,
        is_option=False,
        is_pair=True,
    ),
    Option(
        "chat",
        "Chat that the prompt goes on with, and its answer belongs to; main if none is named.",
        parse=values.CHAT,
        metavar="NAME",
        short="-c",
        is_setting=False,
    ),
    _flag(
        "new",
        "Begin anew: no earlier turn of the chat goes along, with this prompt or a later one.",
    ),
    Option(
        "fork",
        "Go on in a new chat of this name, which begins with the turns so far.",
        parse=values.CHAT,
        metavar="NAME",
        is_setting=False,
    ),
    _flag(
        "no_history", "Ask without any chat: no earlier turn goes along, and this one is not kept."
    ),
    Option(
        "budget",
        "Longest request with its earlier turns, in characters; 0 keeps no chat.",
        parse=number("of characters from 0 up", "8000", int, 0),
        metavar="CHARS",
        default=BUDGET_CHARS,
        unit="characters",
        environment="CROMICLE_BUDGET",
    ),
    _flag("raw", "Send the prompt as typed: no {{ expression }} in it is evaluated."),
    _flag(
        "strict",
        "Send nothing where a {{ expression }} fails; else it is left as typed, and named below.",
    ),
    Option(
        "context",
        "What goes along of the notebook: the last N cells, all, vars for the variables, or none.",
        parse=values.CONTEXT,
        metavar="WHICH",
        default="none",
        is_setting=False,
    ),
    _flag("bg", "Return at once; the answer goes on in its own cell while other cells run."),
    _flag("no_raise_error", "Say below the answer what failed, and go on with Run All."),
    _flag("dry_run", "Show exactly what would be sent, keys hidden, and send nothing."),
    _flag("help", "Show this help.", "-h"),
)
