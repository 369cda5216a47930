"""Torture: each await of a request fails in turn, and nothing is left of it."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets.widgets.widget import _instances
from support.catalogue.events import DONE, event
from support.peers import END, HEAD, Visit, chunk, peer
from support.torture import Torture
from traitlets.config import Config

from cromicle_magic.answer import Answer
from cromicle_magic.providers.cromicle import Cromicle
from cromicle_magic.providers.openai import OpenAI
from cromicle_magic.running.follow import follow
from cromicle_magic.views.box import BoxView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cromicle_magic.providers.base import AsyncGeneratorProvider

# A request has some ten awaits; one that never ends would have endless ones.
MOST_AWAITS = 100
PIECES = {"text": ["a ", "b ", "c"], "events": [event("a "), event("b "), event("c"), DONE]}
PROVIDERS: dict[str, type[AsyncGeneratorProvider]] = {"text": Cromicle, "events": OpenAI}
BLOWS = {
    "cancelled": None,
    "reset": ConnectionResetError("torture"),
    "out of memory": MemoryError("torture"),
}


@pytest.fixture(autouse=True, scope="module")
def _shell() -> Iterator[None]:
    """An IPython in this process, for without one nothing can be displayed."""
    # Without a history, which is a file.
    InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    yield
    InteractiveShell.clear_instance()


async def _slowly(visit: Visit) -> None:
    """Answer in pieces that come one by one."""
    kind = "events" if "/v1/" in visit.path else "text"
    await visit.send(HEAD)
    for piece in PIECES[kind]:
        await visit.send(chunk(piece))
        await asyncio.sleep(0.06 if b"slowly" in visit.body else 0.01)
    await visit.send(END)


def _once_refused() -> Any:
    visits = []

    async def script(visit: Visit) -> None:
        visits.append(visit)
        if len(visits) % 2:
            await visit.send(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n")
        else:
            await _slowly(visit)

    return script


async def once(kind: str, url: str, prompt: str, torture: Torture) -> Answer:
    """Ask, and show the answer in a box, while one await fails."""
    asyncio.get_running_loop().set_task_factory(torture)
    answer, view = Answer(), BoxView("alone")
    messages = [{"role": "user", "content": prompt}]
    chunks = PROVIDERS[kind].create_async_generator("", messages, url=url, report=answer.hear)
    view.open(answer)
    answer.begin(chunks)
    with suppress(asyncio.CancelledError, ConnectionResetError, MemoryError):
        await asyncio.get_running_loop().create_task(follow(answer, view))
    if not answer.is_ended:  # as where the cell that follows it fails by itself
        answer.stop()
        await answer.until_end()
    for _ in range(20):  # closing takes some turns of the loop
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return answer


def open_files() -> list[tuple[str, int]]:
    """Give the files that this process holds open; how far they are read tells nothing."""
    return [(file.path, file.fd) for file in psutil.Process().open_files()]


def check_nothing_is_left(port: int, files: list[tuple[str, int]]) -> None:
    """Look for sockets to the server, for files and for widgets."""
    gc.collect()
    assert open_files() == files
    sockets = psutil.Process().net_connections("tcp")
    assert not [each for each in sockets if each.raddr and each.raddr.port == port]
    assert not _instances


@pytest.mark.parametrize("blow", BLOWS)
@pytest.mark.parametrize(
    ("kind", "target"),
    [("text", "Answer._read"), ("events", "Answer._read"), ("text", "follow")],
)
def test_no_await_leaves_anything_behind(kind: str, target: str, blow: str) -> None:
    """No task, no socket, no widget; the answer has ended, with the text that had come."""
    with peer(_slowly) as server:
        struck = torment(kind, target, BLOWS[blow], server.url)
    assert struck >= 3


def test_neither_does_one_of_a_retry() -> None:
    """Also where the pause, or the second request, is cancelled."""
    with peer(_once_refused()) as server:
        assert torment("text", "Answer._read", None, server.url, step=2) >= 3


def torment(kind: str, target: str, error: BaseException | None, url: str, *, step: int = 1) -> int:
    """Strike at each await in turn, until there is none left; give how many were struck."""
    port, files = int(url.rpartition(":")[2]), open_files()
    for struck, at in enumerate(count(1, step)):
        assert at < MOST_AWAITS
        torture = Torture(target, at, error)
        # Who follows looks now and then, so that a quick answer has few awaits of that kind.
        prompt = "slowly" if target == "follow" else "quickly"
        answer = asyncio.run(once(kind, url, prompt, torture))
        check_nothing_is_left(port, files)
        assert answer.state in {"done", "stopped", "failed"}
        assert "a b c".startswith(answer.text)
        assert answer.state != "done" or answer.text == "a b c"
        if not torture.has_struck:
            assert (answer.state, answer.text) == ("done", "a b c")
            return struck
    raise AssertionError
