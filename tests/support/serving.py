"""The command line's server, in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from support.kernels import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Serving", "command", "serving"]


def command(*arguments: str, module: str = "cromicle_magic") -> list[str]:
    """Give the command line."""
    return [sys.executable, "-W", "error", "-m", module, *arguments]


class Serving(NamedTuple):
    """A server in a process of its own.

    Attributes:
        url: Where it says that it listens.
        token: The last word of what it says of its token.
        greeting: All that it says.
        process: The process.
    """

    url: str
    token: str
    greeting: str
    process: subprocess.Popen[str]


@contextmanager
def serving(
    home: Path,
    *arguments: str,
    end: signal.Signals = signal.SIGINT,
    module: str = "cromicle_magic",
    **variables: str,
) -> Iterator[Serving]:
    """Run ``serve``, and end it by a signal: at once, quietly, and with exit code 0.

    Args:
        home: Where it is at home.
        arguments: Its own.
        end: The signal.
        module: What is run; ``support.traced`` tells what it holds.
        variables: What its environment has besides.
    """
    process = subprocess.Popen(
        command("serve", "--port", "0", *arguments, module=module),
        cwd=home,
        env=environment(home) | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(8)]
    try:
        yield Serving(lines[0].split()[-1], lines[1].split()[-1], "".join(lines), process)
    finally:
        process.send_signal(end)
        rest, complaints = process.communicate(timeout=20)
    assert (process.returncode, rest, complaints) == (0, "", "")
