"""Real servers on loopback that do exactly what a test scripts, byte by byte."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterator, Sequence

DEADLINE_S = 60.0
HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: text/plain; charset=utf-8\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
END = b"0\r\n\r\n"


def chunk(data: bytes | str) -> bytes:
    """Give one chunk of a chunked body."""
    raw = data.encode() if isinstance(data, str) else data
    return b"%x\r\n%s\r\n" % (len(raw), raw)


def whole(*pieces: bytes | str) -> bytes:
    """Give a whole chunked answer."""
    return HEAD + b"".join(chunk(piece) for piece in pieces) + END


@dataclass
class Visit:
    """One request, and the hold that a script and a test have on it.

    Attributes:
        path: The request's path.
        headers: Its headers, names in lower case.
        body: Its body.
        gone: Set when the client has closed its end.
    """

    path: str
    headers: dict[str, str]
    body: bytes
    writer: asyncio.StreamWriter
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def message(self) -> str:
        """What the Cromicle request says."""
        return str(json.loads(self.body)["message"])

    async def send(self, *pieces: bytes) -> None:
        """Send raw bytes, each piece by itself."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()


class Peer:
    """A server whose answers a script writes.

    Attributes:
        url: Its address.
        visits: The requests so far.
        connections: How many connections they came through.
    """

    def __init__(
        self,
        script: Callable[[Visit], Awaitable[None]],
        *,
        tls: ssl.SSLContext | None = None,
        is_kept: bool = False,
        host: str = "127.0.0.1",
    ) -> None:
        self._script, self._tls, self._is_kept, self._host = script, tls, is_kept, host
        self.connections = 0
        self._arrived = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._writers: list[asyncio.StreamWriter] = []
        self.visits: list[Visit] = []
        self.url = ""

    def visit(self, number: int = 0) -> Visit:
        """Wait for a request.

        Args:
            number: Which one, counted from 0.
        """
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.visits) > number, DEADLINE_S)
            return self.visits[number]

    def start(self) -> None:
        """Listen on a free port of loopback."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(DEADLINE_S)

    def stop(self) -> None:
        """Close the server and its connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE_S)

    def _run(self, ready: threading.Event) -> None:
        server = self._loop.run_until_complete(
            asyncio.start_server(self._welcome, self._host, 0, limit=2**24, ssl=self._tls)
        )
        scheme = "https" if self._tls else "http"
        self.url = f"{scheme}://{self._host}:{server.sockets[0].getsockname()[1]}"
        ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(end_all([server], self._writers))
        self._loop.close()

    def _welcome(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Awaitable[None]:
        # Noted at once, for a task that is cancelled before it begins closes nothing.
        self._writers.append(writer)
        return self._serve(reader, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError), closing(writer):
            await self._answer(reader, writer)
            while self._is_kept:
                await self._answer(reader, writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = await _read(reader, writer)
        with self._arrived:
            self.visits.append(visit)
            self._arrived.notify_all()
        if self._is_kept:
            await self._script(visit)
            return
        watching = asyncio.ensure_future(_watch(reader, visit))
        try:
            await self._script(visit)
        except ConnectionError:
            visit.gone.set()  # a write noticed it before the watch did
            raise
        finally:
            watching.cancel()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Visit:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Visit(first.split()[1], headers, body, writer)


async def _watch(reader: asyncio.StreamReader, visit: Visit) -> None:
    with suppress(ConnectionError):
        await reader.read()
    visit.gone.set()


async def end_all(
    servers: Sequence[asyncio.Server] = (), writers: Sequence[asyncio.StreamWriter] = ()
) -> None:
    """Close servers, cancel all other tasks of the running loop, and hang up on who is there.

    Args:
        servers: The servers.
        writers: Those to all who came; one who comes in last is added meanwhile.
    """
    # First none is accepted any more: one whose server closes in between is never closed itself.
    for server in servers:
        for listening in server.sockets:
            asyncio.get_running_loop().remove_reader(listening)
    await _turns()
    for server in servers:
        server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for writer in writers:
        # One that has closed may know its loop no more.
        with suppress(AttributeError):
            writer.transport.abort()
    await _turns()


async def _turns() -> None:
    """Let the loop run a few times, as a transport needs to open, and to close."""
    for _ in range(3):
        await asyncio.sleep(0)


@contextmanager
def peer(
    script: Callable[[Visit], Awaitable[None]] | bytes,
    *,
    tls: ssl.SSLContext | None = None,
    is_kept: bool = False,
    host: str = "127.0.0.1",
) -> Iterator[Peer]:
    """Run a scripted server.

    Args:
        script: What to do with each request, or the bytes to answer each with.
        tls: What to speak TLS with; without it, plain HTTP.
        is_kept: Whether a connection lasts for further requests; nobody sees then when a client
            goes.
        host: The address of this machine to listen at; 127.0.0.2 passes for a far one.

    Yields:
        The server, listening.
    """

    async def send(visit: Visit) -> None:
        assert isinstance(script, bytes)
        await visit.send(script)

    does = send if isinstance(script, bytes) else script
    server = Peer(does, tls=tls, is_kept=is_kept, host=host)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Gate:
    """Holds scripts up until a test lets them pass, by events and not by sleeping."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def open(self) -> None:
        """Let everybody pass from now on."""
        self._event.set()

    def is_open_within(self, seconds: float) -> bool:
        """Wait for it in a test."""
        return self._event.wait(seconds)

    @property
    def is_open(self) -> bool:
        """Whether everybody may pass."""
        return self._event.is_set()

    async def wait(self, **_: Any) -> None:
        """Wait within a script."""
        assert await asyncio.get_running_loop().run_in_executor(None, self._event.wait, DEADLINE_S)
