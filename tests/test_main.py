"""python -m cromicle_magic, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
from support.certificates import certificate
from support.engine import engine
from support.kernels import environment
from support.peers import DEADLINE_S, HEAD, Visit, chunk, peer, whole
from support.scripts import unanswered
from support.serving import command, serving
from support.tunnel import tunnel

from cromicle_magic import Cromicle
from cromicle_magic.discretion import Secret
from cromicle_magic.errors import TruncatedError
from cromicle_magic.providers.discovery import models_at
from cromicle_magic.providers.openai import OpenAI
from cromicle_magic.report import Report

if TYPE_CHECKING:
    from pathlib import Path

HELLO = [{"role": "user", "content": "Hello"}]
TEXT = "Naïve 中😀."
SAYS_HO = 'data: {"choices": [{"delta": {"content": "Ho"}}]}\n\n'
SAYS_HI = 'data: {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}\n\n'


def ended(home: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in the environment of a reader who has set nothing else."""
    return subprocess.run(
        command(*arguments),
        cwd=home,
        env=environment(home) | env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_serve_answers_whoever_has_its_token(tmp_path: Path) -> None:
    """It prints a random token and where it listens; Ctrl-C ends it without a word."""
    with serving(tmp_path) as (url, token, *_):
        (answer,) = Cromicle.create_completion("", HELLO, stream=False, url=url, token=token)
        assert answer.startswith("**No model is connected**")
    with serving(tmp_path) as (_, other, *_):
        assert len({token, other}) == 2


def test_serve_takes_a_token(tmp_path: Path) -> None:
    """With the token that every Cromicle server knows, a call that names none is answered."""
    with serving(tmp_path, "--token", "abc") as (url, token, *_):
        assert token == "abc"
        assert next(Cromicle.create_completion("", HELLO, url=url))


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    """Exit code 1, the port, and what to try."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = ended(tmp_path, "serve", "--port", port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} can't be had (")
    assert done.stderr.count("\n") == 1


def diagnosed(home: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``doctor`` to its end."""
    return ended(home, "doctor", *arguments, **env)


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
        out, complaints = process.communicate(timeout=20)
    assert (process.returncode, complaints) == (130, "")
    assert "connection  ok" in out


# The doctor, with a thread beside it that takes the interrupt, once it is told to by a line.
DEAF = """
import signal, sys, threading
from cromicle_magic.__main__ import main

def take():
    sys.stdin.readline()
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)

threading.Thread(target=take, daemon=True).start()
sys.exit(main())
"""


def test_an_interrupt_that_wakes_no_loop_ends_the_doctor(tmp_path: Path) -> None:
    """One that comes just before the loop falls asleep, or to another thread, is noticed, too."""
    with peer(unanswered) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", DEAF, "doctor", "--engine", server.url],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        server.visit()
        out, complaints = process.communicate("now\n", timeout=20)
    assert (process.returncode, complaints) == (130, "")
    assert "connection  ok" in out


WRONG = [
    ((), {}, "required: command"),
    (("--port", "x"), {}, "'x' is no port"),
    (("--port", "70000"), {}, "'70000' is no port"),
    (("--upstream", "127.0.0.1:8000"), {}, "'127.0.0.1:8000' is no address; write it like http"),
    (("--upstream", "http://h.invalid/?key=hush"), {}, "is no address"),
    (("--upstream", "http://me:hush@h.invalid"), {}, "goes into CROMICLE_UPSTREAM_TOKEN"),
    (("--upstream", "http://h.invalid", "--model", " "), {}, "is no name of a model"),
    (("--model", "m"), {}, "name its address by --upstream"),
    (("--host", "localhost"), {}, "'localhost' is no address of a network; write it like 127"),
    (("--name", "http://a.invalid"), {}, "'http://a.invalid' is no host name; write it like"),
    (("--name", "a.invalid:80"), {}, "'a.invalid:80' is no host name"),
    (("--token", " "), {}, "a token needs"),
    ((), {"CROMICLE_TOKEN": "\x07"}, "CROMICLE_TOKEN: a token needs"),
    (("--upstream", "http://h.invalid"), {"CROMICLE_UPSTREAM_TOKEN": "hüsh"}, "CROMICLE_UPSTREAM"),
]


@pytest.mark.parametrize(("arguments", "variables", "says"), WRONG)
def test_a_wrong_option_is_a_usage_error(
    arguments: tuple[str, ...], variables: dict[str, str], says: str, tmp_path: Path
) -> None:
    """Exit code 2, the usage, and one sentence that holds no key; no traceback."""
    known = ("serve",) if arguments or variables else ()
    done = ended(tmp_path, *known, *arguments, **variables)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m cromicle_magic")
    assert says in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert "sh@" not in done.stderr
    assert "key=" not in done.stderr


def test_an_address_of_another_machine_is_one_sentence(tmp_path: Path) -> None:
    """It can't be listened on; 192.0.2.0/24 is nobody's, by RFC 5737."""
    done = ended(tmp_path, "serve", "--port", "0", "--host", "192.0.2.1")
    assert done.returncode == 1
    assert done.stderr.startswith("192.0.2.1 is no address of this machine; ")
    assert done.stderr.count("\n") == 1


def test_a_gateway_answers_both_protocols_from_a_real_engine(tmp_path: Path) -> None:
    """Llama.cpp's own server behind it; the greeting names it, and the address for each client."""
    with (
        engine(tmp_path, TEXT) as upstream,
        serving(tmp_path, "--upstream", upstream) as (url, token, greeting, _),
    ):
        assert f"Answers come from {upstream}, any model it offers.\n" in greeting
        assert f"CROMICLE_URL={url}/ CROMICLE_TOKEN={token}\n" in greeting
        assert f"\n  {url}/v1\n" in greeting
        asked = {"url": f"{url}/", "token": token}
        assert "".join(Cromicle.create_completion("", HELLO, **asked)) == TEXT
        asked["url"] = f"{url}/v1"
        reports: list[Report] = []
        pieces = list(OpenAI.create_completion("", HELLO, report=reports.append, **asked))
        assert "".join(pieces) == TEXT
        assert reports[-1].finish == "stop"
        assert any(report.usage for report in reports)
        (model,) = asyncio.run(models_at(f"{url}/v1", Secret(token)))
        assert model.endswith("tiny.gguf")


def test_tokens_come_from_the_environment_and_are_not_shown(tmp_path: Path) -> None:
    """Many servers share one; the key goes to the engine alone, and the model is the one named."""
    variables = {"CROMICLE_TOKEN": "ours", "CROMICLE_UPSTREAM_TOKEN": "theirs"}
    with (
        peer(whole(SAYS_HI)) as upstream,
        serving(tmp_path, "--upstream", upstream.url, "--model", "m", **variables) as server,
    ):
        assert 'CROMICLE_TOKEN="$CROMICLE_TOKEN"\n' in server.greeting
        assert 'the model "m".\n' in server.greeting
        assert "ours" not in server.greeting
        assert "theirs" not in server.greeting
        answer = OpenAI.create_completion("other", HELLO, url=f"{server.url}/v1", token="ours")
        assert list(answer) == ["Hi"]
        visit = upstream.visit()
        assert visit.headers["authorization"] == "bearer theirs"
        assert json.loads(visit.body)["model"] == "m"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_an_end_closes_what_is_under_way(end: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C or SIGTERM in mid-stream: quiet, exit code 0, the engine's connection is closed."""

    async def endless(visit: Visit) -> None:
        await visit.send(HEAD, chunk(SAYS_HO))
        await asyncio.Event().wait()

    with peer(endless) as upstream:
        with serving(tmp_path, "--upstream", upstream.url, end=end) as (url, token, *_):
            pieces = Cromicle.create_completion("", HELLO, url=url, token=token)
            assert next(pieces) == "Ho"
        assert upstream.visit().gone.wait(DEADLINE_S)
        with pytest.raises(TruncatedError):
            next(pieces)


def test_it_is_called_by_the_names_it_was_given(tmp_path: Path) -> None:
    """Beyond this machine a load balancer calls it by a name, and by no other."""
    arguments = ("--host", "0.0.0.0", "--name", "Chat.invalid", "--name", "192.0.2.1")
    with serving(tmp_path, *arguments) as (url, token, *_):
        assert url.startswith("http://192.0.2.1:")
        port = int(url.rpartition(":")[2])
        for host, status in (
            ("chat.invalid", 200),
            ("chat.invalid:443", 200),
            ("192.0.2.1", 200),
            ("127.0.0.2", 403),
            ("0.0.0.0", 403),
            ("evil.invalid", 403),
        ):
            connection = HTTPConnection("127.0.0.2", port, timeout=10)
            headers = {"Host": host, "Authorization": f"Bearer {token}"}
            connection.request("GET", "/v1/models", headers=headers)
            assert connection.getresponse().status == status, host
            connection.close()


@pytest.mark.parametrize("arguments", [("--engine", "x://"), ("--timeout", "soon")])
def test_a_wrong_option_of_the_doctor_is_a_usage_error(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """Exit code 2 and the usage; no traceback."""
    done = diagnosed(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m cromicle_magic doctor")
    assert "Traceback" not in done.stderr
