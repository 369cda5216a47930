"""Many texts hung in one notebook, and a look at what they did to the page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from corpus.hostile import case_in, macro_of

from .notebooks import code, write_notebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from corpus.hostile import Hostile
    from playwright.sync_api import Page

    from .browser import Record
    from .lab import Lab
    from .notebooks import Bundle
    from .page import NotebookPage

__all__ = [
    "Finding",
    "attach",
    "examine",
    "export",
    "findings",
    "hang",
    "hang_saved",
    "inspect",
    "skeletons",
]

# (name of the case or an address nobody claims, what it did)
Finding = tuple[str, str]

PER_CELL: Final = 100
PER_BATCH: Final = 100
EXPORT_DEADLINE_S: Final = 60
SHOW: Final = """
import json
from IPython.display import display
for bundle in json.load(open({file!r}, encoding='utf-8'))[{start}:{stop}]:
    display(bundle, raw=True)
"""


def hang(lab: Lab, name: str, cases: Sequence[Hostile], bundles: Sequence[Bundle]) -> list[int]:
    """Write a notebook whose cells show `bundles` when run; return the cells in order.

    The cases that ruin the page come last, each in a cell of its own, and
    the formulas that betray a leaked macro in the cell before them.
    """
    tame = [bundle for case, bundle in zip(cases, bundles, strict=True) if not case.alone]
    wild = [bundle for case, bundle in zip(cases, bundles, strict=True) if case.alone]
    shown = [*tame, *probes(cases), *wild]
    file = lab.folder / f"{name}.json"
    file.write_text(json.dumps(shown), encoding="utf-8")
    last = len(shown) - len(wild)
    starts = [*range(0, last, PER_CELL), *range(last, len(shown))]
    sources = [
        SHOW.format(file=str(file), start=start, stop=stop)
        for start, stop in zip(starts, [*starts[1:], len(shown)], strict=True)
    ]
    write_notebook(lab.folder / name, sources)
    return list(range(len(sources)))


def hang_saved(path: Path, cases: Sequence[Hostile], bundles: Sequence[Bundle]) -> None:
    """Write a notebook that holds `bundles` as outputs of runs nobody here saw."""
    write_notebook(path, [code("saved", [*bundles, *probes(cases)])])


def probes(cases: Iterable[Hostile]) -> list[Bundle]:
    """Return formulas that are errors as long as no case has defined their macros."""
    return [probe(case.name) for case in cases if case.leaks]


def probe(name: str) -> Bundle:
    """Return the formula that uses the macro of the case `name`."""
    return {"text/html": f'<p class="probe" data-case="{name}">$\\{macro_of(name)}$</p>'}


def findings(page: Page, record: Record, cases: Sequence[Hostile]) -> set[Finding]:
    """Return what the texts on the page did, untouched and then touched."""
    by_itself = {(name, "ran") for name in executed(page)}
    marks = {
        (str(name), str(kind))
        for name, kind in page.evaluate("cases => __lab.canaries(cases)", plain(cases))
    }
    fetched = {(case_in(address) or address, "fetched") for address in record.strayed}
    page.evaluate("() => { __lab.touch(); return __lab.settle(100); }")
    touched = {
        (name, "ran when touched") for name in executed(page) if (name, "ran") not in by_itself
    }
    later = {(case_in(address) or address, "fetched when touched") for address in record.strayed}
    late = {finding for finding in later if (finding[0], "fetched") not in fetched}
    return by_itself | marks | fetched | touched | late


def executed(page: Page) -> set[str]:
    """Return the cases that ran script, in whichever frame."""
    names: set[str] = set()
    for frame in page.frames:
        names.update(str(name) for name in frame.evaluate("() => self.__pwned ?? []"))
    return names


def plain(cases: Iterable[Hostile]) -> list[dict[str, object]]:
    """Return the cases as the page's script takes them."""
    return [{key: value for key, value in asdict(case).items() if key != "text"} for case in cases]


def export(*notebooks: Path) -> None:
    """Let `nbconvert --to html` put a page beside each notebook."""
    subprocess.run(
        [
            sys.executable,
            "-m",
            "nbconvert",
            "--to",
            "html",
            "--log-level",
            "ERROR",
            *map(str, notebooks),
        ],
        check=True,
        timeout=EXPORT_DEADLINE_S,
    )


def skeletons(htmls: Iterable[str]) -> Iterator[str]:
    """Return of equal constructions one each, whatever stands between tags but math."""
    seen: set[str] = set()
    for html in htmls:
        bare = re.sub(r"(?<=>)[^<>$\\]+(?=<)|^[^<>$\\]+$", "", html)
        if bare not in seen:
            seen.add(bare)
            yield html


def examine(page: NotebookPage, htmls: Sequence[str]) -> list[str]:
    """Return the features of `htmls` that only a hostile text has a use for; nothing runs."""
    found = page.page.evaluate("htmls => htmls.flatMap(html => __lab.examine(html))", list(htmls))
    return [str(feature) for feature in found]


def inspect(page: Page) -> list[str]:
    """Return such features of all outputs on the page, as the frontend has made them."""
    return [str(feature) for feature in page.evaluate("() => __lab.inspect()")]


def attach(page: NotebookPage, htmls: Sequence[str]) -> None:
    """Show each of `htmls` for a moment as a trusted output, and touch it."""
    for start in range(0, len(htmls), PER_BATCH):
        batch = list(htmls[start : start + PER_BATCH])
        page.page.evaluate("([path, htmls]) => __lab.attach(path, htmls)", [page.name, batch])
