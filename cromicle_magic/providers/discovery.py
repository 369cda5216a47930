"""Engines on this machine, found by asking the ports where they usually listen.

Only loopback is asked, and only for a list of models: no prompt, no key.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cromicle_magic.discretion import Address, Secret, public_address
from cromicle_magic.errors import CromicleError, DeadlineError, ProtocolError
from cromicle_magic.options import PORTS
from cromicle_magic.providers.limits import Limits
from cromicle_magic.providers.session import Exchange
from cromicle_magic.wire.models import BODY_BYTES, endpoint, first_chat_model, models_in
from cromicle_magic.wire.openai import authorization
from cromicle_magic.wire.request import get

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cromicle_magic.wire.models import Listing

__all__ = ["Engines", "Found", "look", "models_at"]

# Engines that listen there unless told otherwise; 8080 (llama.cpp, llamafile) and 8000 (vLLM,
# transformers) are anybody's, so the name of what is found there comes from its list.
_NAMES = {11434: "Ollama", 1234: "LM Studio"}

# What engines name as the owner of their models: Ollama the namespace of its library, LM Studio a
# constant, llama.cpp (and llamafile, which is built on it), vLLM and SGLang themselves.
_OWNERS = {
    "library": "Ollama",
    "organization_owner": "LM Studio",
    "llamacpp": "llama.cpp",
    "vllm": "vLLM",
    "sglang": "SGLang",
}

LOOK_S = 0.5
# Later than this a timer rings only where a cell held the loop.
LATE_S = 0.05
# A port that accepts and says nothing would cost every cell the half second above.
DEAF_S = 30.0
# An engine asked by its name may be far away, or just loading a model.
LIST_S = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """An engine on this machine.

    Attributes:
        name: What it is, as in "Ollama", or its host and port if that can't be told.
        url: Its address, ending in ``/v1``.
        models: The ids of its models in its own order; empty only for Ollama and LM Studio on
            their own ports, where an empty list means that no model was downloaded yet.
    """

    name: str
    url: Address
    models: tuple[str, ...]

    @property
    def model(self) -> str:
        """The first model that can chat, "" if none can."""
        return first_chat_model(self.models)


async def look(ports: Sequence[int] = PORTS, *, deadline_s: float = LOOK_S) -> list[Found]:
    """Look for engines on loopback, at all ports side by side; whatever answers there, no error.

    Args:
        ports: Where to look.
        deadline_s: When to stop looking, in seconds; who has not answered by then is not found.

    Returns:
        The engines, in the order of the ports. Cancelled, it closes its connections.
    """
    heard = await _ask_all(ports, deadline_s)
    return [found for port in ports if (found := heard.get(port))]


async def models_at(
    url: str,
    token: Secret | None = None,
    proxy: str | None = None,
    *,
    deadline_s: float = LIST_S,
) -> tuple[str, ...]:
    """Ask one engine for its models, wherever it is; only on request of the reader.

    Args:
        url: Its address, in any form that the provider takes.
        token: Its key, if it wants one.
        proxy: The HTTP proxy to go through, if any.
        deadline_s: The longest silence, and the longest time that the list may take, in seconds.

    Returns:
        The models' ids, none if the engine has none. Cancelled, it closes the connection.

    Raises:
        CromicleError: What went wrong.
    """
    address = public_address(endpoint(url))
    listing = models_in(await _read(endpoint(url), token or Secret(), proxy, deadline_s))
    if listing is None:
        text = f"{address} answered with no list of models; is the url an engine's, ending in /v1?"
        raise ProtocolError(text, address=address)
    return listing.models


class Engines:
    """What was found on loopback, remembered for this process.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._found: Found | None = None
        self._deaf_until: dict[int, float] = {}

    async def found(self, ports: Sequence[int] = PORTS) -> Found | None:
        """Give the engine that answers for this machine: the first with a model that can chat.

        One that was found stays until it is forgotten, without being asked again: an engine at
        work may be slow to answer. Where none was found, each call looks again, except at ports
        that lately accepted and said nothing in time.

        Args:
            ports: Where to look; what was found elsewhere does not count.

        Returns:
            The engine; None if there is none. Cancelled, it closes its connections.
        """
        if self._found and urlsplit(self._found.url).port in ports:
            return self._found
        now = self._clock()
        asked = [port for port in ports if self._deaf_until.get(port, now) <= now]
        heard = await _ask_all(asked, LOOK_S)
        self._deaf_until.update((port, now + DEAF_S) for port in asked if port not in heard)
        able = (found for port in asked if (found := heard.get(port)) and found.model)
        self._found = next(able, None)
        return self._found

    def forget(self, url: str | None) -> None:
        """Let go of an engine that answers no more.

        Args:
            url: Its address; another one found meanwhile stays.
        """
        if self._found and self._found.url == url:
            self._found = None


async def _ask_all(ports: Sequence[int], deadline_s: float) -> dict[int, Found | None]:
    """Ask each port; the deaf are missing from the result."""
    if not ports:
        return {}
    asking = {port: asyncio.ensure_future(_ask(port)) for port in ports}
    try:
        late_s = float("inf")
        while late_s > LATE_S:  # a loop that stood still has yet to read what came meanwhile
            due_s = time.monotonic() + deadline_s
            await asyncio.wait(asking.values(), timeout=deadline_s)
            late_s = time.monotonic() - due_s
    finally:
        for task in asking.values():
            task.cancel()
        await asyncio.gather(*asking.values(), return_exceptions=True)
    return {port: task.result() for port, task in asking.items() if not task.cancelled()}


async def _ask(port: int) -> Found | None:
    url = Address(f"http://127.0.0.1:{port}/v1")
    try:
        listing = models_in(await _read(endpoint(url), Secret(), None, LIST_S))
    except CromicleError:
        return None
    if listing is None or not (listing.models or port in _NAMES):
        return None
    return Found(_name(port, listing), url, listing.models)


def _name(port: int, listing: Listing) -> str:
    known = (_OWNERS[owner] for owner in _OWNERS if owner in listing.owners)
    return next(known, _NAMES.get(port, f"127.0.0.1:{port}"))


async def _read(url: str, token: Secret, proxy: str | None, deadline_s: float) -> bytes:
    """Read a whole body within bounds of time and size."""
    address, ends = public_address(url), time.monotonic() + deadline_s
    headers = {"accept": "application/json", **authorization(token)}
    received = bytearray()
    limits = Limits(address, timeout=deadline_s)
    limits.has_begun = True  # a list has no first text, only silences
    async with Exchange(get(url, headers, proxy), limits) as body:
        async for data in body:
            received += data
            limits.count("more of the list")
            if len(received) > BODY_BYTES:
                text = f"{address} sent over {BODY_BYTES} bytes, no list of models; check the url."
                raise ProtocolError(text, address=address)
            if time.monotonic() > ends:
                text = f"{address} sent no whole list of models within {deadline_s:g} s; ask again."
                raise DeadlineError(text, address=address)
    return bytes(received)
