"""Who answers behind a server and counts the requests that get through."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cromicle_magic.server.offline import OFFLINE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["Asked"]


class Asked:
    """Counts who gets through to it, and says the same word to all, for ever or once."""

    def __init__(self, *, is_endless: bool = False) -> None:
        self.count, self.closed = 0, asyncio.Event()
        self._is_endless = is_endless

    async def chat(self, _: str) -> AsyncGenerator[str, None]:
        """Say the word."""
        self.count += 1
        try:
            yield "word " * 1_000
            while self._is_endless:
                yield "word " * 1_000
        finally:
            self.closed.set()

    def complete(self, fields: dict[str, Any]) -> AsyncGenerator[bytes, None]:
        """Let nobody's model answer."""
        self.count += 1
        return OFFLINE.complete(fields)

    async def models(self) -> dict[str, object]:
        """Let nobody's model answer."""
        self.count += 1
        return await OFFLINE.models()
