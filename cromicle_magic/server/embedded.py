"""Servers inside this process, each in a thread of its own, there from the first need to the end.

A thread, because the notebook's loop may stand still: in a terminal between two cells, or in a
cell that blocks while it waits for this very server.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cromicle_magic.discretion import Address, Secret
from cromicle_magic.errors import ConnectError
from cromicle_magic.server.app import listen, new_token
from cromicle_magic.server.offline import OFFLINE

if TYPE_CHECKING:
    from cromicle_magic.server.answerer import Answerer

__all__ = ["Embedded", "close", "start", "stop"]

START_S = 10.0
STOP_S = 2.0


@dataclass(frozen=True, slots=True)
class Embedded:
    """Where an embedded server listens, and the token it wants."""

    url: Address
    token: Secret


class _Server:
    """The thread, its loop, and the event that ends both."""

    def __init__(self, answerer: Answerer) -> None:
        self.answerer = answerer
        self._token = Secret(new_token())
        self._address: Future[str] = Future()
        self._loop = asyncio.new_event_loop()
        self._is_closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="cromicle-server", daemon=True)
        self._thread.start()

    def place(self) -> Embedded:
        return Embedded(Address(self._address.result(START_S)), self._token)

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._is_closing.set)
            self._thread.join(STOP_S)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
            # Whoever answers may hold connections of its own on this loop.
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        try:
            async with listen(self._token, answerer=self.answerer) as address:
                self._address.set_result(address)
                await self._is_closing.wait()
        except OSError as error:
            self._address.set_exception(error)


_lock = threading.Lock()
_running: list[_Server] = []


def start(answerer: Answerer = OFFLINE) -> Embedded:
    """Start the embedded server of an answerer, if it is not running yet.

    Args:
        answerer: Who answers; each has a server, a thread and a loop of its own.

    Returns:
        Where it listens, and the token it wants, random for each start.

    Raises:
        ConnectError: This machine lets it not listen on loopback.
    """
    with _lock:
        for server in _running:
            if server.answerer is answerer:
                return server.place()
        try:
            server = _Server(answerer)
            place = server.place()
        except OSError as error:
            raise _refused(error) from None
        if not _running:
            atexit.register(close)
        _running.append(server)
        return place


def stop(answerer: Answerer) -> None:
    """Close the embedded server of one answerer, if it is running; answers under way are cut."""
    with _lock:
        for server in [each for each in _running if each.answerer is answerer]:
            _running.remove(server)
            server.close()


def close() -> None:
    """Close all embedded servers that are running; answers under way are cut."""
    atexit.unregister(close)
    with _lock:
        while _running:
            _running.pop().close()


def _refused(error: OSError) -> ConnectError:
    reason = os.strerror(error.errno).lower() if error.errno else "it took too long"
    text = f"The built-in server can't listen on this machine ({reason}); restart the kernel, or"
    return ConnectError(f"{text} name an engine by its address.")
