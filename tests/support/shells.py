"""Commands as a reader types them into a terminal, in a folder and an environment of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from support.kernels import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Served", "run", "served"]

DEADLINE_S = 60
# What serve says of itself, line by line.
GREETING_LINES = 8


class Served(NamedTuple):
    """A server that a command runs.

    Attributes:
        port: Its port on 127.0.0.1.
        token: The last word of what it says of its token.
        greeting: All that it says.
    """

    port: int
    token: str
    greeting: str


def run(command: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end.

    Args:
        command: What is typed, one line or several; ``python`` is the one that runs the tests.
        home: The folder it is typed in.
        **variables: Environment variables to add.
    """
    return subprocess.run(
        ["bash", "-euc", command],
        cwd=home,
        env=_environment(home) | variables,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


@contextmanager
def served(command: str, home: Path, **variables: str) -> Iterator[Served]:
    """Run a command that serves, on any free port, until SIGTERM ends it; as for ``run``.

    Yields:
        The server, listening.
    """
    process = subprocess.Popen(
        ["bash", "-euc", f"{command} --port 0"],
        cwd=home,
        env=_environment(home) | variables,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        lines = [process.stdout.readline() for _ in range(GREETING_LINES)]
        port = int(lines[0].strip().rpartition(":")[2])
        yield Served(port, lines[1].split()[-1], "".join(lines))
    finally:
        # The shell is its own group's leader, so that the server below it ends, too.
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=DEADLINE_S)


def _environment(home: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return environment(home) | {"PATH": path}
