"""Prompts from Python: ask and stream, many at once, and cancelled like any coroutine."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest
from support.catalogue.connections import AT_LEISURE
from support.peers import END, HEAD, Visit, chunk, peer, whole
from support.scripts import drip, silent

from cromicle_magic import ask, stream
from cromicle_magic.errors import ConnectError, DeadlineError, SettingError

if TYPE_CHECKING:
    from pathlib import Path

    from support.peers import Peer


def test_a_model_that_nobody_runs_is_told() -> None:
    """The built-in responder has none, whatever was asked for."""
    answer = asyncio.run(ask("Hi", engine="offline", model="llama3.2"))
    assert answer.notice == "not by llama3.2, for no engine answers"
    assert not asyncio.run(ask("Hi", engine="offline")).notice


def test_ask_gives_an_answer() -> None:
    """Whole, with its engine and its times; the thinking is apart."""
    with peer(whole("<think>hm</think>text")) as server:
        answer = asyncio.run(ask("Hello", url=server.url, system="be brief", model="m"))
        assert server.visit().message == "System: be brief\nUser: Hello\nAssistant:"
    assert (answer.text, answer.state, answer.reasoning) == ("text", "done", "hm")
    # The protocol has no place for a model: the server chooses.
    assert (answer.engine, answer.model) == (server.url, "")


def test_stream_gives_the_pieces() -> None:
    """Each when it comes; joined they are the answer."""

    async def main() -> list[str]:
        return [piece async for piece in stream("Hello")]

    assert "".join(asyncio.run(main())).startswith("**No model is connected**")


def test_many_at_once_are_apart() -> None:
    """Under gather each gets its own answer."""

    async def echo(visit: Visit) -> None:
        await visit.send(HEAD)
        for letter in visit.message:
            await visit.send(chunk(letter))
            await asyncio.sleep(0)
        await visit.send(END)

    async def main(url: str) -> list[str]:
        answers = await asyncio.gather(*(ask(f"prompt {n}", url=url) for n in range(50)))
        return [answer.text for answer in answers]

    with peer(echo) as server:
        assert asyncio.run(main(server.url)) == [f"prompt {n}" for n in range(50)]


def test_cancelled_it_closes_the_connection() -> None:
    """While it waits, in mid-stream, and left early."""

    async def main(server: Peer) -> None:
        asking = asyncio.ensure_future(ask("Hello", url=server.url))
        await asyncio.to_thread(server.visit)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asking, 0.2)
        async with aclosing(stream("Hello", url=server.url)) as pieces:
            assert (await anext(pieces)).startswith("word ")

    for script in (drip, silent):
        with peer(script) as server:
            asyncio.run(main(server))
            assert server.visit(0).gone.wait(5)
            assert server.visit(1).gone.wait(5)


def test_what_goes_wrong_is_one_of_our_errors() -> None:
    """A setting that can't work, nobody there, and silence."""
    with pytest.raises(SettingError, match="url=: 'x' is no address"):
        asyncio.run(ask("Hello", url="x"))
    with pytest.raises(ConnectError):
        asyncio.run(ask("Hello", url="http://127.0.0.1:1"))
    with peer(silent) as server, pytest.raises(DeadlineError) as caught:
        asyncio.run(ask("Hello", url=server.url, timeout=0.2, **AT_LEISURE))
    assert caught.value.partial == "word "


def test_neither_needs_ipython(tmp_path: Path) -> None:
    """Nor ipywidgets; and nothing is said about what was left open."""
    script = """
import asyncio, sys
from cromicle_magic import ask, stream
async def main():
    answers = await asyncio.gather(*(ask("Hello") for _ in range(5)))
    return {answer.state for answer in answers}
print(asyncio.run(main()), asyncio.run(ask("Hello")).state)
print({"IPython", "ipywidgets", "nest_asyncio"} & set(sys.modules))
"""
    command = [sys.executable, "-W", "error", "-c", script]
    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, check=False, text=True, timeout=60
    )
    assert (run.stdout, run.stderr) == ("{'done'} done\nset()\n", "")
