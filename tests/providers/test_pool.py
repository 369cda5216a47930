"""Sessions that requests share: how many connections, who closes them, and when."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from support.certificates import certificate
from support.kernels import kernel
from support.peers import DEADLINE_S, Gate, Visit, peer, whole
from support.scripts import CELLS, gated

from cromicle_magic.providers import pool
from cromicle_magic.providers.cromicle import Cromicle

if TYPE_CHECKING:
    from pathlib import Path

HELLO = [{"role": "user", "content": "Hello"}]
TIMES = 300


def ask(url: str) -> Any:
    """Give the coroutine of one whole answer."""
    return Cromicle.create_async("", HELLO, url=url)


async def ask_often(url: str, times: int = TIMES) -> set[str]:
    """Ask one after the other."""
    return {await ask(url) for _ in range(times)}


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize("says", ["", "connection: keep-alive\r\n", "connection: close\r\n"])
def test_without_tls_no_connection_serves_twice(says: str, is_kept: bool) -> None:
    """Whatever a server announces, and whether or not it then hangs up, no request is lost."""
    answer = whole("Hi").replace(b"\r\n\r\n", f"\r\n{says}\r\n".encode(), 1)
    with peer(answer, is_kept=is_kept) as server:
        assert asyncio.run(ask_often(server.url)) == {"Hi"}
        assert server.connections == len(server.visits) == TIMES
        assert server.visit().headers["connection"] == "close"


OFTEN = """
import asyncio, sys
from cromicle_magic import Cromicle
async def main():
    hello = [{"role": "user", "content": "Hello"}]
    for _ in range(300):
        assert await Cromicle.create_async("", hello, url=sys.argv[1]) == "Hi"
asyncio.run(main())
"""


@pytest.mark.parametrize(("is_kept", "connections"), [(True, 1), (False, TIMES)])
def test_with_tls_a_connection_serves_as_long_as_the_server_likes(
    tmp_path: Path, is_kept: bool, connections: int
) -> None:
    """One handshake for all requests; a server that hangs up each time costs no request either."""
    safe = certificate(tmp_path)
    with peer(whole("Hi"), tls=safe.tls, is_kept=is_kept) as server:
        subprocess.run(
            [sys.executable, "-W", "error", "-c", OFTEN, server.url],
            env=os.environ | safe.trust,
            timeout=60,
            check=True,
        )
        assert (server.connections, len(server.visits)) == (connections, TIMES)


def test_many_requests_at_once_do_not_wait_for_each_other() -> None:
    """All of them have arrived before the first is answered."""
    many, gate = 150, Gate()

    async def main() -> list[str]:
        asking = asyncio.gather(*(ask(server.url) for _ in range(many)))
        await asyncio.to_thread(server.visit, many - 1)
        gate.open()
        return await asking

    async def script(visit: Visit) -> None:
        while not gate.is_open:
            await asyncio.sleep(0.01)
        await visit.send(whole("Hi"))

    with peer(script) as server:
        assert asyncio.run(main()) == ["Hi"] * many


def test_requests_of_a_loop_share_a_session_and_its_end_closes_it() -> None:
    """The second request makes nothing new."""

    async def main() -> pool._Held:
        await ask(server.url)
        (first,) = held()
        await ask(server.url)
        assert held() == [first]
        assert not first.session.closed
        return first

    with peer(whole("Hi")) as server:
        assert asyncio.run(main()).session.closed


def test_unloading_closes_the_session_and_the_next_request_makes_another() -> None:
    """It is closed by the running loop, as soon as nobody reads from it."""

    async def main() -> None:
        async with aclosing(Cromicle.create_async_generator("", HELLO, url=server.url)) as pieces:
            assert await anext(pieces) == "first "
            session = held()[0].session
            pool.close_all()
            assert held() == []
            gate.open()
            assert await anext(pieces) == "last"
            assert not session.closed
        while not session.closed:
            await asyncio.sleep(0.01)
        assert await ask(server.url) == "first last"

    gate = Gate()
    with peer(gated(gate, "first ", "last")) as server:
        asyncio.run(asyncio.wait_for(main(), DEADLINE_S))


def test_a_closed_loop_is_forgotten() -> None:
    """Somebody closed a loop without a thought for its generators: the next one does without."""
    with peer(whole("Hi")) as server:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(ask(server.url))
        loop.close()
        (left,) = [each for key, each in pool._held.items() if key[0] is loop]
        assert asyncio.run(ask(server.url)) == "Hi"
        assert left.session.closed
        assert loop not in {key[0] for key in pool._held}


def held() -> list[pool._Held]:
    """Give what is held for the running loop."""
    loop = asyncio.get_running_loop()
    return [each for key, each in pool._held.items() if key[0] is loop]


SESSIONS = """
import aiohttp, gc
kinds = (aiohttp.ClientSession, aiohttp.BaseConnector)
print([thing for thing in gc.get_objects() if isinstance(thing, kinds) and not thing.closed])
"""


@pytest.mark.parametrize("way", CELLS)
def test_a_kernel_ends_without_a_word(tmp_path: Path, way: str) -> None:
    """Unloading closes the connections in place; so does the end of the kernel."""
    safe = certificate(tmp_path)
    complaints = tmp_path / "stderr"
    with (
        peer(whole("Hi"), tls=safe.tls, is_kept=True) as server,
        complaints.open("w") as stderr,
        kernel(tmp_path, stderr=stderr, **safe.trust) as running,
    ):
        cell = CELLS[way].format(options=f"--url {server.url}")
        assert running.run(cell).status == "ok"
        running.run("%unload_ext cromicle_magic")
        assert running.run(SESSIONS).stdout == "[]\n"
        running.run("%load_ext cromicle_magic")
        assert running.run(cell).status == "ok"
        assert running.run(SESSIONS).stdout != "[]\n"
        running.manager.shutdown_kernel()
    # ipykernel warns of its own transport.
    said = complaints.read_text().splitlines()
    assert [line for line in said if not line.startswith("[IPKernelApp]")] == []
