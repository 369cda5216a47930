"""Interrupts: the cell ends, the server sees it, the text stays, and the kernel goes on."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest
from support.peers import peer
from support.scripts import CELLS, drip, is_shown, silent

if TYPE_CHECKING:
    from support.kernels import Kernel

TIMES = 50
# Nineteen of twenty within a second; the rest is a machine's own pause, and never a hang.
SOON_S, AT_LAST_S = 1.0, 5.0


@pytest.mark.parametrize("way", CELLS)
def test_every_interrupt_ends_the_cell_and_keeps_the_text(each: Kernel, way: str) -> None:
    """Fifty in a row, at random moments of the stream: within a second, with one line."""
    moments, lasted_s = random.Random(1), []
    with peer(drip) as server:
        cell = CELLS[way].format(options=f"-o answer --url {server.url}")
        for number in range(TIMES):
            running = each.submit(cell)
            each.watch(running, is_shown)
            time.sleep(moments.uniform(0, 0.15))  # the moment is what is random here
            start = time.monotonic()
            each.interrupt()
            run = each.finish(running)
            lasted_s.append(time.monotonic() - start)
            assert run.status == "error"
            assert run.reply["ename"] in {"Interrupted", "KeyboardInterrupt"}
            assert run.error == [f"KeyboardInterrupt: {run.reply['evalue']}"]
            assert server.visit(number).gone.wait(AT_LAST_S)
            (kept,) = [data["text/plain"] for data in run.outputs if "text/html" in data]
            assert kept
            assert kept == "word " * (len(kept) // 5)
            assert each.run("print(answer, end='')").stdout == kept
    assert sorted(lasted_s)[TIMES * 95 // 100] < SOON_S
    assert max(lasted_s) < AT_LAST_S
    left = each.run(LEFT)
    assert left.stdout.splitlines() == ["[]", "[]"]
    assert left.stderr == ""


# What a cell must not leave behind: tasks of ours, and widgets.
LEFT = """
import asyncio, gc, ipywidgets
gc.collect()  # asyncio complains of an exception that nobody took when its task goes
print([t for t in asyncio.all_tasks() if "cromicle" in repr(t)])
print(list(ipywidgets.widgets.widget._instances))
"""


@pytest.mark.parametrize("way", CELLS)
def test_a_silent_server_can_be_interrupted(each: Kernel, way: str) -> None:
    """Nothing wakes the loop then but the view's own beat."""
    with peer(silent) as server:
        running = each.submit(CELLS[way].format(options=f"--url {server.url}"))
        each.watch(running, is_shown)
        start = time.monotonic()
        each.interrupt()
        assert each.finish(running).status == "error"
        assert time.monotonic() - start < AT_LAST_S
        assert server.visit().gone.wait(AT_LAST_S)


def test_an_interrupt_stops_run_all(newest: Kernel) -> None:
    """What is queued behind an interrupted cell is not run, as with any other cell."""
    with peer(silent) as server:
        running = newest.submit(
            CELLS["awaited"].format(options=f"--url {server.url}"), stop_on_error=True
        )
        queued = newest.submit("print('never')")
        newest.watch(running, is_shown)
        newest.interrupt()
        assert newest.finish(running).status == "error"
        assert newest.finish(queued).status == "aborted"
