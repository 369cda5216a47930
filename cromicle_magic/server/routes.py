"""What the server answers: POST /chat, POST /v1/chat/completions, GET /v1/models."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from aiohttp import web

from cromicle_magic.errors import CromicleError, ProtocolError
from cromicle_magic.render.terminal import quoted
from cromicle_magic.server.guard import check_bearer, check_headers
from cromicle_magic.server.intake import Intake, fields_of
from cromicle_magic.server.replies import EVENTS, TEXT, is_openai, refusal, send
from cromicle_magic.wire.cromicle import PATH, read_message

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from cromicle_magic.server.answerer import Answerer
    from cromicle_magic.server.door import Visitor
    from cromicle_magic.server.rules import Rules

__all__ = ["Routes"]

# How long a cancelled answer may take to close what it holds, in seconds.
CANCEL_S = 1.0


class Routes:
    """The routes of one server, each behind the guard.

    Args:
        token: The only token that is accepted.
        answerer: Who answers.
        rules: The server's bounds.
    """

    def __init__(self, token: str, answerer: Answerer, rules: Rules) -> None:
        self._token, self._answerer, self._rules = token, answerer, rules
        self._intake = Intake(rules)
        self._running: set[asyncio.Task[None]] = set()

    def application(self) -> web.Application:
        """Give the application that holds the routes."""
        app = web.Application(middlewares=[self._guarded])
        app.router.add_post(PATH, self._chat)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        return app

    async def cancel_all(self) -> None:
        """End all answers under way, and wait until they have closed what they hold."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=CANCEL_S)

    @web.middleware
    async def _guarded(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Let a request through to its route, or to the news that there is none; else refuse."""
        cast("Visitor", request.protocol).has_spoken()
        self._running.add(request.task)
        try:
            check_headers(request.method, request.headers, self._rules.names)
            if is_openai(request):
                check_bearer(request.headers, self._token)
            return await handler(request)
        except web.HTTPException as error:
            allow = error.headers.get("Allow", "")
            return refusal(request, _unknown(request, error.status, allow), allow)
        except CromicleError as error:
            return refusal(request, error)
        finally:
            self._running.discard(request.task)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        message = read_message(await self._intake.read(request), self._token)
        async with (
            aclosing(self._answerer.chat(message)) as pieces,
            aclosing(_encoded(pieces)) as data,
        ):
            return await send(request, data, TEXT, self._rules.take_s)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        fields = fields_of(await self._intake.read(request))
        async with aclosing(self._answerer.complete(fields)) as data:
            return await send(request, data, EVENTS, self._rules.take_s)

    async def _models(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(await self._answerer.models())


async def _encoded(pieces: AsyncGenerator[str, None]) -> AsyncGenerator[bytes, None]:
    async for piece in pieces:
        yield piece.encode("utf-8", "replace")


def _unknown(request: web.Request, status: int, allow: str) -> ProtocolError:
    path = quoted(request.path, 60)
    if status == 405:
        text = f"{path} answers {allow} only."
    else:
        text = f"There is no {path}; try POST {PATH}, POST /v1/chat/completions or GET /v1/models."
    return ProtocolError(text, status=status)
