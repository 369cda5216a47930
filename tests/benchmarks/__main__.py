"""The benchmark: ``bash .ci/bench`` measures everything, prints it, and draws the README's plot."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from benchmarks.figures import TARGETS, Row, flatness, table
from benchmarks.lag import lag
from benchmarks.lanes import lanes
from benchmarks.loading import loading
from benchmarks.readers import against_openai, readers
from benchmarks.server import server
from benchmarks.streams import memory, streams
from benchmarks.warm import warm
from support.environments import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEPT = ROOT / "dist" / "benchmark.json"
PARTS = ("readers", "openai", "loading", "memory", "lag", "streams", "lanes")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("bash .ci/bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often, for the medians")
    parser.add_argument(
        "--only", choices=PARTS, nargs="*", help="measure these anew, and draw nothing"
    )
    parser.add_argument(
        "--draw", action="store_true", help="draw what was measured last, and measure nothing"
    )
    return parser.parse_args()


def measure(part: str, rounds: int) -> Iterator[Row]:
    """Measure one part, in fresh processes."""
    if part == "readers":
        yield from readers(rounds)
    elif part == "openai":
        yield from against_openai(rounds)
    elif part == "loading":
        with server() as answering:
            yield from loading(answering, rounds)
    elif part == "lanes":
        yield from lanes(rounds)
    else:
        with warm() as (running, answering):
            if part == "memory":
                yield from memory(running, answering)
            else:
                yield from (lag if part == "lag" else streams)(running, answering, rounds)


def main() -> None:
    """Measure what is wanted, a line a figure, then tell the targets and draw the plot."""
    wanted = arguments()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"rows": {}}
    if not wanted.draw:
        rows = _measured(wanted.only or PARTS, wanted.rounds)
        measured = {row.name: asdict(row) for row in rows}
        kept = {"when": _circumstances(), "rows": kept["rows"] | measured}
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(kept))
    if wanted.draw or not wanted.only:
        if missing := [each.row for each in TARGETS if each.row not in kept["rows"]]:
            sys.exit(f"{missing[0]!r} was never measured here; bash .ci/bench measures and draws.")
        from benchmarks.plot import draw  # noqa: PLC0415 - slow to import, while others measure

        draw(kept["when"], {name: Row(**row) for name, row in kept["rows"].items()})


def _measured(parts: Sequence[str], rounds: int) -> list[Row]:
    _tell(_circumstances())
    rows = []
    for part in parts:
        for row in measure(part, rounds):
            rows.append(row)
            _tell(table([row]))
    for name in ("renderer", "events", "words"):
        if sizes := [row for row in rows if row.name.startswith(name) and "bytes" in row.name]:
            dearest = flatness(sizes, "CPU s/MB")
            _tell(f"{name}: the dearest size costs {dearest:.2f} times the cheapest, byte for byte")
    _tell(_circumstances())
    by_name = {row.name: row for row in rows}
    # Of all parts each target's row must be there; of some, some are.
    targets = [each for each in TARGETS if parts == PARTS or each.row in by_name]
    _tell("\n".join(target.said(by_name) for target in targets))
    return rows


def _circumstances() -> str:
    """Tell where and when this is, and how busy the machine is otherwise."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{time.strftime('%d %B %Y')}, {machine}, load {os.getloadavg()[0]:.1f}"


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
