"""A request's body read within bounds of size, time and memory."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from aiohttp.web_protocol import RequestPayloadError

from cromicle_magic.errors import ProtocolError
from cromicle_magic.patience import within

if TYPE_CHECKING:
    from aiohttp import web

    from cromicle_magic.server.rules import Rules

__all__ = ["Intake", "fields_of"]


class Intake:
    """Reads the bodies of all requests to one server.

    Args:
        rules: Its bounds.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._long = asyncio.Semaphore(rules.long_bodies)

    async def read(self, request: web.Request) -> bytes:
        """Give a request's whole body.

        Args:
            request: The request, whose body nobody has read.

        Raises:
            ProtocolError: It is too long (status 413), too slow (408) or broken (400).
        """
        if (request.content_length or 0) > self._rules.body_bytes:
            raise self._too_long()
        try:
            return await within(self._rules.body_s, self._gather(request))
        except RequestPayloadError:
            raise ProtocolError("The body is not in HTTP's form.", status=400) from None
        except asyncio.TimeoutError:
            text = f"The body did not come within {self._rules.body_s:g} s."
            raise ProtocolError(text, status=408) from None

    async def _gather(self, request: web.Request) -> bytes:
        received, short = bytearray(), self._rules.short_bytes
        is_long = (request.content_length or 0) > short
        async with AsyncExitStack() as place:
            if is_long:
                await place.enter_async_context(self._long)
            async for data in request.content.iter_chunked(short):
                received += data
                if len(received) > self._rules.body_bytes:
                    raise self._too_long()
                if len(received) > short and not is_long:
                    await place.enter_async_context(self._long)
                    is_long = True
            return bytes(received)

    def _too_long(self) -> ProtocolError:
        mib = self._rules.body_bytes / 2**20
        return ProtocolError(f"The body is longer than {mib:g} MiB.", status=413)


def fields_of(body: bytes) -> dict[str, Any]:
    """Give the JSON object that a body is.

    Args:
        body: The whole body.

    Raises:
        ProtocolError: It is none (status 400).
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise ProtocolError("The body is not a JSON object.", status=400)
    return fields
