"""Code inserted in a real JupyterLab: below its cell, once that has ended, and not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.notebooks import write_notebook
from support.peers import peer, whole

if TYPE_CHECKING:
    from support.browser import Browser
    from support.lab import Lab

LOAD = "from cromicle_magic.kernel.insertion import insert; s = get_ipython()"
AWAITED = (
    "import asyncio\nawait asyncio.sleep(0.1)\nprint(insert(s, 'made = 1', 'alone'))\n"
    "print(insert(s, 'by_us = 2', 'alone'))"
)
LAST = "print('made' in globals())"


def test_it_comes_below_its_cell_and_is_not_run(lab: Lab, browser: Browser) -> None:
    """Also in a Run All, which goes on with the reader's own cells."""
    write_notebook(lab.folder / "insertion.ipynb", [LOAD, AWAITED, "1", LAST])
    page = browser.open(lab, "insertion.ipynb")
    page.run_all()
    page.wait_for_text(4, "False")
    assert page.text(1).split("\n")[:2] == ["a new cell below"] * 2
    assert page.source(2) == "made = 1\n\nby_us = 2"
    assert page.text(2) == ""
    assert page.source(3) == "1"
    page.run(2)
    page.run(4)
    assert page.text(4).strip() == "True"
    page.close()


def test_a_prompt_cell_offers_its_code_there(lab: Lab, browser: Browser) -> None:
    """Its last line says so; a cell run again sends what it sent, though there is one below now."""
    with peer(whole("Try:\n```python\nmade = 1\n```\n")) as server:
        line = f"--url {server.url}"
        cells = [f"%%cromicle {line} --insert\none", f"%%cromicle {line}\ntwo", LAST]
        write_notebook(lab.folder / "offer.ipynb", ["%load_ext cromicle_magic", *cells])
        page = browser.open(lab, "offer.ipynb")
        page.run_all()
        assert page.source(2) == "made = 1"
        assert "put into a new cell below, not run · its syntax is valid" in page.text(1)
        assert "sent with 1 earlier turn" in page.text(3)
        assert page.text(4).strip() == "False"
        page.run(1)
        page.run(4)
        assert [visit.message.count("User:") for visit in server.visits] == [0, 2, 0, 2]
        assert server.visits[3].message == server.visits[1].message
        page.close()
