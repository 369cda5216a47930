"""The extension loaded, and the first prompt of a kernel's life."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figures, Row, row
from benchmarks.streams import FLOORS, first_text_s, ours, sent_s
from support.kernels import bare_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.server import Server

__all__ = ["CHARS", "loading"]

CHARS = 2_000
# Another thread's work is no part of it, nor is what the kernel's own start has left to clear away.
_LOAD = """
import gc, sys, time
gc.collect()
modules, start = len(sys.modules), time.thread_time()
get_ipython().run_line_magic("load_ext", "cromicle_magic")
print((time.thread_time() - start) * 1000, len(sys.modules) - modules)
"""


def loading(server: Server, rounds: int) -> Iterator[Row]:
    """Measure in fresh kernels, one with the extension, one without, in turn.

    Args:
        server: Who answers the first prompt, as fast as it can.
        rounds: How often.

    Yields:
        The rows.
    """
    url = server.address(CHARS, float("inf"))
    pairs = [
        (_fresh(server, ours(url), _LOAD), _fresh(server, FLOORS["chat"].format(url=url), ""))
        for _ in range(rounds)
    ]
    yield row("%load_ext", [(loaded, {}) for (loaded, _), _ in pairs])
    yield row("first prompt", [(first, bare) for (_, first), (_, bare) in pairs])


def _fresh(server: Server, code: str, load: str) -> tuple[Figures, Figures]:
    """Give what loading took in a fresh kernel, and then the first prompt, from its submission."""
    with tempfile.TemporaryDirectory() as folder, bare_kernel(Path(folder)) as running:
        said = running.run(load).stdout.split()
        running.run("import time; start = time.process_time()")
        run = running.run(code)
        cpu_s = float(running.run("print(time.process_time() - start)").stdout)
    server.times()
    loaded = dict(zip(("CPU ms", "modules"), map(float, said), strict=False))
    waited_s = first_text_s(run) - sent_s(run.messages[0])
    return loaded, {"cell to first text s": waited_s, "CPU s": cpu_s}
