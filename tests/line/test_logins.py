"""%cromicle login and logout in a real kernel: typed unseen, kept for one origin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.kernels import DEADLINE_S, kernel
from support.peers import Peer, Visit, peer, whole
from support.scripts import unanswered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.kernels import Kernel, Run

KEY = "hush-0123456789"
EVENT = 'data: {"choices": [{"delta": {"content": "engine"}, "finish_reason": "stop"}]}\n\n'


async def guarded(visit: Visit) -> None:
    """Be an engine that wants the key for everything."""
    if f"bearer {KEY}" not in visit.headers.get("authorization", ""):
        await visit.send(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")
        return
    is_list = visit.path == "/v1/models"
    await visit.send(whole(json.dumps({"data": [{"id": "tiny"}]}) if is_list else EVENT))


@pytest.fixture
def server() -> Iterator[Peer]:
    """Such an engine."""
    with peer(guarded) as running:
        yield running


def log_in(kernel: Kernel, line: str, key: str = KEY) -> Run:
    """Run a cell that asks for a key, and type one."""
    number = kernel.submit(line)
    asked = kernel.client.get_stdin_msg(timeout=DEADLINE_S)["content"]
    assert asked["password"]
    assert asked["prompt"].startswith("Key for http")
    kernel.client.input(key)
    return kernel.finish(number)


@pytest.mark.parametrize("way", ["{}", "1; get_ipython().run_line_magic('cromicle', '{}'[10:])"])
def test_a_key_that_was_typed_is_sent_to_its_origin_only(
    each: Kernel, server: Peer, way: str
) -> None:
    """By whatever address there; and nowhere else, until it is let go of."""
    run = log_in(each, way.format(f"%cromicle login {server.url}/v1"))
    (data,) = run.outputs
    assert data["text/plain"] == (
        f"The key for {server.url}, and for no other place, is in the memory of this process."
    )
    assert each.run(f"%%cromicle -e {server.url}/v1\nHi").outputs[0]["text/plain"] == "engine"
    assert each.run(f"%cromicle use {server.url}").status == "ok"
    assert each.run("%%cromicle\nHi").outputs[0]["text/plain"] == "engine"
    shown = each.run("%cromicle config").outputs[0]["text/plain"]
    assert f"A key is kept for {server.url}." in shown
    (row,) = (line.split() for line in shown.splitlines() if line.startswith("token "))
    assert " ".join(row) == "token set, and never shown %cromicle login"
    assert KEY not in shown
    with peer(guarded) as other:
        run = each.run(f"%%cromicle -e {other.url}/v1\nHi")
        assert run.error[0].startswith("AccessError")
        assert all("authorization" not in visit.headers for visit in other.visits)
    shown = each.run("%cromicle logout").outputs[0]["text/plain"]
    assert shown == f"The key for {server.url} is forgotten."
    assert each.run("%%cromicle\nHi").error[0].startswith("AccessError")
    shown = each.run(f"%cromicle logout {server.url}").outputs[0]["text/plain"]
    assert shown == f"The key for {server.url} was never kept."
    each.run("%cromicle use auto")


def test_an_engine_that_the_environment_names_gets_its_key(tmp_path: Path, server: Peer) -> None:
    """No engine is asked anything before the key is there; one that is set comes first."""
    with kernel(tmp_path, OPENAI_BASE_URL=f"{server.url}/v1") as running:
        log_in(running, "%cromicle login openai")
        assert running.run("%%cromicle\nHi").outputs[0]["text/plain"] == "engine"
        running.run("%config CromicleMagics.token = 'another'")
        line = f"%cromicle login {server.url}"
        assert (
            "What %config CromicleMagics.token says comes first, though."
            in (log_in(running, line).outputs[0]["text/plain"])
        )
    with kernel(tmp_path, OLLAMA_HOST=server.url) as running:
        log_in(running, "%cromicle login ollama")
        run = running.run("%%cromicle -e ollama\nHi")
        assert run.outputs[0]["text/plain"] == "engine"
    assert all("authorization" in visit.headers for visit in server.visits)


def test_what_is_no_key_changes_nothing(newest: Kernel, server: Peer) -> None:
    """Enter alone, or a letter that no header can carry."""
    for typed in ("", "  ", "schlüssel", "a\x07b"):
        run = log_in(newest, f"%cromicle login {server.url}", typed)
        assert run.stderr.startswith("UsageError: No key was typed, or one that can't be sent")
        assert typed.strip() in {"", *run.stderr.split()} or typed not in run.stderr
    assert "never kept" in newest.run(f"%cromicle logout {server.url}").outputs[0]["text/plain"]


def test_a_key_that_would_go_unencrypted_is_told(newest: Kernel) -> None:
    """Only where it would leave this machine."""
    number = newest.submit("%cromicle login http://h.invalid")
    newest.client.get_stdin_msg(timeout=DEADLINE_S)
    newest.client.input(KEY)
    told = newest.finish(number).outputs[0]["text/plain"]
    assert told.endswith(" It goes there unencrypted; https would hide it on its way.")
    assert newest.run("%cromicle logout http://h.invalid").status == "ok"


def test_where_no_key_belongs_none_is_asked_for(newest: Kernel) -> None:
    """The built-in responder has its own; a class and a slip of the pen have no address."""
    for name in ("", "offline", "Cromicle", "olama"):
        run = newest.run(f"%cromicle login {name}")
        assert "takes no key; name an address, as in https" in run.stderr, name


def test_a_frontend_without_input_is_told_what_to_do(newest: Kernel, server: Peer) -> None:
    """In one sentence; a run without a reader must not wait for one."""
    run = newest.run(f"%cromicle login {server.url}", allow_stdin=False)
    assert run.stderr == (
        "UsageError: This frontend takes no hidden input; set CROMICLE_TOKEN, or "
        "CROMICLE_TOKEN_FILE.\n"
    )


@pytest.mark.parametrize(("scheme", "is_open"), [("http", True), ("HTTP", True), ("https", False)])
def test_a_key_that_anybody_on_its_way_could_read_is_told_so(
    newest: Kernel, scheme: str, is_open: bool
) -> None:
    """Beyond this machine only TLS hides it."""
    run = log_in(newest, f"%cromicle login {scheme}://127.0.0.2:1/v1")
    assert ("It goes there unencrypted" in run.outputs[0]["text/plain"]) is is_open
    newest.run(f"%cromicle logout {scheme}://127.0.0.2:1/v1")


@pytest.mark.parametrize("mode", ["signal", "message"])
def test_an_interrupt_ends_the_question(each: Kernel, mode: str) -> None:
    """With one line, and nothing was changed; the next cell can be interrupted as before."""
    with peer(unanswered) as server:
        number = each.submit(f"%cromicle login {server.url}")
        each.client.get_stdin_msg(timeout=DEADLINE_S)
        each.interrupt(mode)
        run = each.finish(number)
        assert run.error == ["KeyboardInterrupt: nothing was changed."]
        number = each.submit(f"%cromicle -e {server.url}/v1 Hi")
        server.visit()
        each.interrupt(mode)
        assert each.finish(number).error[0].startswith("KeyboardInterrupt: 0 characters")
        assert "never kept" in each.run(f"%cromicle logout {server.url}").outputs[0]["text/plain"]
