"""The README's plot of the benchmark's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from benchmarks.figures import TARGETS
from benchmarks.readers import SIZES
from benchmarks.replies import CUTS
from benchmarks.server import CHUNK_CHARS
from benchmarks.streams import PACES
from matplotlib.figure import Figure
from support.environments import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.figures import Row

__all__ = ["PICTURE", "draw"]

PICTURE = ROOT / "notebooks" / "benchmark.png"
OURS, PALE, FLOOR, LIMIT = "#1f6fb4", "#8fbfe6", "#c4c4c4", "#c0392b"
FIRST_TEXT_MS, LAG_MS = (
    next(target.most * scale for target in TARGETS if target.figure == figure)
    for figure, scale in (("first text s", 1000), ("lag p99 ms", 1))
)

_TITLE = (
    "What a %%cromicle cell costs, beside a bare aiohttp read that shows its bytes once (the floor)"
)


def draw(when: str, rows: Mapping[str, Row]) -> None:
    """Draw the figures.

    Args:
        when: The date and the machine.
        rows: All rows, by name.
    """
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(12, 9), layout="constrained")
        above, below = figure.subfigures(2, 1, height_ratios=(1.3, 1))
        paces = [pace.name for pace in PACES]
        work, waiting, traffic = above.subplots(1, 3, sharey=True)
        _work(work, rows, paces)
        _waiting(waiting, rows, paces)
        _traffic(traffic, rows, paces)
        work.set_yticks(range(len(paces)), paces)
        work.invert_yaxis()
        work.set_ylabel("characters, at chunks a second")
        lags, sizes, readers = below.subplots(1, 3)
        _lags(lags, rows)
        _sizes(sizes, rows)
        _readers(readers, rows)
        above.suptitle(_TITLE, fontsize=12)
        below.supxlabel(_note(when, rows), fontsize=9)
        figure.savefig(PICTURE, dpi=100)


def _note(when: str, rows: Mapping[str, Row]) -> str:
    load_ms = rows["%load_ext"].ours["CPU ms"]
    return (
        f"Medians; chunks of {CHUNK_CHARS} characters; Cromicle's protocol where none is said. "
        f"%load_ext takes {load_ms:.1f} ms of CPU.\n{when}. Repeat it: bash .ci/bench"
    )


def _work(axes: Any, rows: Mapping[str, Row], paces: Sequence[str]) -> None:
    values = [rows[name].ratio["CPU s/MB"] for name in paces]
    bars = axes.barh(range(len(paces)), values, color=OURS)
    axes.bar_label(bars, fmt="%.1f", padding=3)
    limits = {target.row: target.most for target in TARGETS if target.figure == "CPU s/MB"}
    for place, name in enumerate(paces):
        if name in limits:
            axes.plot([limits[name]] * 2, [place - 0.45, place + 0.45], color=LIMIT)
    axes.axvline(1, color="grey", linewidth=1)
    axes.set_title("The kernel's CPU, in times the floor's\n(red: at most)")


def _waiting(axes: Any, rows: Mapping[str, Row], paces: Sequence[str]) -> None:
    for shift, figure, colour, label in (
        (-0.2, "first text s", OURS, "first chunk to first text"),
        (0.2, "end s", PALE, "last chunk to the cell's end"),
    ):
        values = [rows[name].ours[figure] * 1000 for name in paces]
        places = [place + shift for place in range(len(paces))]
        bars = axes.barh(places, values, height=0.4, color=colour, label=label)
        axes.bar_label(bars, fmt="%.0f", padding=3, fontsize=7)
    axes.axvline(FIRST_TEXT_MS, color=LIMIT, label="first text: at most")
    axes.set_xscale("log")
    axes.set_xlim(left=1)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.15)
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.06))
    axes.set_title("Waiting, ms")


def _traffic(axes: Any, rows: Mapping[str, Row], paces: Sequence[str]) -> None:
    values = [rows[name].ours["iopub bytes/byte"] for name in paces]
    bars = axes.barh(range(len(paces)), values, color=OURS)
    axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.set_title("Bytes to the browser\nfor each byte of the answer")


def _lags(axes: Any, rows: Mapping[str, Row]) -> None:
    bars = [
        (f"{name.replace(' answers at ', ' × ')}\n{part}", rows[name], f"lag {part} ms")
        for name in rows
        if "answers at" in name
        for part in ("p50", "p99")
    ]
    for shift, kind, colour in ((-0.2, "floor", FLOOR), (0.2, "ours", OURS)):
        values = [getattr(row, kind)[figure] for _, row, figure in bars]
        places = [place + shift for place in range(len(bars))]
        drawn = axes.bar(places, values, width=0.4, color=colour, label=kind)
        axes.bar_label(drawn, fmt="%.1f", fontsize=8)
    axes.axhline(LAG_MS, color=LIMIT, label="p99 of 100: at most")
    axes.set_xticks(range(len(bars)), [label for label, _, _ in bars])
    axes.margins(y=0.3)
    axes.legend(fontsize=8, loc="upper left", ncols=3)
    axes.set_title("How late the loop is, ms,\nwhile many answers stream at once")


def _sizes(axes: Any, rows: Mapping[str, Row]) -> None:
    for name, label in (
        ("renderer", "Markdown to safe HTML"),
        ("words", "events to words"),
        ("events", "bytes to events"),
    ):
        speeds = [1 / rows[f"{name}, {size:,} bytes"].ours["CPU s/MB"] for size in SIZES]
        axes.plot(SIZES, speeds, marker="o", color=OURS)
        axes.annotate(label, (SIZES[0], speeds[0]), xytext=(4, 7), textcoords="offset points")
    axes.set(xscale="log", yscale="log", xlabel="size in bytes", ylim=(0.1, 2_000))
    axes.set_title("Each by itself, MB a second of CPU time,\nwhatever the size")


def _readers(axes: Any, rows: Mapping[str, Row]) -> None:
    compared = [rows[f"words, {how}"] for how in CUTS]
    for shift, kind, colour, label in (
        (-0.2, "floor", FLOOR, "openai SDK"),
        (0.2, "ours", OURS, "ours"),
    ):
        values = [1 / getattr(row, kind)["CPU s/MB"] for row in compared]
        places = [place + shift for place in range(len(CUTS))]
        bars = axes.bar(places, values, width=0.4, color=colour, label=label)
        axes.bar_label(bars, fmt="%.1f")
    axes.set_xticks(range(len(CUTS)), CUTS)
    axes.margins(y=0.25)
    axes.legend(fontsize=8, loc="upper left", ncols=2)
    axes.set_title("The same events to words,\nMB a second of CPU time")
