"""Interrupts: the cell ends, the server sees it, the text stays, and the kernel goes on."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

import pytest
from support.answers import essay
from support.environments import interpreter
from support.kernels import kernel
from support.peers import HEAD, Visit, chunk, peer
from support.scripts import CELLS, drip, ending, is_shown, silent, unanswered

from cromicle_magic.running.interrupts import awake

if TYPE_CHECKING:
    from pathlib import Path

    from support.kernels import Kernel, Run
    from support.peers import Peer

# Nineteen of twenty within a second; the rest is a machine's own pause, and never a hang.
SOON_S, AT_LAST_S = 1.0, 5.0
MODES = ("signal", "message")
LONG = essay(20_000)


async def burst(visit: Visit) -> None:
    """Send much to lay out at once, and then nothing, without end."""
    await visit.send(HEAD, chunk(LONG))
    await asyncio.Event().wait()


# When to interrupt: what the server does, whether to wait for the first word, how long at most.
MOMENTS = {
    "connecting": (unanswered, False, 0.02),
    "first text": (drip, True, 0.0),
    "mid-stream": (drip, True, 0.15),
    "rendering": (burst, False, 0.2),
    "at the end": (ending, False, 0.05),
}


async def script(visit: Visit) -> None:
    """Do what the moment asks for, which the prompt names."""
    await MOMENTS[visit.message][0](visit)


class Interrupts:
    """Cells interrupted one after another, each at its moment.

    Attributes:
        lasted_s: How long each took to end, from its latest interrupt on.
    """

    def __init__(self, kernel: Kernel, server: Peer, way: str) -> None:
        self._kernel, self._server = kernel, server
        self._cell = CELLS[way].format(options=f"-o answer --url {server.url}")
        self._random = random.Random(1)
        self.lasted_s: list[float] = []

    def begin(self, moment: str) -> str:
        """Run a cell up to its moment."""
        _, is_shown_first, at_most_s = MOMENTS[moment]
        running = self._kernel.submit(self._cell.replace("Hi", moment))
        self._server.visit(len(self.lasted_s))
        if is_shown_first:
            self._kernel.watch(running, is_shown)
        self.pause(at_most_s)
        return running

    def pause(self, at_most_s: float) -> None:
        """Let a random while pass: the moment is what is random here."""
        time.sleep(self._random.uniform(0, at_most_s))

    def interrupt(self) -> None:
        """Interrupt by signal and by message, in turn."""
        self._start_s = time.monotonic()
        self._kernel.interrupt(MODES[len(self.lasted_s) % 2])

    def end(self, running: str, moment: str) -> None:
        """Wait for the cell's end, and look at what it left."""
        run = self._kernel.finish(running)
        assert moment == "at the end" or self._server.visit(len(self.lasted_s)).gone.wait(AT_LAST_S)
        self.lasted_s.append(time.monotonic() - self._start_s)
        kept = self._kernel.run("print(answer, end=''); del answer").stdout
        if moment == "at the end":
            assert run.status == "ok" or run.reply["ename"] in {"Interrupted", "KeyboardInterrupt"}
            return
        check(run, kept, moment)

    def judge(self, name: str) -> None:
        """Look at the times."""
        slow = sorted(self.lasted_s)
        count = len(slow)
        print(f"{name}: {count} of {count}, median {slow[count // 2]:.3f} s, all {slow[-1]:.3f} s")
        assert slow[(count * 95 - 1) // 100] < SOON_S
        assert slow[-1] < AT_LAST_S
        left = self._kernel.run(LEFT.format(port=self._server.url.rpartition(":")[2]))
        assert left.stdout.splitlines() == ["[]"] * 4
        assert left.stderr == ""


def check(run: Run, kept: str, moment: str) -> None:
    """An interrupted cell ends with one line; what was received is shown and bound."""
    assert run.status == "error"
    assert run.reply["ename"] == "Interrupted"
    assert run.error == [f"KeyboardInterrupt: {run.reply['evalue']}"]
    assert run.reply["evalue"] == f"{len(kept):,} characters were received and are kept."
    shown = [data["text/plain"] for data in run.outputs if "text/html" in data]
    if moment in {"first text", "mid-stream"}:
        assert shown == [kept]
        assert kept == "word " * (len(kept) // 5) != ""
    else:
        assert LONG.startswith(kept) or kept.startswith(LONG)


# What a cell must not leave behind: tasks of ours, widgets, connections, timers.
LEFT = """
import asyncio, gc, ipywidgets, psutil
gc.collect()  # asyncio complains of an exception that nobody took when its task goes
print([t for t in asyncio.all_tasks() if "cromicle" in repr(t)])
print(list(ipywidgets.widgets.widget._instances))
process = psutil.Process()
connections = getattr(process, "net_connections", None) or process.connections
print([c for c in connections("tcp") if c.raddr and c.raddr.port == {port}])
timers = [t for t in asyncio.get_event_loop()._scheduled if not t.cancelled()]
print([t for t in timers if "cromicle" in repr(t) or "aiohttp" in repr(t)])
"""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", CELLS)
def test_every_interrupt_ends_the_cell_and_keeps_the_text(
    each: Kernel, way: str, is_matrix: bool, request: pytest.FixtureRequest
) -> None:
    """Many in a row, at random moments of the answer: within a second, with one line."""
    with peer(script) as server:
        interrupts = Interrupts(each, server, way)
        for moment in list(MOMENTS) * (40 if is_matrix else 4):
            running = interrupts.begin(moment)
            interrupts.interrupt()
            interrupts.end(running, moment)
        interrupts.judge(request.node.name)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", CELLS)
def test_a_second_interrupt_does_no_harm(
    each: Kernel, way: str, is_matrix: bool, request: pytest.FixtureRequest
) -> None:
    """It may come at any time of the clean-up: the reply comes, with the same one line."""
    with peer(script) as server:
        interrupts = Interrupts(each, server, way)
        for moment in ["mid-stream", "rendering"] * (25 if is_matrix else 5):
            running = interrupts.begin(moment)
            interrupts.interrupt()
            interrupts.pause(0.1)
            interrupts.interrupt()
            interrupts.end(running, moment)
        interrupts.judge(request.node.name)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", [*CELLS, "nested in an awaiting cell"])
def test_a_silent_server_can_be_interrupted(each: Kernel, way: str, mode: str) -> None:
    """Nothing wakes the loop then but the view's own beat."""
    awaiting = "import asyncio\nawait asyncio.sleep(0)\n" + CELLS["nested"]
    with peer(silent) as server:
        cell = CELLS.get(way, awaiting)
        running = each.submit(cell.format(options=f"--url {server.url}"))
        each.watch(running, is_shown)
        start = time.monotonic()
        each.interrupt(mode)
        run = each.finish(running)
        assert time.monotonic() - start < AT_LAST_S
        assert run.reply["ename"] == "Interrupted"
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


# The kernel interrupts itself in the middle of what the first prompt imports.
EARLY = """
import signal, sys
class Early:
    def find_spec(self, name, *_):
        if name in {names}:
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Early())
"""


@pytest.mark.parametrize("names", [["nest_asyncio", "aiohttp"], ["aiohttp"]], ids="-".join)
def test_an_interrupt_before_the_first_step_ends_the_cell(
    each_name: str, names: list[str], tmp_path: Path
) -> None:
    """The first nested prompt imports for half a second; one line, and the variable is bound."""
    with kernel(tmp_path, interpreter(each_name)) as fresh, peer(silent) as server:
        fresh.run(EARLY.format(names=names))
        run = fresh.run(CELLS["nested"].format(options=f"-o answer --url {server.url}"))
        assert run.error == ["KeyboardInterrupt: 0 characters were received and are kept."]
        assert fresh.run("print(repr(answer))").stdout == "''\n"


def test_what_was_asked_beside_an_answer_is_closed_when_its_cell_ends() -> None:
    """In a terminal the loop stands still after that, and a connection would stay open."""
    closed = []

    async def asking() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.append("connection")

    async def run() -> list[str]:
        cell = asyncio.ensure_future(awake(asking()))
        await asyncio.wait({cell}, timeout=0.1)
        cell.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cell
        return list(closed)

    assert asyncio.run(run()) == ["connection"]
