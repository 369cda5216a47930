"""What goes back to a client: a refusal in the words of its protocol, or a stream to its end."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, web

from cromicle_magic.errors import CromicleError
from cromicle_magic.wire.completion import error_object, event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

__all__ = ["EVENTS", "TEXT", "is_openai", "refusal", "send"]

TEXT = "text/plain; charset=utf-8"
EVENTS = "text/event-stream"

# To linger for no time, which is how a socket is told to reset its connection.
_AT_ONCE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
# The first is nginx's own word against its buffers, the second everybody's against stores.
_STREAMING = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}


def is_openai(request: web.BaseRequest) -> bool:
    """Tell whether a request is one of OpenAI's protocol, by its path."""
    return request.path.startswith("/v1/")


def refusal(request: web.BaseRequest, error: CromicleError, allow: str = "") -> web.Response:
    """Say no: one sentence, or OpenAI's error object with it; the connection ends with it.

    Args:
        request: What is refused.
        error: Why.
        allow: The methods that would be allowed, if that is why.
    """
    status = _status(error)
    headers = {"Allow": allow} if allow else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if is_openai(request):
        fields = error_object(str(error), status)
        response = web.json_response(fields, status=status, headers=headers)
    else:
        response = web.Response(status=status, text=f"{error}\n", headers=headers)
    # Whoever was refused has to knock anew, under the short deadline of a new connection.
    response.force_close()
    return response


async def send(
    request: web.Request, pieces: AsyncGenerator[bytes, None], kind: str, take_s: float
) -> web.StreamResponse:
    """Send an answer on, no faster than the client takes it, so that none of it piles up here.

    Args:
        request: Whom to answer.
        pieces: The pieces of the answer; in place of events a JSON object may come.
        kind: The content type.
        take_s: How long the client may take nothing, in seconds, before it counts as gone.

    Returns:
        The response, ended. If the client went or took nothing, or the answer broke off, the
        connection is closed without the end of the body; only events tell of an error themselves.

    Raises:
        CromicleError: What went wrong before anything was sent.
    """
    first = await anext(pieces, b"")
    if kind == EVENTS and first.startswith((b"{", b"[")):
        kind = "application/json"
    response = web.StreamResponse(headers={"Content-Type": kind, **_STREAMING})
    if request.version >= HttpVersion11:
        response.enable_chunked_encoding()
    try:
        with _taken(request, take_s):
            await response.prepare(request)
            await response.write(first)
        try:
            async for piece in pieces:
                with _taken(request, take_s):
                    await response.write(piece)
        except CromicleError as error:
            if kind != EVENTS:
                _cut(request)
                return response
            with _taken(request, take_s):
                await response.write(event(error_object(str(error), _status(error))))
        with _taken(request, take_s):
            await response.write_eof()
    except ConnectionError:
        pass  # the client has gone, and nobody is left to tell
    return response


@contextmanager
def _taken(request: web.Request, take_s: float) -> Iterator[None]:
    """Hang up on a client that does not take in time what is sent within; aiohttp then cancels.

    Not by wait_for: below Python 3.12 it swallows a cancel that comes as the sending ends, and the
    answer of a client that has gone would be waited for.
    """
    if transport := request.transport:
        deadline = asyncio.get_running_loop().call_later(take_s, transport.abort)
        try:
            yield
        finally:
            deadline.cancel()
    else:
        yield


def _status(error: CromicleError) -> int:
    return error.status if error.status and 400 <= error.status < 600 else 502


def _cut(request: web.Request) -> None:
    """Hang up so that nobody takes the answer for whole."""
    if not (transport := request.transport):
        return
    if request.version >= HttpVersion11:
        transport.close()  # which still sends what waits, but not the end of the body
    else:
        # Without chunks the connection's end is the body's; only a reset says otherwise.
        wire = transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        transport.abort()
