"""python -m cromicle_magic, in a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from support.certificates import certificate
from support.kernels import environment
from support.peers import peer, whole
from support.scripts import unanswered
from support.tunnel import tunnel

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


def diagnosed(home: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``doctor`` to its end."""
    return subprocess.run(
        command("doctor", *arguments),
        cwd=home,
        env=environment(home) | env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_doctor_finds_nothing_but_that_no_model_is_connected(tmp_path: Path) -> None:
    """A warning, and exit code 0."""
    done = diagnosed(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, *_ = done.stdout.splitlines()
    assert first.startswith("engine      warning  built-in responder: no engine was found")
    assert "failed" not in done.stdout


def test_the_doctor_goes_through_tls(tmp_path: Path) -> None:
    """To a server whose certificate this process trusts; the key of the environment is hidden."""
    safe = certificate(tmp_path)
    with peer(whole("OK"), tls=safe.tls) as server:
        env = {"CROMICLE_URL": server.url, "CROMICLE_TOKEN": "sk-secret"}
        done = diagnosed(tmp_path, **env, **safe.trust)
    assert done.returncode == 0, done.stderr
    assert "TLS         ok       TLSv1.3; the certificate is trusted" in done.stdout
    assert 'first text  ok       "OK" after' in done.stdout
    assert "CROMICLE_URL" in done.stdout
    assert "sk-secret" not in done.stdout


def test_the_doctor_goes_through_a_proxy_and_tls(tmp_path: Path) -> None:
    """Step by step, and then as a cell does."""
    safe = certificate(tmp_path)
    with peer(whole("OK"), tls=safe.tls) as server:
        port = server.url.rpartition(":")[2]
        with tunnel(int(port)) as proxy:
            done = diagnosed(tmp_path, "--url", server.url, "--proxy", proxy, **safe.trust)
    assert done.returncode == 0, done.stderr
    assert f"proxy       ok       {proxy} lets through" in done.stdout
    assert 'first text  ok       "OK" after' in done.stdout


def test_the_doctor_fails_where_nothing_listens(tmp_path: Path) -> None:
    """Exit code 1, the reason, and what to type."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        done = diagnosed(tmp_path, "--engine", f"http://127.0.0.1:{port}")
    assert (done.returncode, done.stderr) == (1, "")
    assert f"connection  failed   Nothing listens at 127.0.0.1:{port}" in done.stdout
    assert f"try      python -m cromicle_magic serve --port {port}\n" in done.stdout


def test_an_interrupt_ends_the_doctor(tmp_path: Path) -> None:
    """What it had found stands there; exit code 130, and no traceback."""
    with peer(unanswered) as server:
        process = subprocess.Popen(
            command("doctor", "--engine", server.url),
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        server.visit()
        process.send_signal(signal.SIGINT)
        out, complaints = process.communicate(timeout=10)
    assert (process.returncode, complaints) == (130, "")
    assert "connection  ok" in out


WRONG = [
    (),
    ("serve", "--port", "x"),
    ("serve", "--port", "70000"),
    ("doctor", "--engine", "x://"),
    ("doctor", "--timeout", "soon"),
    ("doctor", "--token", "abc"),
]


@pytest.mark.parametrize("arguments", WRONG)
def test_a_wrong_option_is_a_usage_error(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Exit code 2 and the usage, no traceback."""
    done = subprocess.run(
        command(*arguments), cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m cromicle_magic")
    assert "Traceback" not in done.stderr
