"""What showing an answer costs the kernel, against a cell that reads the bytes and shows them once.

Run it by ``.venv/bin/python tests/benchmarks/view.py``. Each figure is CPU seconds of the kernel,
the median of several turns; ours and the floor take turns in the same run, for machines are noisy.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.answers import Paced, essay
from support.kernels import Kernel, kernel
from support.peers import peer

TURNS = 5

FLOOR = """
import aiohttp
from IPython.display import display
async with aiohttp.ClientSession() as session, session.post({url!r} + "/chat", json={{}}) as answer:
    pieces = [piece async for piece in answer.content.iter_any()]
display({{"text/plain": b"".join(pieces).decode()}}, raw=True)
"""
OURS = "%%cromicle --url {url}\nHi"


def cpu_s(running: Kernel, cell: str) -> float:
    """Give the CPU seconds that a cell costs its kernel."""
    running.run("import time; start = time.process_time()")
    assert running.run(cell).status == "ok"
    return float(running.run("print(time.process_time() - start)").stdout)


def compare(running: Kernel, chars: int, per_s: float) -> tuple[float, float]:
    """Give the medians of the floor and of ours, in turn."""
    floor, ours = [], []
    with peer(Paced(essay(chars), chunk_chars=4, per_s=per_s)) as server:
        for _ in range(TURNS):
            floor.append(cpu_s(running, FLOOR.format(url=server.url)))
            ours.append(cpu_s(running, OURS.format(url=server.url)))
    return statistics.median(floor), statistics.median(ours)


def main() -> None:
    """Measure, and print a line a row."""
    with tempfile.TemporaryDirectory() as folder, kernel(Path(folder)) as running:
        running.run("%cromicle warm up")
        fast: dict[int, float] = {}
        for chars, per_s in (
            (20_000, 200.0),
            (200_000, 2_000.0),
            (20_000, float("inf")),
            (200_000, float("inf")),
        ):
            floor, ours = compare(running, chars, per_s)
            print(
                f"{chars:7,} characters at {per_s:5} chunks a second: floor {floor:.3f} s, "
                f"ours {ours:.3f} s, ratio {ours / floor:.2f}"
            )
            fast[chars] = ours / chars
        print(f"CPU a byte, 200,000 over 20,000 characters: {fast[200_000] / fast[20_000]:.2f}")


if __name__ == "__main__":
    main()
