"""The server under attack from bare sockets: nobody is asked, and the next client is served."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager, closing
from typing import TYPE_CHECKING

import pytest
from support.asked import Asked
from support.crowd import memory_mib
from support.peers import DEADLINE_S, peer, whole
from support.raw import JSON, body, request
from support.serving import serving

from cromicle_magic.server.app import listen
from cromicle_magic.server.rules import Rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TOKEN = "t"
MIB = 2**20
SAYS_HI = 'data: {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}\n\n'


class Line:
    """One connection to the server, bare."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *pieces: bytes) -> None:
        """Send bytes, each piece by itself."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def status(self) -> bytes:
        """Give the status that the server replies with."""
        return (await asyncio.wait_for(self.reader.readline(), DEADLINE_S)).split()[1]

    async def rest(self) -> bytes:
        """Give all that comes until the server hangs up, which it must."""
        try:
            return await asyncio.wait_for(self.reader.read(), DEADLINE_S)
        except ConnectionResetError:
            return b""


@asynccontextmanager
async def line(url: str) -> AsyncIterator[Line]:
    """Connect to a server."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with closing(writer):
        yield Line(reader, writer)


async def is_served(url: str, token: str = TOKEN) -> bool:
    """Tell whether a client that behaves gets its answer."""
    async with line(url) as client:
        await client.send(request(url, body(token=token), JSON))
        return (await client.rest()).startswith(b"HTTP/1.1 200 ")


def head(url: str, *lines: str, path: str = "/chat") -> bytes:
    """Give the head of a request, up to the lines that follow."""
    host = url.removeprefix("http://")
    bearer = f"Authorization: Bearer {TOKEN}"
    return "\r\n".join(
        [f"POST {path} HTTP/1.1", f"Host: {host}", JSON, bearer, *lines, ""]
    ).encode()


@pytest.mark.parametrize("drops", [b"", b"X-Slow: 1\r\n", b"x"])
def test_a_head_that_does_not_come_is_hung_up_on(drops: bytes) -> None:
    """Silent, line by line or byte by byte: what dribbles in does not put the deadline off."""

    async def main() -> None:
        asked = Asked()
        async with listen(TOKEN, answerer=asked, rules=Rules(head_s=0.3)) as url, line(url) as slow:

            async def dribble() -> None:
                while True:
                    await slow.send(drops)
                    await asyncio.sleep(0.02)

            await slow.send(b"POST /" if drops == b"x" else head(url))
            dribbling = asyncio.ensure_future(dribble())
            assert await slow.rest() == b""
            dribbling.cancel()
            await asyncio.gather(dribbling, return_exceptions=True)
            assert asked.count == 0
            assert await is_served(url)

    asyncio.run(main())


@pytest.mark.parametrize("begins", [b"", b"POST /chat HT"])
def test_a_kept_connection_is_not_kept_for_ever(begins: bytes) -> None:
    """Between two requests, a silence or a slow head ends it."""

    async def main() -> None:
        rules = Rules(head_s=60, idle_s=0.3)
        async with listen(TOKEN, rules=rules) as url, line(url) as kept:
            bearer = f"Authorization: Bearer {TOKEN}"
            host = url.removeprefix("http://")
            ask = f"GET /v1/models HTTP/1.1\r\nHost: {host}\r\n{bearer}\r\n\r\n".encode()
            for _ in range(2):
                await kept.send(ask)
                assert (await kept.reader.readuntil(b"}]}")).startswith(b"HTTP/1.1 200 ")
            await kept.send(begins)
            assert await kept.rest() == b""

    asyncio.run(main())


@pytest.mark.parametrize("path", ["/chat", "/v1/chat/completions"])
@pytest.mark.parametrize("length", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_slow_body_is_refused(path: str, length: str) -> None:
    """Within its deadline, with a status; nobody is asked."""

    async def main() -> None:
        asked = Asked()
        async with listen(TOKEN, answerer=asked, rules=Rules(body_s=0.3)) as url, line(url) as slow:
            await slow.send(head(url, length, "", path=path), b"1\r\n{\r\n")
            assert (await slow.status()) == b"408"
            assert asked.count == 0
            assert await is_served(url)

    asyncio.run(main())


@pytest.mark.parametrize("path", ["/chat", "/v1/chat/completions"])
def test_a_body_that_is_too_long_is_refused_unread(path: str) -> None:
    """By its announced length at once; without one, as soon as it has grown too long."""

    async def main() -> None:
        asked = Asked()
        async with listen(TOKEN, answerer=asked) as url:
            async with line(url) as large:
                await large.send(head(url, f"Content-Length: {10**12}", "", path=path))
                assert await large.status() == b"413"
            async with line(url) as endless:
                await endless.send(head(url, "Transfer-Encoding: chunked", "", path=path))
                piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
                await endless.send(*[piece] * 129)
                assert await endless.status() == b"413"
            assert asked.count == 0
            assert await is_served(url)

    asyncio.run(main())


def test_long_bodies_wait_for_each_other_and_short_ones_for_none() -> None:
    """A slow one holds the only place for its time; then the next has it."""

    async def main() -> None:
        rules = Rules(body_s=3.0, long_bodies=1, short_bytes=1_000)
        async with (
            listen(TOKEN, answerer=Asked(), rules=rules) as url,
            line(url) as slow,
            line(url) as other,
        ):
            await slow.send(head(url, "Content-Length: 5000", ""), b" " * 2_000)
            refused = asyncio.ensure_future(slow.status())
            assert await is_served(url)
            await asyncio.sleep(1)  # so that the next one's time is not over, too
            await other.send(request(url, body("x" * 4_000, TOKEN), JSON))
            served = asyncio.ensure_future(other.status())
            assert await is_served(url)
            assert not refused.done()
            assert not served.done()
            assert (await refused, await served) == (b"408", b"200")

    asyncio.run(main())


def test_a_client_that_takes_nothing_is_hung_up_on() -> None:
    """It would hold a model up; whoever answered is told by the close of its generator."""

    async def main() -> None:
        asked = Asked(is_endless=True)
        rules = Rules(take_s=0.3)
        async with listen(TOKEN, answerer=asked, rules=rules) as url, line(url) as greedy:
            await greedy.send(request(url, body(token=TOKEN), JSON))
            await asyncio.wait_for(asked.closed.wait(), DEADLINE_S)

    asyncio.run(main())


GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    b"GET / HTTP/9.9\r\n\r\n",
    b"\r\n" * 5_000 + b"x\r\n\r\n",
    b"POST /chat HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n",
    b"POST /chat HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    b"POST /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"POST /chat HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST /chat HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /chat HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    + JSON.encode()
    + b"\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n"
    + JSON.encode()
    + b"\r\n\r\nabc",
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_refused_without_a_word_in_the_log(
    garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A log that anybody can fill, and with whatever he sent, is an attack of its own."""

    async def main() -> None:
        asked = Asked()
        async with listen(TOKEN, answerer=asked, rules=Rules(head_s=0.5)) as url:
            async with line(url) as attack:
                await attack.send(garbage)
                reply = await attack.rest()
                assert not reply or reply.split()[1] in {b"400", b"403", b"415", b"431"}
            assert asked.count == 0
            assert await is_served(url)

    with caplog.at_level(logging.INFO):
        asyncio.run(main())
    assert caplog.records == []


IDLE, SLOW = 500, 100
# An idle connection costs some 20 KiB; without a bound the slow ones would cost 200 MiB.
IDLE_MIB, SLOW_MIB = 25.0, 60.0


def test_many_idle_and_slow_clients_cost_little_and_stop_nobody(tmp_path: Path) -> None:
    """500 that say nothing, 100 that send long bodies slowly; the engine sees only who behaves."""

    async def most(url: str, token: str, process: int) -> float:
        """Serve ten clients that behave, and give the most memory that was held meanwhile."""
        memory = 0.0
        for _ in range(10):
            assert await asyncio.wait_for(is_served(url, token), 5)
            memory = max(memory, memory_mib(process))
        return memory

    async def main(url: str, token: str, process: int) -> list[float]:
        async with AsyncExitStack() as lines:
            memory = [await most(url, token, process)]
            for _ in range(IDLE):
                await lines.enter_async_context(line(url))
            memory.append(await most(url, token, process))
            for _ in range(SLOW):
                slow = await lines.enter_async_context(line(url))
                slow.writer.write(head(url, f"Content-Length: {8 * MIB}", "") + b" " * 2 * MIB)
            memory.append(await most(url, token, process))
        return memory

    with peer(whole(SAYS_HI)) as upstream, serving(tmp_path, "--upstream", upstream.url) as server:
        calm, idle, slow = asyncio.run(main(server.url, server.token, server.process.pid))
        assert len(upstream.visits) == 30
    print(f"MiB calm {calm:.1f}, with idle ones {idle:.1f}, with slow ones, too, {slow:.1f}")
    assert idle - calm < IDLE_MIB
    assert slow - calm < SLOW_MIB
