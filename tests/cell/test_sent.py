"""--dry-run, %cromicle sent and --guard, in a real kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.kernels import kernel
from support.peers import HEAD, Peer, chunk, peer, whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.kernels import Kernel, Run

VALUE = "hush-4711-hush"
GROQ = "gsk_0123456789abcdefghij"
EVENT = 'data: {"choices": [{"delta": {"content": "engine"}, "finish_reason": "stop"}]}\n\n'


@pytest.fixture(scope="module")
def secretive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel with a secret in its environment."""
    with kernel(tmp_path_factory.mktemp("kernel"), DB_PASSWORD=VALUE) as running:
        yield running


@pytest.fixture
def server() -> Iterator[Peer]:
    """A server of either protocol."""
    with peer(whole(EVENT)) as running:
        yield running


def told(run: Run) -> str:
    """Give the one plain text that a cell shows."""
    assert run.status == "ok", (run.error, run.stderr)
    (data,) = run.outputs
    assert set(data) == {"text/plain"}
    return str(data["text/plain"])


@pytest.mark.parametrize(
    "cell", ["%%cromicle {}\nHi", "%cromicle {} Hi", "%%time\n%%cromicle {}\nHi"]
)
def test_a_dry_run_shows_what_the_real_one_sends(
    secretive: Kernel, server: Peer, cell: str
) -> None:
    """And nothing arrives; the real run then sends just that."""
    options = f"--url {server.url} -m tiny -s brief"
    shown = told(secretive.run(cell.format(f"{options} --dry-run")))
    assert server.visits == []
    assert shown.startswith(f"Nothing was sent. This would be:\n\nPOST {server.url}/chat\nhost: ")
    secretive.run(cell.format(options))
    visit = server.visit()
    assert f"content-length: {len(visit.body)}\n" in shown
    assert json.dumps(visit.message) in shown
    last = told(secretive.run("%cromicle sent"))
    assert last.startswith("Sent for cell ")
    assert last.partition("\n\n")[2] == shown.partition("\n\n")[2]


def test_a_dry_run_keeps_the_latest_answer(secretive: Kernel, server: Peer) -> None:
    """It is no answer, binds nothing, and has no Out."""
    secretive.run(f"%%cromicle --url {server.url} -o kept\nfirst")
    told(secretive.run(f"%%cromicle --url {server.url} -o kept --dry-run\nsecond"))
    assert "first" in told(secretive.run("%cromicle sent"))
    assert "engine" in secretive.run("print(kept)").stdout


def test_an_engines_request_hides_its_key(secretive: Kernel, server: Peer) -> None:
    """The head says that there is one."""
    secretive.run("%config CromicleMagics.token = 'hush'")
    shown = told(secretive.run(f"%cromicle -e {server.url}/v1 -m tiny -t 0 --dry-run Hi"))
    secretive.run("%config CromicleMagics.token = None")
    assert "\nauthorization: ********\n" in shown
    assert '"temperature": 0.0' in shown
    assert "hush" not in shown


def test_of_a_class_what_it_is_given_is_shown(secretive: Kernel) -> None:
    """Its bytes are its own."""
    secretive.run("""
class Mine:
    async def create_async_generator(model, messages, **kwargs):
        yield "mine"
""")
    for line in ("%cromicle -e Mine --dry-run Hi", "%cromicle -e Mine Hi\n%cromicle sent"):
        shown = str(secretive.run(line).outputs[-1]["text/plain"])
        assert "The class Mine\n\n{" in shown
        assert '"content": "Hi"' in shown
        assert "its bytes, it alone knows" in shown


def test_before_anything_was_sent_that_is_said(tmp_path: Path) -> None:
    """Nor is what nobody took called sent."""
    with peer(b"") as gone:
        url = gone.url
    with kernel(tmp_path) as running:
        assert "Nothing was sent yet; run a prompt first" in running.run("%cromicle sent").stderr
        assert running.run(f"%cromicle --url {url} Hi").status == "error"
        assert told(running.run("%cromicle sent")).startswith("Nobody took what was to be sent for")


def test_what_went_out_is_shown_after_a_failure_too(secretive: Kernel) -> None:
    """The request was whole, whatever became of the answer."""
    with peer(HEAD + chunk("half an ans")) as server:
        assert secretive.run(f"%cromicle --url {server.url} failing").status == "error"
        assert '"message": "failing"' in told(secretive.run("%cromicle sent"))


def test_the_guard_warns_in_the_last_line(secretive: Kernel, server: Peer) -> None:
    """It names the variable and the kind, never the value; what was typed goes out."""
    run = secretive.run(f"%%cromicle --url {server.url}\nIs {VALUE} safe, and {GROQ}?")
    html = run.outputs[0]["text/html"]
    assert "the prompt held DB_PASSWORD, Groq key" in html
    assert VALUE not in html
    assert server.visit().message == f"Is {VALUE} safe, and {GROQ}?"
    shown = told(secretive.run("%cromicle sent"))
    assert '"Is [DB_PASSWORD] safe, and [Groq key]?"' in shown
    assert shown.endswith("Hidden here, and there as it is: DB_PASSWORD, Groq key.")


@pytest.mark.parametrize("setting", ["{} --guard mask", "{}"])
def test_the_guard_masks_by_setting(secretive: Kernel, server: Peer, setting: str) -> None:
    """In the prompt and the system prompt, on the line or for all cells."""
    if setting == "{}":
        secretive.run("%config CromicleMagics.guard = 'mask'")
    options = setting.format(f"--url {server.url}")
    run = secretive.run(f"%%cromicle {options} -s 'be brief'\nIs {VALUE} safe?")
    secretive.run("%config CromicleMagics.guard = None")
    assert "masked in the prompt: DB_PASSWORD" in run.outputs[0]["text/html"]
    assert "Is [DB_PASSWORD] safe?" in server.visit().message
    assert VALUE not in server.visit().message


def test_the_guard_refuses_before_anything_is_sent(secretive: Kernel, server: Peer) -> None:
    """One sentence; a system prompt set for all cells is looked at, too."""
    secretive.run(f"%config CromicleMagics.system = 'know {GROQ}'")
    for options in ("--guard refuse", "--guard=refuse --dry-run", "--bg --guard refuse"):
        run = secretive.run(f"%%cromicle --url {server.url} {options}\nIs {VALUE} safe?")
        if "--bg" in options:
            run = secretive.run("%cromicle wait 1")
        shown = run.stderr + str(run.outputs) + str(run.error)
        assert "The prompt holds Groq key, DB_PASSWORD, so nothing was sent" in shown
        assert VALUE not in shown
    secretive.run("%config CromicleMagics.system = None")
    assert server.visits == []


def test_the_guard_can_be_off(secretive: Kernel, server: Peer) -> None:
    """Then it says nothing."""
    run = secretive.run(f"%%cromicle --url {server.url} --guard off\n{VALUE}")
    assert "held" not in run.outputs[0]["text/html"]
    run = secretive.run(f"%%cromicle --url {server.url} --guard maybe\nHi")
    assert "'maybe' is no way to guard; write warn, mask, refuse or off." in run.stderr
