"""The Stop button in a real JupyterLab, on each kernel, wherever the answer runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from support.environments import interpreter
from support.notebooks import write_notebook
from support.peers import peer
from support.scripts import CELLS, silent

if TYPE_CHECKING:
    from support.browser import Browser
    from support.lab import Lab

SOON_S = 0.3
TIMES = 3


@pytest.mark.parametrize("way", [*CELLS, "background"])
def test_stop_ends_the_stream_at_once(lab: Lab, browser: Browser, each_name: str, way: str) -> None:
    """The best of three clicks counts; the text stays, is marked, and the next cell runs."""
    lab.add_kernel(each_name, interpreter(each_name))
    lasted_s = []
    with peer(silent) as server:
        cell = CELLS.get(way, "%%cromicle --bg {options}\nHi").format(options=f"--url {server.url}")
        name = f"{each_name}-{way}.ipynb"
        write_notebook(
            lab.folder / name,
            ["%load_ext cromicle_magic", *[cell] * TIMES, "print(_cromicle.state)"],
            kernel=each_name,
        )
        page = browser.open(lab, name)
        page.run(0)
        for number in range(1, TIMES + 1):
            page.start(number)
            page.wait_for_text(number, "word")
            page.wait_for_text(number, "streaming")
            start = time.monotonic()
            page.click(number, "Stop")
            assert server.visit(number - 1).gone.wait(10)
            lasted_s.append(time.monotonic() - start)
            page.wait_until_done(number)
            page.wait_for_text(number, "stopped")
        page.run(TIMES + 1)
    assert page.text(TIMES + 1).strip() == "stopped"
    page.close()
    print(f"{each_name}, {way}: {', '.join(f'{lasted:.3f}' for lasted in lasted_s)} s")
    assert min(lasted_s) <= SOON_S
