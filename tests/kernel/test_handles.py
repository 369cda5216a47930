"""The guard of a nested run: with it no message is lost, without it some are."""

from __future__ import annotations

import asyncio
import queue
import subprocess
import sys
from asyncio.events import Handle
from typing import TYPE_CHECKING

import ipykernel
import pytest
from support.kernels import kernel
from support.peers import Gate, peer
from support.scripts import CELLS, gated, is_shown

from cromicle_magic.kernel import handles

if TYPE_CHECKING:
    from pathlib import Path

WITHOUT = """
import contextlib, nest_asyncio, cromicle_magic.running.nested as nested
nested.guarded = lambda loop, hold: contextlib.nullcontext()
"""
LOST_S = 1.5
IS_OLD = sys.version_info < (3, 11) or ipykernel.version_info < (7, 1)

# The last callback becomes ready in the very moment in which the run ends.
HELD = """
import asyncio, contextvars
from cromicle_magic.running.nested import run_nested

context, order = contextvars.copy_context(), []

async def main():
    loop = asyncio.get_running_loop()
    soon = lambda text: loop.call_soon(order.append, text, context=context)

    async def nested():
        first, cancelled, second = [soon(text) for text in ("first", "cancelled", "second")]
        await asyncio.sleep(0)
        cancelled.cancel()
        soon("third")

    context.run(run_nested, nested(), hold=True)
    print(*order)
    await asyncio.sleep(0)
    print(*order)

asyncio.run(main())
"""
# The loop has counted what it will run in this step, and the nested runs do it all before.
DRAINED = """
import asyncio
from cromicle_magic.running.nested import run_nested

def nests(end):
    for _ in range(2):
        run_nested(asyncio.sleep(0))
    end.set()

async def main():
    loop, end = asyncio.get_running_loop(), asyncio.Event()
    loop.call_soon(nests, end)
    for _ in range(9):
        loop.call_soon(int)
    await end.wait()
    print("whole")

asyncio.run(main())
"""


@pytest.mark.skipif(IS_OLD, reason="before ipykernel 7.1, and on Python 3.10, none is lost")
def test_without_it_the_next_cell_is_lost(tmp_path: Path) -> None:
    """On the newest kernel, under plain nest_asyncio; else the piece may go."""
    end = Gate()
    with kernel(tmp_path) as newest, peer(gated(end, "word ", "word")) as server:
        assert newest.run(WITHOUT).status == "ok"
        running = newest.submit(CELLS["nested"].format(options=f"--url {server.url}"))
        newest.watch(running, is_shown)
        newest.submit("'lost'")
        # Messages are taken in their order: with this one the kernel has the cell too.
        click = newest.click("no such button")
        newest.watch(click, lambda m: m["content"].get("execution_state") == "idle")
        end.open()
        assert newest.finish(running).status == "ok"
        with pytest.raises(queue.Empty):
            newest.client.get_shell_msg(timeout=LOST_S)


def test_what_was_held_keeps_its_turn() -> None:
    """Callbacks held by a run go before what is ready at its end, unless cancelled meanwhile."""
    assert _output(HELD) == "\nfirst second third\n"


def test_a_drained_loop_goes_on() -> None:
    """The first nested run may do all that its loop was about to do; a kernel lives on."""
    assert _output(DRAINED) == "whole\n"


def test_unknown_handles_are_not_guarded(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A future release may differ: then only a loop may nest that keeps messages by itself."""
    handles.log_fallback.cache_clear()
    monkeypatch.setattr(handles, "_PARTS", {"_something_else"})
    before, loop = Handle._run, asyncio.new_event_loop()
    with pytest.raises(ValueError, match="can't be guarded"), handles.guarded(loop, hold=False):
        pass
    loop._nest_deferred = []  # type: ignore[attr-defined]
    with handles.guarded(loop, hold=False):
        assert Handle._run is before
    assert len(caplog.messages) == 1
    loop.close()


def _output(script: str) -> str:
    """Run a script in a Python of its own, for a nested run changes asyncio for good."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return done.stdout
