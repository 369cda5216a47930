"""A server that misbehaves on request, and a client that says what came of it.

Each fault has a port of its own, so that it can also refuse, reset or stall before there is a
request; all of them are served by one loop, and asked at once by another.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from support.peers import DEADLINE_S, end_all

from cromicle_magic import errors
from cromicle_magic.providers.cromicle import Cromicle
from cromicle_magic.providers.openai import OpenAI

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from cromicle_magic.providers.base import AsyncGeneratorProvider

__all__ = ["KEY", "NO_NAME", "Caller", "Came", "Fault", "Street", "came_of", "outcomes"]

# A name too long for the protocol of names, so that the resolver refuses it without asking anybody.
NO_NAME = ".".join(["no" * 30] * 5) + ".invalid"
KEY = "sk-hush-0123456789abcdef"
HELLO = [{"role": "user", "content": "Hello"}]
# Short where a deadline is to pass, long where a machine under load must not run into one.
SHORT_S, LONG_S = 0.5, 10.0
AT_ONCE = 20
HANGS_S = 15.0
PROVIDERS: Mapping[str, type[AsyncGeneratorProvider]] = {"text": Cromicle, "events": OpenAI}


@dataclass
class Caller:
    """One connection in a script's hands.

    Attributes:
        fault: Where it came to.
        head: The request's head, once it was read.
        body: Its body.
    """

    fault: Fault
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: str = ""
    body: bytes = b""

    async def hear(self) -> None:
        """Read a request."""
        self.head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = (line.lower().partition(":") for line in self.head.splitlines())
        sizes = [int(value) for name, _, value in lines if name == "content-length"]
        self.body = await self.reader.readexactly(sum(sizes))

    async def say(self, *pieces: bytes, every_s: float = 0) -> None:
        """Send raw bytes, each piece by itself, after a pause where one is given."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            if every_s:
                await asyncio.sleep(every_s)

    async def stall(self) -> None:
        """Do nothing more, without end."""
        await asyncio.Event().wait()

    def reset(self) -> None:
        """Break the connection off, at which the client's system sees a reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@dataclass(frozen=True, eq=False)
class Fault:
    """One row of the catalogue.

    Attributes:
        name: What it is called, in a few words.
        comes: What must come of it: the whole text, or the one kind of error.
        serve: What the server does with a request that it has read, or the bytes to answer with.
        says: What the error's sentence holds.
        partial: The text that the error holds.
        to: Which protocol the client speaks.
        within_s: The time in which it must be over, in seconds.
        options: What the client sets beside its short deadlines.
        requests: How many requests the server must have seen, where that matters.
        at: Whether the script begins with the request, or already with the connection.
        url: The address that is asked instead of the server's own, ``{port}`` filled in.
        tls: Which certificate it has; "" for plain HTTP.
        host: The address that it listens on.
        prompt: What it is asked.
    """

    name: str
    comes: str | type[errors.CromicleError]
    serve: bytes | Callable[[Caller], Awaitable[None]] = b""
    says: str = ""
    partial: str = ""
    to: Literal["text", "events"] = "text"
    within_s: float = 4.0
    options: Mapping[str, Any] = field(default_factory=dict)
    requests: int | None = None
    at: Literal["request", "connection"] = "request"
    url: str = ""
    tls: str = ""
    host: str = "127.0.0.1"
    prompt: str = "Hello"

    def __str__(self) -> str:
        return f"{self.to}{' over TLS' if self.tls else ''}: {self.name}"


@dataclass(frozen=True)
class Came:
    """What came of a fault.

    Attributes:
        text: The whole text, "" for an error.
        error: The error, None for a whole text.
        seconds: How long it took.
        requests: How many requests the server saw.
        address: What was asked.
    """

    text: str
    error: Exception | None
    seconds: float
    requests: int
    address: str


class Street:
    """All servers of a catalogue, side by side on loopback.

    Args:
        faults: What each of them does.
        contexts: What those with a certificate speak TLS with, by its name.

    Attributes:
        ports: Where each listens.
        heard: How many requests each has read, or connections where it reads none.
    """

    def __init__(
        self, faults: Sequence[Fault], contexts: Mapping[str, ssl.SSLContext] | None = None
    ) -> None:
        self._faults, self._contexts = faults, contexts or {}
        self.ports: dict[Fault, int] = {}
        self.heard = dict.fromkeys(map(str, faults), 0)
        self._writers: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()

    @contextmanager
    def open(self) -> Iterator[Street]:
        """Listen while the block lasts."""
        ready = threading.Event()
        thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        thread.start()
        assert ready.wait(DEADLINE_S)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(DEADLINE_S)

    def address(self, fault: Fault) -> str:
        """Give the address that a client asks."""
        scheme = "https" if fault.tls else "http"
        host = f"[{fault.host}]" if ":" in fault.host else fault.host
        own = f"{scheme}://{host}:{{port}}"
        return (fault.url or own).format(port=self.ports[fault])

    def _run(self, ready: threading.Event) -> None:
        self._loop.set_exception_handler(lambda *_: None)  # broken connections are the point
        servers = self._loop.run_until_complete(self._listen())
        ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(end_all(servers, self._writers))
        self._loop.close()

    async def _listen(self) -> list[asyncio.Server]:
        return [await self._serve(fault) for fault in self._faults]

    async def _serve(self, fault: Fault) -> asyncio.Server:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            caller = Caller(fault, reader, writer)
            self._writers.append(writer)
            with suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
                try:
                    await self._meet(caller)
                finally:
                    writer.close()

        tls = self._contexts.get(fault.tls)
        server = await asyncio.start_server(answer, fault.host, 0, limit=2**16, ssl=tls)
        self.ports[fault] = server.sockets[0].getsockname()[1]
        return server

    async def _meet(self, caller: Caller) -> None:
        fault = caller.fault
        if fault.at != "connection":
            await caller.hear()
        self.heard[str(fault)] += 1
        if isinstance(fault.serve, bytes):
            await caller.say(fault.serve)
        else:
            await fault.serve(caller)


async def came_of(fault: Fault, street: Street, **options: Any) -> Came:
    """Ask a server, and say what came of it.

    Args:
        fault: What is asked.
        street: Where it is.
        **options: What the client sets, over what the fault wants.

    Returns:
        The whole text, or the error; what is none of the package's own is raised.
    """
    port = street.ports[fault]
    usual = {"timeout": SHORT_S if fault.comes is errors.DeadlineError else LONG_S, "retries": 0}
    wanted = {
        name: value.format(port=port) if name == "proxy" else value
        for name, value in {**usual, **fault.options, **options}.items()
    }
    provider, address = PROVIDERS[fault.to], street.address(fault)
    messages = [{"role": "user", "content": fault.prompt}]
    start, text, failure = time.monotonic(), "", None
    try:
        text = await provider.create_async("", messages, url=address, **wanted)
    except errors.CromicleError as error:
        failure = error
    seconds = time.monotonic() - start
    return Came(text, failure, seconds, street.heard[str(fault)], address)


async def outcomes(faults: Sequence[Fault], street: Street, **options: Any) -> list[Came]:
    """Ask all servers, many at once; of one that hangs comes a plain TimeoutError."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(fault: Fault) -> Came:
        async with room:
            try:
                return await asyncio.wait_for(came_of(fault, street, **options), HANGS_S)
            except Exception as error:  # noqa: BLE001 - it is none of ours, and fails its row
                return Came("", error, HANGS_S, 0, "")

    return list(await asyncio.gather(*map(one, faults)))
