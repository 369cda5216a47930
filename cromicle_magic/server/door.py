"""The door: each connection's protocol, and its deadline for having something to say."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError

if TYPE_CHECKING:
    from cromicle_magic.server.rules import Rules

__all__ = ["Door", "Visitor"]

# What was refused may still be on its way; some of it is read, or the client sees a reset and not
# the reason.
LINGER_S = 2.0
# How much of a body waits before its connection is read no further; a prompt needs no more speed.
READ_BYTES = 16 * 1024

# What aiohttp raises at garbage.
_THEIRS = (HttpProcessingError, RequestPayloadError)

_log = logging.getLogger("cromicle_magic.server")


class Visitor(web.RequestHandler):
    """A connection that is closed unless the whole head of a request comes in time.

    aiohttp bounds the time between two requests (``keepalive_timeout``), but before 3.14 nothing
    bounds the time until the first.
    """

    __slots__ = ("_deadline", "_head_s")

    def __init__(self, server: web.Server, loop: asyncio.AbstractEventLoop, rules: Rules) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=rules.idle_s,
            lingering_time=LINGER_S,
            read_bufsize=READ_BYTES,
            auto_decompress=False,  # the guard refuses what is compressed
            access_log=None,  # type: ignore[arg-type]  # aiohttp takes it for none
            logger=_log,
        )
        self._head_s = rules.head_s
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait."""
        self._deadline = asyncio.get_running_loop().call_later(self._head_s, self.force_close)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Wait no longer."""
        self.has_spoken()
        super().connection_lost(exc)

    def has_spoken(self) -> None:
        """Note that a request has come."""
        if self._deadline:
            self._deadline.cancel()


class Door:
    """Lets connections in; a factory of protocols.

    Args:
        server: What answers their requests.
        rules: The server's bounds.
    """

    def __init__(self, server: web.Server, rules: Rules) -> None:
        self._server, self._rules = server, rules

    def __call__(self) -> Visitor:
        """Give the protocol of a new connection."""
        return Visitor(self._server, asyncio.get_running_loop(), self._rules)


def _is_ours(record: logging.LogRecord) -> bool:
    """Tell whether a failure is the server's; garbage from a client is not, and may hold a key."""
    return not (record.exc_info and isinstance(record.exc_info[1], _THEIRS))


_log.addFilter(_is_ours)
