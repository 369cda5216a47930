"""The renderer and the event reader by themselves: their speed, whatever the size."""

from __future__ import annotations

import json
import subprocess
import time
from collections import deque
from typing import TYPE_CHECKING

from benchmarks.figures import Row, row
from benchmarks.replies import CUTS, cut, read_words
from benchmarks.server import answer, events
from support.environments import ROOT, interpreter_beside

from cromicle_magic.render.markdown import render_pieces
from cromicle_magic.wire.sse import EventDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["SIZES", "against_openai", "readers"]

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
# A smaller size is done several times, for the clock is coarse.
ENOUGH_BYTES = 100_000
OPENAI = ("openai>=2,<3", "httpx>=0.27")


def readers(rounds: int) -> Iterator[Row]:
    """Measure the CPU for each byte, for each size.

    Args:
        rounds: How often.

    Yields:
        Its rows.
    """
    for task in _tasks(SIZES[0]).values():
        task()  # what is imported and made at the first use is no part of it
    for size in SIZES:
        for name, task in _tasks(size).items():
            measured = [({"CPU s/MB": _cpu_s(task, size) / size * 1e6}, {}) for _ in range(rounds)]
            yield row(f"{name}, {size:,} bytes", measured)


def against_openai(rounds: int) -> Iterator[Row]:
    """Measure the event reader against the openai SDK's, in an environment of its own.

    Args:
        rounds: How often, in turn.

    Yields:
        A row for each way in which the bytes are cut; the floor is the SDK's.
    """
    python = interpreter_beside("openai", *OPENAI)
    command = [python, "-m", "benchmarks.openai_sdk", str(rounds)]
    run = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=ROOT / "tests", timeout=600
    )
    for how, measured in json.loads(run.stdout).items():
        yield row(f"words, {how}", measured)


def _tasks(size: int) -> dict[str, Callable[[], object]]:
    text, reads = answer(size), _reads(size)
    return {
        "renderer": lambda: deque(render_pieces(text), 0),
        "events": lambda: _read_events(reads),
        "words": lambda: read_words(reads),
    }


def _reads(size: int) -> list[bytes]:
    """Give about so many bytes of events, as they are read at full speed."""
    some = events(answer(20_000))[:-2]
    count = round(size * len(some) / sum(map(len, some)))
    return cut((some * (count // len(some) + 1))[:count], CUTS[1])


def _read_events(reads: Sequence[bytes]) -> None:
    decoder = EventDecoder()
    for data in reads:
        decoder.decode(data)


def _cpu_s(task: Callable[[], object], size: int) -> float:
    times = max(1, ENOUGH_BYTES // size)
    start_s = time.process_time()
    for _ in range(times):
        task()
    return (time.process_time() - start_s) / times
