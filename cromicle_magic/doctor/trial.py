"""The tiny prompt: sent as a cell's would be, and left as soon as it has shown what it can."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from cromicle_magic.errors import CromicleError, DeadlineError
from cromicle_magic.patience import within

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from cromicle_magic.providers.engines import Engine
    from cromicle_magic.report import Report
    from cromicle_magic.settings import Settings

__all__ = ["Patient", "Trial", "tried"]

# A cold engine first reads its model from disk; longer than this nobody wants to watch a check.
TEXT_S = 60.0
PROMPT = "Reply with the one word OK."
# Few, yet enough for a word behind the marks of some models.
TOKENS = 16
# Two show that it streams; the rest of an answer is cut off by closing the connection.
PIECES = 2
# The first text is what counts; whether more follows is worth only a moment.
MORE_S = 3.0


class Patient(NamedTuple):
    """Whom to examine.

    Attributes:
        engine: Who answers.
        settings: How it is asked.
        withheld: Where a key is set that is not sent there; "" if none is.
    """

    engine: Engine
    settings: Settings
    withheld: str = ""

    def asking(self, model: str) -> Patient:
        """Give the same with the model to ask for."""
        return self._replace(engine=replace(self.engine, model=model))


class Trial(NamedTuple):
    """How the tiny prompt went.

    Attributes:
        error: What ended it, if anything did.
        seconds: How long the first text, or thinking, took.
        text: The text, up to where it was left.
        pieces: How many pieces that were.
        limit_s: How long it was waited for.
    """

    error: CromicleError | None
    seconds: float
    text: str
    pieces: int
    limit_s: float


async def tried(patient: Patient) -> Trial:
    """Ask the tiny prompt; where a limit of tokens is refused, once more without it.

    Args:
        patient: Who is asked.

    Returns:
        What came of it; a failure is in there, too.
    """
    trial = await _asked(patient, min(patient.settings.max_tokens or TOKENS, TOKENS))
    # Some hosted models refuse the field by its name.
    if trial.error and trial.error.status == 400 and "max_tokens" in str(trial.error):
        return await _asked(patient, patient.settings.max_tokens)
    return trial


async def _asked(patient: Patient, max_tokens: int | None) -> Trial:
    timeout_s = min(patient.settings.timeout, TEXT_S)
    heard_at: list[float] = []
    pieces: list[str] = []
    failure: CromicleError | None = None
    began_s = time.monotonic()

    def hear(report: Report) -> None:
        if report.thought:
            heard_at.append(time.monotonic())

    try:
        async with aclosing(_chunks(patient, timeout_s, max_tokens, hear)) as chunks:
            # Beyond the provider's own deadline, which anything that is no text puts off.
            while len(pieces) < PIECES:
                patience_s = min(MORE_S, timeout_s) if pieces else timeout_s
                pieces.append(await within(patience_s, anext(chunks)))
                heard_at.append(time.monotonic())
    except StopAsyncIteration:
        pass
    except CromicleError as error:  # first, for from Python 3.11 on a DeadlineError is both
        failure = error
    except asyncio.TimeoutError:
        text = f"{patient.engine.name} sent no text within {timeout_s:g} s."
        failure = None if pieces else DeadlineError(text)
    seconds = heard_at[0] - began_s if heard_at else 0.0
    return Trial(failure, seconds, "".join(pieces), len(pieces), timeout_s)


def _chunks(
    patient: Patient, timeout_s: float, max_tokens: int | None, hear: Callable[[Report], None]
) -> AsyncGenerator[str, None]:
    engine, settings = patient.engine, patient.settings
    return engine.provider.create_async_generator(
        engine.model,
        [{"role": "user", "content": PROMPT}],
        proxy=settings.proxy,
        url=engine.url,
        token=engine.token,
        timeout=timeout_s,
        temperature=settings.temperature,
        max_tokens=max_tokens,
        params=settings.param,
        report=hear,
    )
