"""The examination: who would answer, and each step of the way there, up to the first text."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from cromicle_magic.discretion import MASK
from cromicle_magic.doctor import remedies
from cromicle_magic.doctor.check import STEPS, Check
from cromicle_magic.doctor.route import way
from cromicle_magic.doctor.speech import heard
from cromicle_magic.doctor.trial import Patient
from cromicle_magic.errors import CromicleError
from cromicle_magic.likeness import nearest
from cromicle_magic.providers import discovery, names
from cromicle_magic.providers.engines import engine_for, forget
from cromicle_magic.settings import settle
from cromicle_magic.wire.cromicle import DEFAULT_TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from cromicle_magic.providers.engines import Engine
    from cromicle_magic.settings import Settings

__all__ = ["Sources", "examine", "sources"]

# A name for a model spares an engine the question which it has, before it is its turn.
_UNASKED = "?"
# What an address has to be checked for, and a class has not.
_WAY = STEPS[1:5]
# So much of a key, where a text was cut off within it, would help somebody who guesses the rest.
_PART_CHARS = 4


class Sources(NamedTuple):
    """Where settings come from, as far as the doctor tells.

    Attributes:
        who: What says who answers; "" if nothing does.
        withheld: Where a key is set that does not go to the address; "" if none is.
    """

    who: str = ""
    withheld: str = ""


def sources(
    line: Mapping[str, object] | None = None,
    config: Mapping[str, object] | None = None,
    *,
    used: Mapping[str, object] | None = None,
) -> Sources:
    """Give where the settings come from.

    Args:
        line: What a cell's own line would set.
        config: What ``%config`` sets.
        used: What ``%cromicle use`` set.
    """
    found = settle(line, config, used=used)
    named = found["engine"] if found["engine"].value else found["url"]
    # The key as it would be if nothing nearer than itself named an address.
    free = settle(None, {"token": (config or {}).get("token")})["token"].origin
    is_withheld = found["token"].origin == "default" and free != "default"
    return Sources(named.origin if named.value else "", free if is_withheld else "")


async def examine(
    settings: Settings, origins: Sources | None = None
) -> AsyncGenerator[Check, None]:
    """Check the way to whoever would answer; a prompt of a few words is sent at its end.

    Args:
        settings: Those of the request.
        origins: Where they come from, if that is known.

    Yields:
        A check for each of ``check.STEPS``, in their order, as soon as it is made; those behind a
        failed one are skipped. No key stands in any. Closed or cancelled, it closes its connection.
    """
    failed, done = "", set()
    async with aclosing(_steps(settings, origins or Sources())) as checks:
        async for check in checks:
            yield check
            done.add(check.step)
            if check.verdict == "failed":
                failed = check.step
                break
    for step in STEPS:
        if step not in done:
            yield Check(step, "skipped", f"not tried: {failed} failed")


async def _steps(settings: Settings, origins: Sources) -> AsyncGenerator[Check, None]:
    try:
        engine = await _chosen(settings)
    except CromicleError as error:
        near = nearest(settings.engine or "", names.known())
        yield Check("engine", "failed", str(error), remedies.named(near))
        return
    secrets = _secrets(engine, settings)
    yield _without(secrets, await _introduced(engine, settings, origins))
    async with aclosing(_way_to(engine, settings)) as checks:
        async for check in checks:
            yield _without(secrets, check)
    async with aclosing(heard(Patient(engine, settings, origins.withheld))) as checks:
        async for check in checks:
            yield _without(secrets, check)


async def _chosen(settings: Settings) -> Engine:
    """Give who would answer, looked for anew, and not asked yet."""
    unasked = replace(settings, model=settings.model or _UNASKED)
    engine = await engine_for(unasked)
    if engine.is_found:
        forget(engine)
        engine = await engine_for(unasked)
    return engine if settings.model else replace(engine, model="")


async def _introduced(engine: Engine, settings: Settings, origins: Sources) -> Check:
    why = origins.who or engine.origin
    text = f"{engine.name}: {why}" if why else engine.name
    if engine.name != names.RESPONDER:
        return Check("engine", "ok", text)
    # One without a model is passed over; its owner wonders why.
    ports = () if settings.engine else settings.ports
    bare = [place for place in await discovery.look(ports) if not place.model]
    if not bare:
        return Check("engine", "warning", f"{text}; no model is connected", remedies.ANY)
    text = f"{text}; no model is connected, and {bare[0].name} at {bare[0].url} has none"
    found = replace(engine, name=bare[0].name, url=bare[0].url)
    return Check("engine", "warning", text, remedies.pull(found))


async def _way_to(engine: Engine, settings: Settings) -> AsyncGenerator[Check, None]:
    if engine.url is None:
        text = f"{engine.name} finds its own way"
        for step in _WAY:
            yield Check(step, "skipped", text)
        return
    start = remedies.connect(engine, engine.url)
    async with aclosing(way(engine.url, settings.proxy, start=start)) as checks:
        async for check in checks:
            yield check


def _secrets(engine: Engine, settings: Settings) -> set[str]:
    """Give all that no output may hold, for some servers repeat it in their errors."""
    known = {settings.token.strip(), engine.token.strip()}
    for url in (engine.url, settings.proxy):
        password = urlsplit(url or "").password or ""
        known |= {password, unquote(password)}
    return known - {"", DEFAULT_TOKEN}


def _without(secrets: set[str], check: Check) -> Check:
    detail = check.detail
    for secret in sorted(secrets, key=len, reverse=True):
        detail = detail.replace(secret, MASK)
        for chars in range(len(secret) - 1, _PART_CHARS - 1, -1):
            detail = detail.replace(f"{secret[:chars]}…", f"{MASK}…")
    return check._replace(detail=detail)
