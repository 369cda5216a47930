"""The command serve: its options, its greeting, and its end."""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import re
import shlex
import signal
import sys
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cromicle_magic.discretion import Address, Secret, public_address
from cromicle_magic.environment import tokens
from cromicle_magic.errors import SettingError
from cromicle_magic.options import OPTIONS
from cromicle_magic.render.terminal import quoted
from cromicle_magic.server.app import HOST, listen, new_token
from cromicle_magic.server.gateway import Gateway
from cromicle_magic.server.offline import OFFLINE
from cromicle_magic.server.rules import Rules
from cromicle_magic.wire.openai import authorization

if TYPE_CHECKING:
    from cromicle_magic.server.answerer import Answerer

__all__ = ["add_to"]

PORT = 8377

_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9])?", re.ASCII | re.IGNORECASE)

_GREETING = """\
cromicle-magic listens on {url}
Its token is {token}
{who}
In a notebook, before Jupyter starts:
  export CROMICLE_URL={url}/ CROMICLE_TOKEN={given}
For a client of OpenAI's protocol, with the token as its API key:
  {url}/v1
Ctrl-C ends it.
"""


def add_to(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to a parser; its default ``run`` takes the options and gives the exit code.

    Args:
        commands: The parser's subparsers.
    """
    serve = commands.add_parser("serve", help="answer the Cromicle protocol, and OpenAI's")
    for flag, kind, name, text in (
        ("--upstream", _upstream, "URL", "engine of OpenAI's protocol that answers (none)"),
        ("--model", _model, "NAME", "model that the engine is asked for (the client's choice)"),
        ("--port", _port, "PORT", f"port; 0 takes any free one ({PORT})"),
        ("--host", _host, "ADDRESS", f"address to listen on ({HOST}, this machine alone)"),
        ("--token", _token, "TOKEN", "token to accept (CROMICLE_TOKEN, else a random one)"),
    ):
        serve.add_argument(flag, type=kind, metavar=name, help=text)
    serve.add_argument(
        "--name",
        type=_name,
        metavar="HOST",
        action="append",
        default=[],
        help="host name by which clients call it, beyond this machine; may be repeated",
    )
    serve.set_defaults(run=_run, port=PORT, host=HOST, is_shared=False, parser=serve)


def _run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM, and give the exit code: 1 where nothing can listen."""
    known = tokens()
    if options.token is None and known.own:
        options.token, options.is_shared = _checked(options, known.own), True
    answerer = _answerer(options, known.upstream)
    try:
        asyncio.run(_serve(options, answerer))
    except KeyboardInterrupt:  # where the loop knows no signals
        return 0
    except OSError as error:
        sys.stderr.write(_refused(options, error))
        return 1
    return 0


def _checked(options: argparse.Namespace, token: Secret) -> Secret:
    parser: argparse.ArgumentParser = options.parser
    try:
        return _token(token)
    except argparse.ArgumentTypeError as error:
        parser.error(f"CROMICLE_TOKEN: {error}")


def _answerer(options: argparse.Namespace, key: Secret) -> Answerer:
    if options.upstream is None:
        if options.model:
            options.parser.error("--model is for an engine; name its address by --upstream.")
        return OFFLINE
    try:
        authorization(key)
    except SettingError as error:
        options.parser.error(f"CROMICLE_UPSTREAM_TOKEN: {error}")
    return Gateway(options.upstream, options.model or "", key)


async def _serve(options: argparse.Namespace, answerer: Answerer) -> None:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    with suppress(NotImplementedError):  # on Windows, where Ctrl-C interrupts the loop
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
    token = options.token or Secret(new_token())
    rules = Rules(names=frozenset(options.name))
    async with listen(
        token, options.port, answerer=answerer, host=options.host, rules=rules
    ) as url:
        sys.stdout.write(_greeting(options, url, token))
        sys.stdout.flush()
        await ended.wait()


def _refused(options: argparse.Namespace, error: OSError) -> str:
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{options.host} is no address of this machine; --host 0.0.0.0 takes all it has.\n"
    reason = os.strerror(error.errno or 0).lower()
    return f"Port {options.port} can't be had ({reason}); try --port 0.\n"


def _greeting(options: argparse.Namespace, url: str, token: Secret) -> str:
    who = "No model is connected; --upstream names an engine that answers."
    if options.upstream:
        model = f"the model {quoted(options.model)}" if options.model else "any model it offers"
        who = f"Answers come from {public_address(options.upstream)}, {model}."
    shown, given = str(token), shlex.quote(token)
    if options.is_shared:
        shown, given = "the one in CROMICLE_TOKEN", '"$CROMICLE_TOKEN"'
    return _GREETING.format(url=url, token=shown, given=given, who=who)


def _upstream(text: str) -> Address:
    address = _read("url", text)
    if "@" in urlsplit(address).netloc:
        said = "an address shows its password to all; a key goes into CROMICLE_UPSTREAM_TOKEN."
        raise argparse.ArgumentTypeError(said)
    return Address(address)


def _model(text: str) -> str:
    if not (text.isprintable() and text.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a model; write it like llama3.2.")
    return text


def _read(option: str, text: str) -> str:
    """Check a value as the magic line does."""
    try:
        return str(next(row for row in OPTIONS if row.name == option).read(text))
    except SettingError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) >= 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; write a number from 0 to 65535.")
    return int(text)


def _host(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        said = f"{text!r} is no address of a network; write it like {HOST} or 0.0.0.0."
        raise argparse.ArgumentTypeError(said) from None


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        said = f"{text!r} is no host name; write it like chat.example, without port or path."
        raise argparse.ArgumentTypeError(said)
    return text.lower()


def _token(text: str) -> Secret:
    if not text.isprintable() or not text.strip():
        raise argparse.ArgumentTypeError("a token needs at least one printable character.")
    return Secret(text)
