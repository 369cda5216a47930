"""Programs that have no notebook, and some no IPython: the provider alone."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from support.kernels import environment
from support.peers import Gate, peer
from support.scripts import drip, gated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEADLINE_S = 60

ASYNCHRONOUS = """
import asyncio, sys
from cromicle_magic import Cromicle
async def main():
    messages = [{"role": "user", "content": "Hi"}]
    async for chunk in Cromicle.create_async_generator("", messages, url=sys.argv[1]):
        print(chunk, flush=True)
asyncio.run(main())
"""
SYNCHRONOUS = """
import sys
from cromicle_magic import Cromicle
for chunk in Cromicle.create_completion("", [{"role": "user", "content": "Hi"}], url=sys.argv[1]):
    print(chunk, flush=True)
"""
SCRIPTS = {"asynchronous": ASYNCHRONOUS, "synchronous": SYNCHRONOUS}
BARE = "assert not {'IPython', 'ipywidgets', 'markdown_it'} & set(sys.modules)\n"


@contextmanager
def running(script: str, home: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    """Run a script that asks the server at an address."""
    with subprocess.Popen(
        [sys.executable, "-c", script, url],
        cwd=home,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """Give the next line that a script prints."""
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("way", SCRIPTS)
def test_chunks_come_one_by_one(way: str, tmp_path: Path) -> None:
    """The last is sent only once the first is printed; nothing is complained of, or brought in."""
    gate = Gate()
    with (
        peer(gated(gate, "first", "last")) as server,
        running(SCRIPTS[way] + BARE, tmp_path, server.url) as process,
    ):
        assert line(process) == "first\n"
        gate.open()
        said, complaints = process.communicate(timeout=DEADLINE_S)
    assert (said, complaints, process.returncode) == ("last\n", "", 0)


@pytest.mark.parametrize("way", SCRIPTS)
def test_ctrl_c_ends_the_script(way: str, tmp_path: Path) -> None:
    """The server sees the client go, and the script ends as any other does."""
    with peer(drip) as server, running(SCRIPTS[way], tmp_path, server.url) as process:
        assert set(line(process).split()) == {"word"}  # more than one, if they came at once
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=DEADLINE_S)
        assert server.visit().gone.wait(10)
    assert process.returncode == -signal.SIGINT
    assert complaints.endswith("\nKeyboardInterrupt\n")
    assert complaints.count("Traceback") <= 2
    assert "never" not in complaints
