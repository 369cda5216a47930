"""python -m cromicle_magic, in a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from support.kernels import environment

from cromicle_magic import Cromicle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELLO = [{"role": "user", "content": "Hello"}]


def command(*arguments: str) -> list[str]:
    """Give the command line."""
    return [sys.executable, "-W", "error", "-m", "cromicle_magic", *arguments]


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[str, str]]:
    """Run ``serve``, give its address and token, and end it by Ctrl-C."""
    process = subprocess.Popen(
        command("serve", "--port", "0", *arguments),
        cwd=home,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(5)]
    try:
        yield lines[0].split()[-1], lines[1].split()[-1]
    finally:
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=10)
    assert (process.returncode, complaints) == (0, "")


def test_serve_answers_whoever_has_its_token(tmp_path: Path) -> None:
    """It prints a random token and where it listens; Ctrl-C ends it without a word."""
    with serving(tmp_path) as (url, token):
        (answer,) = Cromicle.create_completion("", HELLO, stream=False, url=url, token=token)
        assert answer.startswith("**No model is connected**")
    with serving(tmp_path) as (_, other):
        assert len({token, other}) == 2


def test_serve_takes_a_token(tmp_path: Path) -> None:
    """With the seed's token, the seed's own call is answered."""
    with serving(tmp_path, "--token", "abc") as (url, token):
        assert token == "abc"
        assert next(Cromicle.create_completion("", HELLO, url=url))


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    """Exit code 1, the port, and what to try."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            command("serve", "--port", port),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} can't be had (")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [(), ("serve", "--port", "x"), ("serve", "--port", "70000")])
def test_a_wrong_option_is_a_usage_error(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Exit code 2 and the usage, no traceback."""
    done = subprocess.run(
        command(*arguments), cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m cromicle_magic")
    assert "Traceback" not in done.stderr
