"""One notebook in one browser tab, driven by verbs a reader would use."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from .browser import Record
    from .lab import Lab

__all__ = ["Latency", "NotebookPage"]

KernelWish = Literal["wanted", "none"]

OPEN_DEADLINE_S: Final = 60.0
RUN_DEADLINE_S: Final = 60.0
# Nothing has changed for this long: the page is done painting.
QUIET_MS: Final = 150
NO_KERNEL: Final = "**/api/sessions*"


@dataclass(frozen=True, slots=True)
class Latency:
    """How long keys waited for their paint, each in milliseconds, ascending."""

    samples_ms: tuple[float, ...]

    def percentile(self, percent: int) -> float:
        """Return the value that `percent` of the keys did not exceed."""
        rank = -(-len(self.samples_ms) * percent // 100)
        return self.samples_ms[max(rank, 1) - 1]

    @property
    def p95_ms(self) -> float:
        """The wait that 19 keys of 20 did not exceed."""
        return self.percentile(95)


@dataclass(frozen=True, slots=True)
class NotebookPage:
    """A notebook as its reader sees it; cells are numbered from 0."""

    page: Page
    lab: Lab
    name: str
    record: Record

    # -- opening ---------------------------------------------------------------
    def arrive(self, kernel: KernelWish = "wanted") -> None:
        """Open the notebook, and wait until it can be worked with."""
        if kernel == "none":
            self.page.route(NO_KERNEL, lambda route: route.abort())
        self.page.goto(self.lab.page_of(self.name), wait_until="commit")
        self._wait_until_open(kernel)

    def reload(self) -> None:
        """Reload the page; the kernel goes on."""
        self.page.reload(wait_until="commit")
        self._wait_until_open("wanted")

    def reopen(self, kernel: Literal["fresh", "none"] = "fresh") -> None:
        """Open the saved file anew, after its kernel has ended."""
        self.leave()
        self.lab.shut_down_kernels()
        self.arrive("none" if kernel == "none" else "wanted")

    def leave(self) -> None:
        """Go to an empty page, so that nothing of this notebook lives on."""
        self.page.unroute_all()
        self.page.goto("about:blank")

    def close(self) -> None:
        """Close the tab; unsaved changes are lost without a question."""
        self.page.close()

    def _wait_until_open(self, kernel: KernelWish) -> None:
        state = {"wanted": "isIdle", "none": "isShown"}[kernel]
        self._wait(f"path => __lab.{state}(path)", self.name, OPEN_DEADLINE_S)
        if kernel == "none":
            self.page.get_by_role("dialog").get_by_role("button").last.click()
        self.settle()

    # -- running ---------------------------------------------------------------
    def run(self, cell: int, *, timeout_s: float = RUN_DEADLINE_S) -> None:
        """Run a cell and wait until it is done and painted."""
        self.start(cell)
        self.wait_until_done(cell, timeout_s=timeout_s)

    def start(self, cell: int) -> None:
        """Run a cell without waiting for its end."""
        self.page.evaluate("([path, n]) => __lab.run(path, n)", [self.name, cell])

    def run_all(self, *, timeout_s: float = RUN_DEADLINE_S) -> None:
        """Run every cell and wait until the last one is done and painted."""
        self.page.evaluate("path => __lab.runAll(path)", self.name)
        self.wait_until_done("all", timeout_s=timeout_s)

    def wait_until_done(
        self, cell: int | Literal["all"], *, timeout_s: float = RUN_DEADLINE_S
    ) -> None:
        """Return once the kernel has finished what `start` began."""
        self._wait("n => __lab.done[n]", cell, timeout_s)
        self.settle()

    def interrupt(self) -> None:
        """Interrupt the kernel, as the square in the toolbar does."""
        self.page.evaluate("path => __lab.kernel(path).interrupt()", self.name)

    def wait_until_idle(self, *, timeout_s: float = RUN_DEADLINE_S) -> None:
        """Return once the kernel has nothing to do."""
        self._wait("path => __lab.isIdle(path)", self.name, timeout_s)

    # -- writing ---------------------------------------------------------------
    def type_in(self, cell: int, text: str, *, delay_ms: float = 0) -> None:
        """Type at the end of a cell, key by key."""
        self._editor(cell).click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text, delay=delay_ms)

    def look_at(self, cell: int) -> None:
        """Bring the notebook to the front and a cell into sight: only then is it drawn for sure."""
        self.page.evaluate("([path, n]) => __lab.select(path, n)", [self.name, cell])

    def source(self, cell: int) -> str:
        """Return what stands in a cell."""
        script = "([path, n]) => __lab.cell(path, n).model.sharedModel.getSource()"
        return str(self.page.evaluate(script, [self.name, cell]))

    def save(self) -> Path:
        """Save the notebook and return its file."""
        self.page.evaluate("path => __lab.panel(path).context.save()", self.name)
        return self.lab.folder / self.name

    def click(self, cell: int, button: str) -> None:
        """Click the button of this accessible name in a cell's output."""
        self.output(cell).get_by_role("button", name=button, exact=True).click()

    def use_theme(self, theme: Literal["light", "dark"]) -> None:
        """Switch the theme and wait for its colours."""
        name = f"JupyterLab {theme.title()}"
        self.page.evaluate(
            "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name
        )
        self._wait("theme => document.body.dataset.jpThemeName === theme", name, RUN_DEADLINE_S)
        self.settle()

    # -- reading ---------------------------------------------------------------
    def output(self, cell: int) -> Locator:
        """Return a cell's output area."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-Cell-outputArea")

    def text(self, cell: int) -> str:
        """Return the text a cell's output shows."""
        script = "([path, n]) => __lab.outputNodes(path, n).map(each => each.innerText).join('\\n')"
        return str(self.page.evaluate(script, [self.name, cell]))

    def html(self, cell: int) -> str:
        """Return the HTML of a cell's output as the browser holds it."""
        return "\n".join(self.htmls(cell))

    def htmls(self, cell: int) -> list[str]:
        """Return the HTML of each output of a cell."""
        script = "([path, n]) => __lab.outputNodes(path, n).map(each => each.innerHTML)"
        return [str(html) for html in self.page.evaluate(script, [self.name, cell])]

    def wait_for_text(self, cell: int, text: str, *, timeout_s: float = RUN_DEADLINE_S) -> None:
        """Return once a cell's output shows `text`."""
        self._wait(
            "([path, n, text]) => __lab.outputs(path, n).innerText.includes(text)",
            [self.name, cell, text],
            timeout_s,
        )

    def wait_for_outputs(self, cell: int, count: int) -> None:
        """Return once a cell shows so many outputs."""
        self._wait(
            "([path, n, count]) => __lab.outputNodes(path, n).length === count",
            [self.name, cell, count],
            RUN_DEADLINE_S,
        )

    def is_trusted(self, cell: int) -> bool:
        """Say whether JupyterLab trusts a cell's outputs."""
        return bool(
            self.page.evaluate(
                "([path, n]) => __lab.cell(path, n).model.trusted", [self.name, cell]
            )
        )

    def screenshot(self, path: Path, *, cell: int | None = None) -> Path:
        """Save a picture of a cell, or of the page."""
        if cell is None:
            self.page.screenshot(path=path)
        else:
            self.page.locator(".jp-Notebook .jp-Cell").nth(cell).screenshot(path=path)
        return path

    def settle(self) -> None:
        """Return once nothing on the page changes any more."""
        self.page.evaluate("ms => __lab.settle(ms)", QUIET_MS)

    # -- measuring -------------------------------------------------------------
    def typing_latency(self, cell: int, text: str, *, delay_ms: float = 40) -> Latency:
        """Type `text` in a cell and return how long each key waited for its paint."""
        self._editor(cell).click()
        self.page.evaluate("() => { __lab.typing = true; __lab.latencies.length = 0; }")
        self.page.keyboard.type(text, delay=delay_ms)
        self._wait("count => __lab.latencies.length >= count", len(text), RUN_DEADLINE_S)
        samples = self.page.evaluate("() => { __lab.typing = null; return __lab.latencies; }")
        return Latency(tuple(sorted(float(sample) for sample in samples)))

    @contextlib.contextmanager
    def freezes(self) -> Iterator[list[float]]:
        """Collect in the list yielded, at the end, the longest standstill in ms."""
        longest: list[float] = []
        self.page.evaluate("() => __lab.watchFreezes()")
        yield longest
        longest.append(float(self.page.evaluate("() => __lab.longestFreeze()")))

    def watch_for(self, cell: int, text: str) -> None:
        """Begin to look out for the first paint of `text` in a cell's output."""
        self.page.evaluate(
            "([path, n, text]) => __lab.watchFor(path, n, text)", [self.name, cell, text]
        )

    def painted_at(self, text: str, *, timeout_s: float = RUN_DEADLINE_S) -> float:
        """Return when a text watched for was painted, in seconds as time.time()."""
        self._wait("text => __lab.painted[text]", text, timeout_s)
        return float(self.page.evaluate("text => __lab.painted[text]", text))

    # -- below -----------------------------------------------------------------
    def _editor(self, cell: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".cm-content")

    def _wait(self, condition: str, about: object, timeout_s: float) -> None:
        self.page.wait_for_function(condition, arg=about, timeout=timeout_s * 1_000)
