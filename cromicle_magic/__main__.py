"""The command line: python -m cromicle_magic serve, or doctor."""

from __future__ import annotations

import argparse
import asyncio
import shlex
import sys

from cromicle_magic.doctor import console
from cromicle_magic.options import Secret
from cromicle_magic.server.app import listen, new_token

PORT = 8377

_GREETING = """\
cromicle-magic listens on {url}
Its token is {token}
In a notebook, before Jupyter starts:
  export CROMICLE_URL={url} CROMICLE_TOKEN={quoted}
Ctrl-C ends it.
"""


def main() -> int:
    """Run the command line.

    Returns:
        The exit code: of ``serve`` 0 after Ctrl-C, and 1 if the port can't be had; of ``doctor``
        1 if a step failed; 2 for a wrong option.
    """
    parser = argparse.ArgumentParser(prog="python -m cromicle_magic", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer the Cromicle protocol on this machine")
    serve.add_argument(
        "--port", type=_port, default=PORT, help="port; 0 takes any free one (%(default)s)"
    )
    serve.add_argument(
        "--token", type=_token, default=new_token(), help="token to accept (a random one)"
    )
    console.add_to(commands)
    options = parser.parse_args()
    if options.command == "doctor":
        return int(options.run(options))
    try:
        asyncio.run(_serve(options.token, options.port))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        sys.stderr.write(f"Port {options.port} can't be had ({error.strerror}); try --port 0.\n")
        return 1
    return 0


async def _serve(token: str, port: int) -> None:
    async with listen(token, port) as url:
        sys.stdout.write(_GREETING.format(url=url, token=token, quoted=shlex.quote(token)))
        sys.stdout.flush()
        await asyncio.Event().wait()


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; write a number from 0 to 65535.")
    return int(text)


def _token(text: str) -> Secret:
    if not text.isprintable() or not text.strip():
        raise argparse.ArgumentTypeError("a token needs at least one printable character.")
    return Secret(text)


if __name__ == "__main__":
    sys.exit(main())
