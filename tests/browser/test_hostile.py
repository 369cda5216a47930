"""No hostile text runs, fetches, restyles, shadows, leaks or commands, however it is shown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest
from corpus.hostile import hostile_texts
from support.gallery import attach, examine, export, findings, hang, hang_saved, inspect, skeletons
from support.notebooks import copy_as_stranger, write_notebook
from support.peers import END, HEAD, Visit, chunk, peer
from support.static import served

from cromicle_magic.answer import Answer
from cromicle_magic.views.layout import Layout, fold
from cromicle_magic.views.static import bundle
from cromicle_magic.views.status import footer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from support.browser import Browser
    from support.lab import Lab
    from support.notebooks import Bundle
    from support.page import NotebookPage

CASES: Final = hostile_texts()
# A text longer than this is streamed in as many larger pieces, or it would take minutes.
STREAMED_CHARS: Final = 1_000
# What a page shown raw did when this was written, less a tenth for another Chromium.
BITES: Final = {
    "text/html": {"ran": 82, "ran when touched": 20, "fetched": 41, "armed": 8, "leaked": 3},
    "text/markdown": {"ran": 67, "ran when touched": 20, "fetched": 45, "armed": 17, "leaked": 3},
}
BITES_ANYHOW: Final = {"clobbered": 9, "commanded": 3, "covered": 3, "styled": 3}


def publish(text: str) -> Bundle:
    """Return what is shown, and saved, for a whole answer, with names as foreign as the text."""
    answer = Answer(engine=text[:200], model=text[-200:])
    layout = Layout()
    layout.add(fold(text))
    layout.feed(text)
    layout.finish(answer, never)
    return bundle(layout.whole(), footer(answer))


def states(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the HTML on the screen after each piece of an answer."""
    layout = Layout()
    for piece in pieces:
        layout.feed(piece)
        layout.lay_out(never)
        yield layout.live()


def never() -> bool:
    """Tell that there is time enough."""
    return False


def cut(text: str, chars: int) -> list[str]:
    """Return `text` in pieces of `chars`, or larger ones where it is long."""
    size = max(chars, len(text) * chars // STREAMED_CHARS)
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.fixture(scope="module")
def shown(lab: Lab, browser: Browser) -> Iterator[NotebookPage]:
    """Yield a page in which every hostile text has just been published."""
    cells = hang(lab, "hostile.ipynb", CASES, [publish(case.text) for case in CASES])
    page = browser.open(lab, "hostile.ipynb")
    page.page.evaluate("() => __lab.addCommand()")
    for cell in cells:
        page.run(cell)
    yield page
    page.close()


@pytest.mark.parametrize("mimetype", BITES)
def test_the_corpus_bites(lab: Lab, browser: Browser, mimetype: str) -> None:
    """Shown raw, many of the texts win: there is something to be found."""
    cells = hang(lab, "raw.ipynb", CASES, [{mimetype: case.text} for case in CASES])
    page = browser.open(lab, "raw.ipynb")
    page.page.evaluate("() => __lab.addCommand()")
    for cell in cells:
        page.run(cell)
    counted = Counter(kind for _, kind in findings(page.page, page.record, CASES))
    page.close()
    print(mimetype, dict(counted))
    assert {
        kind: counted[kind]
        for kind, least in (BITES[mimetype] | BITES_ANYHOW).items()
        if counted[kind] < least
    } == {}


def test_nothing_wins_in_a_cell_just_run(shown: NotebookPage) -> None:
    """JupyterLab trusts what was just run, so the package alone holds the line."""
    assert findings(shown.page, shown.record, CASES) == set()


def test_nothing_live_is_left(shown: NotebookPage) -> None:
    """No element, attribute or address an attack needs is in what is published, or made of it."""
    assert inspect(shown.page) == []
    assert examine(shown, [publish(case.text)["text/html"] for case in CASES]) == []


def test_every_text_can_be_read(shown: NotebookPage) -> None:
    """Harmless does not mean hidden: each text has an output of its own."""
    outputs = [output for cell in range(4) for output in shown.htmls(cell)]
    assert len(outputs) >= len(CASES)
    assert all(outputs)


def test_nothing_wins_when_reopened(shown: NotebookPage, lab: Lab, browser: Browser) -> None:
    """A saved notebook, trusted or from a stranger, stays as harmless as the cell was."""
    saved = shown.save()
    copy_as_stranger(saved, lab.folder / "stranger.ipynb")
    for name, trusted in ((saved.name, True), ("stranger.ipynb", False)):
        page = browser.open(lab, name)
        assert page.is_trusted(0) is trusted
        page.page.evaluate("() => __lab.addCommand()")
        assert findings(page.page, page.record, CASES) == set()
        page.close()


def test_nothing_wins_in_an_export(browser: Browser, tmp_path: Path) -> None:
    """The page nbconvert makes asks for nothing that it doesn't ask for with a harmless text."""
    hang_saved(tmp_path / "calm.ipynb", (), [publish("a harmless text")])
    hang_saved(tmp_path / "all.ipynb", CASES, [publish(case.text) for case in CASES])
    export(tmp_path / "calm.ipynb", tmp_path / "all.ipynb")
    with served(tmp_path) as address:
        calm, baseline = browser.open_page(f"{address}/calm.html")
        page, record = browser.open_page(f"{address}/all.html")
        found = findings(page, record, CASES)
    wanted = {(url, "fetched") for url in baseline.strayed}
    calm.close()
    page.close()
    assert found - wanted == set()


@pytest.mark.parametrize("chars", [1, 3])
def test_nothing_wins_while_it_streams(shown: NotebookPage, chars: int) -> None:
    """No prefix of any text is live, in whatever pieces it came."""
    screens = list(skeletons(screen for case in CASES for screen in states(cut(case.text, chars))))
    print(chars, len(screens))
    assert examine(shown, screens) == []
    attach(shown, screens)
    assert findings(shown.page, shown.record, CASES) == set()


THROUGH = """
%load_ext cromicle_magic
for number in range(0, {count}, {step}):
    get_ipython().run_cell_magic("cromicle", "--no-history --url {url}", str(number))
"""


def test_nothing_wins_through_the_magic(lab: Lab, browser: Browser) -> None:
    """A sample streamed by a real server into real cells, three characters a chunk."""

    async def script(visit: Visit) -> None:
        data = CASES[int(visit.message)].text[:STREAMED_CHARS].encode("utf-8", "replace")
        pieces = (chunk(data[at : at + 3]) for at in range(0, len(data), 3))
        await visit.send(HEAD, *pieces, END)

    with peer(script) as server:
        source = THROUGH.format(count=len(CASES), step=7, url=server.url)
        write_notebook(lab.folder / "magic.ipynb", [source])
        page = browser.open(lab, "magic.ipynb")
        page.page.evaluate("() => __lab.addCommand()")
        page.run(0)
        assert len(server.visits) == len(CASES[::7])
    assert findings(page.page, page.record, CASES) == set()
    assert inspect(page.page) == []
    page.close()
