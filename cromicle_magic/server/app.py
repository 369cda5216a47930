"""The server itself: POST /chat, a stream of UTF-8 text back."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, web

from cromicle_magic.errors import ProtocolError
from cromicle_magic.server.guard import check_headers
from cromicle_magic.server.offline import respond
from cromicle_magic.wire.cromicle import PATH, read_message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["listen", "new_token"]

HOST = "127.0.0.1"
# A long book, in bytes; a prompt beyond it is a mistake.
BODY_BYTES = 8 * 1024 * 1024


def new_token() -> str:
    """Give a random token that nobody can guess, 128 bits."""
    return secrets.token_urlsafe(16)


@asynccontextmanager
async def listen(token: str, port: int = 0) -> AsyncIterator[str]:
    """Run the server on the present loop, on loopback only.

    Args:
        token: The only token that is accepted.
        port: The port; 0 takes any free one.

    Yields:
        The address. At the end of the block, and on cancel, the server closes and answers under
        way are cut.

    Raises:
        OSError: The port is taken or not allowed.
    """
    app = web.Application(client_max_size=BODY_BYTES)
    app.router.add_post(PATH, _Chat(token).handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield "http://{}:{}".format(*runner.addresses[0])
    finally:
        await runner.cleanup()


class _Chat:
    """The one route and the token it accepts."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request: a stream, or one sentence that says why not."""
        try:
            check_headers(request.headers)
            message = read_message(await request.read(), self._token)
        except ProtocolError as error:
            return web.Response(status=error.status or 400, text=f"{error}\n")
        response = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
        if request.version >= HttpVersion11:
            response.enable_chunked_encoding()
        await response.prepare(request)
        with suppress(ConnectionError):  # the client has gone, and nobody is left to tell
            async for piece in respond(message):
                await response.write(piece.encode())
            await response.write_eof()
        return response
