"""A real Chromium that can reach this machine only and remembers what it asked for."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from .page import NotebookPage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import (
        BrowserContext,
        ConsoleMessage,
        Dialog,
        Page,
        Route,
        ViewportSize,
    )

    from .lab import Lab

__all__ = ["Browser", "Record", "running_browser"]

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM: Final = next(filter(None, map(which, NAMES)), "chromium")
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Names resolve to nothing, so that even a preconnect stays at home.
NOWHERE: Final = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
WATCH_JS: Final = (Path(__file__).parent / "watch.js").read_text(encoding="utf-8")
ELSEWHERE: Final = re.compile(
    r"^(?!(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|about:)", re.IGNORECASE
)
VIEW: Final[ViewportSize] = {"width": 1280, "height": 900}


@dataclass(slots=True)
class Record:
    """What a page and its popups attempted and complained about, in order."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def strayed(self) -> list[str]:
        """The addresses, other than this machine's, that a page tried to reach."""
        return [address for address in self.requests if ELSEWHERE.match(address)]

    @property
    def strange_hosts(self) -> set[str]:
        """The hosts among `strayed`."""
        return {urlsplit(address).hostname or "" for address in self.strayed}


@dataclass(frozen=True, slots=True)
class Browser:
    """One Chromium; its pages share a cache (a second opening takes half the time)."""

    context: BrowserContext

    def open(
        self, lab: Lab, name: str, *, kernel: Literal["wanted", "none"] = "wanted"
    ) -> NotebookPage:
        """Show the notebook `name` and return once its kernel is idle.

        With kernel="none" the page refuses to start one, as when the kernel
        that made the notebook isn't installed here.
        """
        page, record = self.new_page()
        shown = NotebookPage(page, lab, name, record)
        shown.arrive(kernel)
        return shown

    def open_page(self, address: str) -> tuple[Page, Record]:
        """Open any page of this machine, and wait until it has loaded."""
        page, record = self.new_page()
        page.goto(address, wait_until="load")
        return page, record

    def new_page(self) -> tuple[Page, Record]:
        """Return an empty page and the record of what it will do."""
        page, record = self.context.new_page(), Record()
        listen(page, record)
        return page, record


@contextlib.contextmanager
def running_browser(*names: str) -> Iterator[Browser]:
    """Start Chromium, and end it with all its pages.

    Host names that are given resolve to this machine, as one does that an attacker rebinds.

    While it runs, Playwright's own event loop counts as running in this
    thread: asyncio.run() refuses to start. Keep such tests out of its scope.
    """
    with sync_playwright() as playwright:
        rules = ", ".join([*(f"MAP {name} 127.0.0.1" for name in names), NOWHERE])
        flags = [*FLAGS, f"--host-resolver-rules={rules}"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        try:
            context = chromium.new_context(viewport=VIEW, service_workers="block")
            context.add_init_script(WATCH_JS)
            context.route(partial(is_elsewhere, names), refuse)
            yield Browser(context)
        finally:
            chromium.close()


def is_elsewhere(names: tuple[str, ...], address: str) -> bool:
    """Tell whether a page's request would leave this machine, but for the names given."""
    return bool(ELSEWHERE.match(address)) and urlsplit(address).hostname not in names


def refuse(route: Route) -> None:
    """Let no request leave; a navigation gets "no content", which keeps the page."""
    if route.request.is_navigation_request():
        route.fulfill(status=204)
    else:
        route.abort("blockedbyclient")


def listen(page: Page, record: Record) -> None:
    """Write into `record` what `page` does, and the windows it opens."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            record.errors.append(message.text)

    def on_dialog(dialog: Dialog) -> None:
        record.dialogs.append(f"{dialog.type}: {dialog.message}")
        dialog.accept()

    page.on("request", lambda request: record.requests.append(request.url))
    page.on("websocket", lambda socket: record.requests.append(socket.url))
    page.on("console", on_console)
    page.on("pageerror", lambda error: record.errors.append(str(error)))
    page.on("dialog", on_dialog)
    page.on("popup", lambda popup: listen(popup, record))
