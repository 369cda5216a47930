"""How late the kernel's loop is for everything else while many answers stream on it."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING

from benchmarks.figures import Figures, Row, row
from benchmarks.streams import FLOORS, sent_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.server import Server
    from support.kernels import Kernel

__all__ = ["CROWDS", "lag"]

# So many answers at once, each of so many characters, at so many chunks a second.
CROWDS = ((10, 4_000, 100.0), (100, 800, 20.0))

# Something else on the loop, which wants to run every 5 ms.
_SAMPLER = """
import asyncio, json, time
lags = []
async def sample():
    while True:
        due = time.monotonic() + 0.005
        await asyncio.sleep(0.005)
        lags.append((time.time(), time.monotonic() - due))
sampler = asyncio.ensure_future(sample())
"""
_GIVE = "sampler.cancel(); print(json.dumps(lags))"
_ONE = "%%cromicle --bg --url {url}\nHi"
_BARE = """
async def one():
{one}
await asyncio.gather(*(one() for _ in range({crowd})))
"""


def lag(running: Kernel, server: Server, rounds: int) -> Iterator[Row]:
    """Measure for each crowd, in the background, against as many bare reads.

    Args:
        running: The kernel.
        server: Who answers.
        rounds: How often.

    Yields:
        Its row.
    """
    for crowd, chars, per_s in CROWDS:
        url = server.address(chars, per_s, crowd=crowd)
        one = FLOORS["chat"].format(url=url).strip().replace("\n", "\n    ")
        bare = _BARE.format(one=f"    {one}", crowd=crowd)
        cells = ([_ONE.format(url=url)] * crowd + ["%cromicle wait"], [bare])
        measured = [tuple(_lag(running, server, each) for each in cells) for _ in range(rounds)]
        yield row(f"{crowd} answers at {per_s:.0f}/s", measured)


def _lag(running: Kernel, server: Server, cells: list[str]) -> Figures:
    running.run(_SAMPLER)
    running.run("start = time.process_time()")
    for code in cells:
        run = running.run(code)
        assert run.status == "ok", run.error
    cpu_s = float(running.run("print(time.process_time() - start)").stdout)
    (began_s, _), ended_s = server.times(), sent_s(run.messages[-1])
    samples = json.loads(running.run(_GIVE).stdout)
    late = [late_s * 1e3 for at_s, late_s in samples if began_s <= at_s <= ended_s]
    cuts = statistics.quantiles(late, n=100)
    return {
        "lag p50 ms": cuts[49],
        "lag p99 ms": cuts[98],
        "worst lag ms": max(late),
        "CPU s": cpu_s,
    }
