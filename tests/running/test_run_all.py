"""Run All: every cell runs, in order, whichever way the answer runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.peers import END, HEAD, Gate, Visit, chunk, peer

if TYPE_CHECKING:
    from support.kernels import Kernel

WAYS = {
    "awaited": "%%cromicle --url {url}\nprompt {n}",
    "nested in %%time": "%%time\n%%cromicle --url {url}\nprompt {n}",
    "nested in a call": "get_ipython().run_cell_magic('cromicle', '--url {url}', 'prompt {n}'); 1",
    "nested in an awaiting cell": (
        "import asyncio\nawait asyncio.sleep(0)\n"
        "get_ipython().run_cell_magic('cromicle', '--url {url}', 'prompt {n}')"
    ),
}


def texts(kernel: Kernel, number: str) -> list[str]:
    """Give the answers that a cell holds in the end."""
    run = kernel.finish(number)
    assert run.status == "ok", run.error
    return [data["text/plain"] for data in run.outputs if "text/html" in data]


@pytest.mark.parametrize("way", WAYS)
def test_queued_cells_all_run_in_order(each: Kernel, way: str) -> None:
    """Three cells sent at once: none is lost, none runs in another, each keeps its answer."""
    all_sent = Gate()

    async def script(visit: Visit) -> None:
        # The first cell is still streaming while the others arrive at the kernel.
        await visit.send(HEAD, chunk("answer to "))
        await all_sent.wait()
        await visit.send(chunk(visit.message), END)

    with peer(script) as server:
        numbers = [each.submit(WAYS[way].format(url=server.url, n=n)) for n in range(3)]
        after = each.submit("print('after')")
        server.visit()
        all_sent.open()
        assert [texts(each, number) for number in numbers] == [
            [f"answer to prompt {n}"] for n in range(3)
        ]
        assert each.finish(after).stdout == "after\n"
        assert [visit.message for visit in server.visits] == [f"prompt {n}" for n in range(3)]


def test_captured_cells_lose_nothing_either(each: Kernel) -> None:
    """Under %%capture the queue waits, the answer is captured once, and the queue goes on."""
    all_sent = Gate()

    async def script(visit: Visit) -> None:
        await visit.send(HEAD, chunk("captured"))
        await all_sent.wait()
        await visit.send(END)

    with peer(script) as server:
        first = each.submit(f"%%capture seen\n%%cromicle --url {server.url}\nHi")
        second = each.submit("print([output.data['text/plain'] for output in seen.outputs])")
        server.visit()
        all_sent.open()
        assert each.finish(first).outputs == []
        assert each.finish(second).stdout == "['captured']\n"


def test_a_loop_over_prompts_runs_each(each: Kernel) -> None:
    """A magic in a function of the user's own answers, time after time."""
    each.run("def ask(p): get_ipython().run_cell_magic('cromicle', '-o reply', p); return reply")
    run = each.run("print([ask('x' * n)[:22] for n in (1, 2, 3)])")
    assert run.stdout == str(["**No model is connecte"] * 3) + "\n"


@pytest.mark.parametrize("way", ["awaited", "nested in %%time"])
def test_the_loop_goes_on_while_an_answer_streams(each: Kernel, way: str) -> None:
    """A task of the reader's own runs on: only it can let this answer end."""
    ticked = Gate()

    async def stream(visit: Visit) -> None:
        await visit.send(HEAD, chunk("text"))
        await ticked.wait()
        await visit.send(END)

    async def tick(_: Visit) -> None:
        ticked.open()

    with peer(stream) as server, peer(tick) as ticker:
        each.run(TICKING.format(port=ticker.url.rpartition(":")[2]))
        number = each.submit(WAYS[way].format(url=server.url, n=0))
        assert texts(each, number) == ["text"]


TICKING = """
import asyncio
async def tick():
    await asyncio.sleep(0.2)
    _, writer = await asyncio.open_connection("127.0.0.1", {port})
    writer.write(b"GET / HTTP/1.1\\r\\n\\r\\n")
    await writer.drain()
    writer.close()
ticking = asyncio.ensure_future(tick())
"""
