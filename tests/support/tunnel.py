"""A proxy on loopback that lets through: whatever is asked of it, it leads to one server."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from support.peers import end_all

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["tunnel"]

DEADLINE_S = 10.0


@contextmanager
def tunnel(port: int) -> Iterator[str]:
    """Run a proxy for CONNECT.

    Args:
        port: Where all of its tunnels lead to, on 127.0.0.1.

    Yields:
        Its address.
    """
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError), closing(writer):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"CONNECT ")
            there, back = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with closing(back):
                await asyncio.gather(pump(reader, back), pump(there, writer))

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE_S)
        loop.run_until_complete(end_all([server], writers))
        loop.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, up to its end."""
    with suppress(ConnectionError), closing(writer):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
