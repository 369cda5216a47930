"""The README's plot of the benchmark's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from benchmarks.readers import SIZES
from benchmarks.replies import CUTS
from matplotlib.figure import Figure
from support.environments import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.figures import Row

__all__ = ["PICTURE", "draw"]

PICTURE = ROOT / "notebooks" / "benchmark.png"
OURS, FLOOR, LIMIT = "#1f6fb4", "#c4c4c4", "#c0392b"


def draw(when: str, rows: Mapping[str, Row]) -> None:
    """Draw the figures.

    Args:
        when: The date and the machine.
        rows: All rows, by name.
    """
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(12, 8.2), layout="constrained")
        panels = figure.subplots(2, 3)
        paces = [name for name in rows if " at " in name and "answers" not in name]
        _work(panels[0, 0], rows, paces)
        _times(panels[0, 1], rows, paces)
        _traffic(panels[0, 2], rows, paces)
        _lags(panels[1, 0], rows)
        _sizes(panels[1, 1], rows)
        _readers(panels[1, 2], rows)
        figure.suptitle(
            "What a %%cromicle cell costs, beside a bare aiohttp read with one display (the floor)",
            fontsize=12,
        )
        figure.supxlabel(
            f"{when}; medians, chunks of 4 characters. Repeat it: bash .ci/bench", fontsize=9
        )
        figure.savefig(PICTURE, dpi=100)


def _work(axes: Any, rows: Mapping[str, Row], paces: Sequence[str]) -> None:
    values = [rows[name].ratio["CPU s/MB"] for name in paces]
    bars = axes.barh(range(len(paces)), values, color=OURS)
    axes.bar_label(bars, fmt="%.1f", padding=3)
    for place, name in enumerate(paces):
        limit = {"200/s": 2, "full speed": 4}.get(name.split(" at ")[1])
        if limit:
            axes.plot([limit] * 2, [place - 0.45, place + 0.45], color=LIMIT)
    axes.axvline(1, color="grey", linewidth=1)
    _names(axes, paces, "CPU of the kernel, times the floor's\n(red: the target)")


def _times(axes: Any, rows: Mapping[str, Row], paces: Sequence[str]) -> None:
    for shift, figure, colour, label in (
        (-0.2, "first text s", OURS, "first chunk to first text"),
        (0.2, "end s", "#8fbfe6", "last chunk to the cell's end"),
    ):
        values = [rows[name].ours[figure] * 1000 for name in paces]
        places = [place + shift for place in range(len(paces))]
        bars = axes.barh(places, values, height=0.4, color=colour, label=label)
        axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.axvline(240, color=LIMIT, label="target of the first text")
    axes.legend(fontsize=8, loc="lower right")
    _names(axes, paces, "Waiting, ms")


def _traffic(axes: Any, rows: Mapping[str, Row], paces: Sequence[str]) -> None:
    values = [rows[name].ours["iopub bytes/byte"] for name in paces]
    bars = axes.barh(range(len(paces)), values, color=OURS)
    axes.bar_label(bars, fmt="%.1f", padding=3)
    _names(axes, paces, "Bytes to the browser for each byte of the answer")


def _lags(axes: Any, rows: Mapping[str, Row]) -> None:
    names = [name for name in rows if "answers at" in name]
    labels = []
    for place, (name, figure) in enumerate(
        (name, figure) for name in names for figure in ("lag p50 ms", "lag p99 ms")
    ):
        ours, floor = rows[name].ours[figure], rows[name].floor[figure]
        axes.bar(place - 0.2, floor, width=0.4, color=FLOOR, label=None if place else "floor")
        bars = axes.bar(place + 0.2, ours, width=0.4, color=OURS, label=None if place else "ours")
        axes.bar_label(bars, fmt="%.1f")
        labels.append(f"{name.replace(' at ', chr(10))}\n{figure.split()[1]}")
    axes.axhline(50, color=LIMIT, label="target of p99 of 100 answers")
    axes.set_xticks(range(len(labels)), labels)
    axes.set_title("Loop lag while answers stream, ms")
    axes.legend(fontsize=8, loc="upper left")


def _sizes(axes: Any, rows: Mapping[str, Row]) -> None:
    for name, label, mark in (
        ("renderer", "Markdown to safe HTML", "o"),
        ("words", "events to words", "s"),
        ("events", "bytes to events", "^"),
    ):
        speeds = [1 / rows[f"{name}, {size:,} bytes"].ours["CPU s/MB"] for size in SIZES]
        axes.plot(SIZES, speeds, marker=mark, label=label)
    axes.set(
        xscale="log", yscale="log", xlabel="size in bytes", title="By themselves, MB/s of CPU time"
    )
    axes.set_ylim(bottom=0.1)
    axes.legend(fontsize=8)


def _readers(axes: Any, rows: Mapping[str, Row]) -> None:
    for place, cut in enumerate(CUTS):
        row = rows[f"words, {cut}"]
        for shift, figures, colour, label in (
            (-0.2, row.floor, FLOOR, "openai SDK"),
            (0.2, row.ours, OURS, "ours"),
        ):
            bars = axes.bar(
                place + shift,
                1 / figures["CPU s/MB"],
                width=0.4,
                color=colour,
                label=None if place else label,
            )
            axes.bar_label(bars, fmt="%.1f")
    axes.set_xticks(range(len(CUTS)), CUTS)
    axes.set_title("The same events to words, MB/s of CPU time")
    axes.legend(fontsize=8, loc="upper left")


def _names(axes: Any, names: Sequence[str], title: str) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_title(title)
