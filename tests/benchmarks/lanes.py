"""Slow answers, side by side, each lane with a kernel and a server of its own.

One after the other they would take hours, in which the machine does next to nothing: a lane needs a
twentieth of a core.
"""

from __future__ import annotations

import atexit
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

from benchmarks.figures import Figures, Row, row
from benchmarks.streams import PACES, Pace, cell, cells
from benchmarks.warm import warm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.server import Server
    from support.kernels import Kernel

__all__ = ["LANES", "lanes"]

LANES = 16
FIRST = Pace(20_000, float("inf"))


def lanes(rounds: int) -> Iterator[Row]:
    """Measure each slow pace, ours and the floor at about the same time.

    Args:
        rounds: How often.

    Yields:
        Its row, the slowest first.
    """
    paces = sorted((pace for pace in PACES if pace.is_slow), key=lambda pace: -pace.least_s)
    tasks = [(pace, which) for pace in paces for _ in range(rounds) for which in (0, 1)]
    # Started anew, and not forked: what a lane opens, it closes at its exit.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(LANES, mp_context=context) as pool:
        figures = pool.map(_measure, *zip(*tasks, strict=True))
        for pace in paces:
            yield row(pace.name, [(next(figures), next(figures)) for _ in range(rounds)])


def _measure(pace: Pace, which: int) -> Figures:
    """Measure ours (0) or the floor (1) in this process's lane."""
    running, server = _lane()
    return cell(running, server, cells(server, pace)[which], pace)


@cache
def _lane() -> tuple[Kernel, Server]:
    stack = ExitStack()
    atexit.register(stack.close)
    running, server = stack.enter_context(warm())
    # What is imported and made for the first long answer is no part of a pace.
    for code in cells(server, FIRST):
        cell(running, server, code, FIRST)
    return running, server
