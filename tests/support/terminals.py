"""Programs in a real terminal: typed into, interrupted, and read as a reader would."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pexpect
from support.kernels import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["DEADLINE_S", "DEAF", "Terminal", "terminal"]

DEADLINE_S, _HEARD_S = 60, 20
DEAF = "The console hears nothing of its kernel"
# A prompt may be coloured, and is drawn again with every key; only its number tells it from others.
_PROMPT = r"In \[(?:\x1b\[[\d;]*m)?{}(?:\x1b\[[\d;]*m)?\]:"


class Terminal:
    """A terminal with a prompt of IPython's in it.

    Args:
        child: The program, just started.
    """

    def __init__(self, child: pexpect.spawn[str]) -> None:
        self._child = child
        self._number = 0
        self.rest()

    def enter(self, *lines: str) -> None:
        """Type a cell at the prompt; of several lines, empty ones end it."""
        for line in (*lines, *(["", ""] if len(lines) > 1 else [])):
            self._child.send(f"{line}\r")

    def interrupt(self, times: int = 1) -> None:
        """Press Ctrl-C, so many times at once."""
        self._child.send("\x03" * times)

    def wait_for(self, pattern: str) -> str:
        """Wait until something is shown, and give what was shown before it."""
        self._child.expect(pattern)
        return str(self._child.before)

    def rest(self) -> str:
        """Give what is shown until the next prompt."""
        self._number += 1
        return self.wait_for(_PROMPT.format(self._number))

    def run(self, *lines: str) -> str:
        """Type a cell, and give what is shown until the next prompt, its echo included."""
        self.enter(*lines)
        return self.rest()

    def leave(self) -> tuple[str, int | None]:
        """Type ``exit``, and give what the program still says, and its exit code."""
        self.enter("exit")
        said = self.wait_for(pexpect.EOF)
        self._child.close()
        return said, self._child.exitstatus


@contextmanager
def terminal(home: Path, command: list[str], **variables: str) -> Iterator[Terminal]:
    """Run a program in a terminal of its own.

    Args:
        home: The folder it runs in, away from the source.
        command: The program and its arguments.
        **variables: Environment variables to add.

    Yields:
        The terminal, at its first prompt.
    """
    # A real terminal tells where its cursor is; this one says nothing, and is not to be asked.
    env = environment(home) | {"PROMPT_TOOLKIT_NO_CPR": "1"} | variables
    child = pexpect.spawn(
        command[0],
        command[1:],
        cwd=str(home),
        env=env,
        encoding="utf-8",
        timeout=DEADLINE_S,
        dimensions=(40, 120),
    )
    try:
        is_console = any("console" in word for word in command)
        yield _listening(child) if is_console else Terminal(child)
    finally:
        child.close(force=True)


def _listening(child: pexpect.spawn[str]) -> Terminal:
    """Give a Jupyter console that hears its kernel, told before anything of ours runs in it.

    It waits forever for the end of its first cell if the kernel told of it before the subscription
    was there, and its kernel does not live if one of the ports chosen for it was taken meanwhile.
    """
    child.timeout = _HEARD_S
    try:
        place = Terminal(child)
        place.run("pass")
    except (pexpect.TIMEOUT, pexpect.EOF) as error:
        raise ConnectionError(DEAF) from error
    child.timeout = DEADLINE_S
    return place
