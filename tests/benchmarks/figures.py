"""Figures: ours beside the floor's, as medians of several rounds, and the targets for them."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["TARGETS", "Figures", "Row", "Target", "flatness", "row", "table"]

# What was measured once, by name; each name ends in its unit where it has one.
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the benchmark.

    Attributes:
        name: What was measured.
        ours: The medians.
        floor: The medians of what it is compared with, measured in turn with ours.
        ratio: The medians of ours over the floor, round by round.
        rounds: How many rounds there were.
    """

    name: str
    ours: Figures
    floor: Figures
    ratio: Figures
    rounds: int


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure must keep to.

    Attributes:
        row: The row's name.
        kind: Whose figure: "ours", "floor" or "ratio".
        figure: Its name.
        most: The largest value that will do.
        why: The target in words.
    """

    row: str
    kind: str
    figure: str
    most: float
    why: str

    def said(self, rows: Mapping[str, Row]) -> str:
        """Say whether it is kept, in a line."""
        value = getattr(rows[self.row], self.kind)[self.figure]
        verdict = "kept  " if value <= self.most else "MISSED"
        return f"{verdict} {self.row}: {self.figure} {value:.3g}, {self.why}"


_PACES = ("2,000 at full speed", "20,000 at full speed", "200,000 at full speed")
_SLOW = ("2,000 at 200/s", "20,000 at 200/s")
TARGETS = (
    *(
        Target(name, "ours", "first text s", 0.24, "two repaint intervals, 0.24, at most")
        for name in (*_SLOW, *_PACES)
    ),
    *(Target(name, "ratio", "CPU s/MB", 2, "2 times the floor at most") for name in _SLOW),
    *(Target(name, "ratio", "CPU s/MB", 4, "4 times the floor at most") for name in _PACES),
    Target("%load_ext", "ours", "CPU ms", 10, "10 ms at most"),
    Target("words, an event a read", "ratio", "CPU s/MB", 0.2, "a fifth of the SDK's at most"),
    Target("words, 64 KiB a read", "ratio", "CPU s/MB", 0.2, "a fifth of the SDK's at most"),
    Target("100 answers at 20/s", "ours", "lag p99 ms", 50, "50 ms at most"),
)


def row(name: str, rounds: Sequence[tuple[Figures, Figures]]) -> Row:
    """Make a row of what was measured.

    Args:
        name: What was measured.
        rounds: For each round ours and the floor's.
    """
    ours, floor = ([pair[place] for pair in rounds] for place in (0, 1))
    ratios = [
        {key: mine[key] / bare[key] for key in mine if bare.get(key, 0) > 0}
        for mine, bare in rounds
    ]
    return Row(name, _medians(ours), _medians(floor), _medians(ratios), len(rounds))


def flatness(rows: Sequence[Row], figure: str) -> float:
    """Give the largest of a figure over the smallest, among rows of several sizes."""
    values = [each.ours[figure] for each in rows]
    return max(values) / min(values)


def table(rows: Sequence[Row]) -> str:
    """Give rows as lines of plain text, a figure a line: ours, the floor's, and their ratio."""
    lines = []
    for each in rows:
        lines.append(f"{each.name} ({each.rounds} rounds)")
        for key, value in each.ours.items():
            line = f"    {key:24} {value:10.4g}"
            if key in each.floor:
                line += f"   floor {each.floor[key]:10.4g}"
            if key in each.ratio:
                line += f"   ratio {each.ratio[key]:8.2f}"
            lines.append(line)
    return "\n".join(lines)


def _medians(rounds: Sequence[Figures]) -> Figures:
    keys = [key for key in rounds[0] if all(key in figures for figures in rounds)]
    return {key: statistics.median(figures[key] for figures in rounds) for key in keys}
