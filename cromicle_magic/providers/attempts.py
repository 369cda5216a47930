"""A request sent again where a server fails for now, before the first text and never after."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from cromicle_magic.errors import ConnectError, CromicleError
from cromicle_magic.providers.failures import alone
from cromicle_magic.providers.limits import Limits
from cromicle_magic.providers.refusals import LONGEST_RETRY_AFTER_S
from cromicle_magic.report import Report

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from cromicle_magic.settings import Settings

__all__ = ["attempts", "limits_of"]

T = TypeVar("T")

# Before the second request, and doubled before the third. Where nothing listens, the reader must
# not wait long for the sentence that says so.
PAUSE_S = 0.5
REFUSED_PAUSE_S = 0.1


def limits_of(settings: Settings, address: str) -> Limits:
    """Give the limits that a reader has set, for all requests of one answer, from now on.

    Args:
        settings: The settings.
        address: Who answers, for the errors.
    """
    return Limits(
        address,
        timeout=settings.timeout,
        first_timeout=settings.first_timeout,
        connect_timeout=settings.connect_timeout,
        total_timeout=settings.total_timeout,
        max_chars=settings.max_chars,
    )


async def attempts(
    ask: Callable[[], AsyncGenerator[T, None]],
    limits: Limits,
    retries: int,
    tell: Callable[[Report], None],
) -> AsyncGenerator[T, None]:
    """Give what one request brings, or else the next, while an error may pass and no text has come.

    Pauses are of random length, so that many readers of a server that was down don't come back
    together. What a server asks for by Retry-After is kept, up to 30 s.

    Args:
        ask: Sends the request.
        limits: They know whether text has come; no pause outlasts the deadline.
        retries: How often to ask again.
        tell: Gets a ``Report`` before each pause.

    Yields:
        What the requests yield.

    Raises:
        CromicleError: That of the last request.
    """
    for number in count(1):
        try:
            async with aclosing(ask()) as arriving:
                async for piece in arriving:
                    yield piece
        except CromicleError as error:
            # A traceback holds frames, and those what the HTTP library holds: headers and all.
            failure = error.with_traceback(None)
        else:
            return
        pause_s = _pause_s(failure, number)
        is_final = limits.has_begun or number > retries or not failure.retryable
        is_too_long = (failure.retry_after_s or 0) > LONGEST_RETRY_AFTER_S
        if is_final or is_too_long or pause_s >= limits.left_s:
            with alone(failure):
                raise failure
        told = f"{_what(failure)}, asked again in {pause_s:.1f} s ({number} of {retries})"
        tell(Report(retry=told))
        await asyncio.sleep(pause_s)


def _pause_s(failure: CromicleError, number: int) -> float:
    pause_s = REFUSED_PAUSE_S if isinstance(failure, ConnectError) else PAUSE_S
    jitter_s = random.uniform(0.5, 1) * pause_s * number  # noqa: S311 - nobody gains by guessing
    return jitter_s + (failure.retry_after_s or 0)


def _what(failure: CromicleError) -> str:
    if failure.status:
        return f"HTTP {failure.status}"
    return "not reached" if isinstance(failure, ConnectError) else "broken off"
