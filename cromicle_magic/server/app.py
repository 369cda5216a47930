"""The server itself: a socket, a door, and the routes behind it."""

from __future__ import annotations

import asyncio
import secrets
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from aiohttp import web

from cromicle_magic.server.door import Door
from cromicle_magic.server.offline import OFFLINE
from cromicle_magic.server.routes import Routes
from cromicle_magic.server.rules import Rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cromicle_magic.server.answerer import Answerer

__all__ = ["ANYWHERE", "HOST", "listen", "new_token"]

HOST = "127.0.0.1"
# Addresses that stand for all that this machine has, and are no name to call it by.
ANYWHERE = frozenset({"0.0.0.0", "::"})
# As many clients as may knock in the same moment; the system may allow fewer.
BACKLOG = 1024
# Answers are cancelled before; what is left is a connection that says nothing.
SHUTDOWN_S = 0.1


def new_token() -> str:
    """Give a random token that nobody can guess, 128 bits."""
    return secrets.token_urlsafe(16)


@asynccontextmanager
async def listen(
    token: str,
    port: int = 0,
    *,
    answerer: Answerer = OFFLINE,
    host: str = HOST,
    rules: Rules | None = None,
) -> AsyncIterator[str]:
    """Run the server on the present loop.

    Args:
        token: The only token that is accepted, on every route.
        port: The port; 0 takes any free one.
        answerer: Who answers.
        host: The address to listen on, by default for this machine alone; ``0.0.0.0`` or ``::`` for
            all networks. Whoever can reach it needs the token, and can read along: TLS is left to
            whoever stands before it.
        rules: The names by which clients may call it, and its bounds.

    Yields:
        The address. At the end of the block, and on cancel, the server closes, and answers under
        way are cut, with all that they hold.

    Raises:
        OSError: The port is taken or not allowed, or the host is not this machine's.
    """
    rules = rules or Rules()
    rules = replace(rules, names=rules.names | ({host.lower()} - ANYWHERE))
    routes = Routes(token, answerer, rules)
    runner = web.AppRunner(
        routes.application(),
        handler_cancellation=True,  # a client that goes away need not be answered
        shutdown_timeout=SHUTDOWN_S,
    )
    await runner.setup()
    try:
        door = Door(cast("web.Server", runner.server), rules)  # which is there once it is set up
        # A socket of our own, for asyncio logs a host that is not this machine's.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
        server = await asyncio.get_running_loop().create_server(door, sock=listening)
        try:
            yield _address(host, listening.getsockname()[1], rules.names)
        finally:
            server.close()
            await routes.cancel_all()
    finally:
        await runner.cleanup()


def _address(host: str, port: int, names: frozenset[str]) -> str:
    """Give the address by which a client may call."""
    if host in ANYWHERE:
        host = min(names, default=HOST)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
