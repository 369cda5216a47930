"""What an engine says: to its key, when asked for its models, and to a tiny prompt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cromicle_magic.doctor import remedies
from cromicle_magic.doctor.check import Check
from cromicle_magic.doctor.trial import tried
from cromicle_magic.errors import (
    AccessError,
    ConnectError,
    CromicleError,
    DeadlineError,
    EmptyError,
    ProtocolError,
    RemoteError,
    SettingError,
)
from cromicle_magic.likeness import nearest
from cromicle_magic.providers.discovery import models_at
from cromicle_magic.providers.openai import OpenAI
from cromicle_magic.render.counts import counted
from cromicle_magic.render.terminal import quoted
from cromicle_magic.wire.cromicle import DEFAULT_TOKEN
from cromicle_magic.wire.models import first_chat_model
from cromicle_magic.wire.openai import base

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from cromicle_magic.doctor.trial import Patient, Trial
    from cromicle_magic.providers.engines import Engine

__all__ = ["heard"]

# Who lists models does so at once, also while a model is at work.
LIST_S = 5.0
# Beyond it, in seconds, an engine was probably cold: it read its model from disk first.
COLD_S = 5.0


async def heard(patient: Patient) -> AsyncGenerator[Check, None]:
    """Talk to an engine, and judge the key, the protocol and the first text.

    Args:
        patient: Whom to talk to.

    Yields:
        A check for each of three steps; behind one that failed nothing sensible comes. Closed or
        cancelled, it closes the connection.
    """
    engine, settings = patient.engine, patient.settings
    if engine.url is None or not issubclass(engine.provider, OpenAI):
        for check in await _by_its_answer(patient, ""):
            yield check
        return
    try:
        models = await models_at(engine.url, engine.token, settings.proxy, deadline_s=LIST_S)
    except (AccessError, SettingError) as error:
        yield _refused(patient, error)
    except (ConnectError, DeadlineError) as error:
        yield Check("key", "skipped", "nothing was heard yet")
        yield Check("protocol", "failed", str(error), remedies.connect(engine, engine.url))
    except RemoteError as error:
        for check in await _by_its_answer(patient, str(error)):
            yield check
    else:
        yield _accepted(patient)
        yield _listed(patient, models)
        asked = patient.asking(settings.model or first_chat_model(models))
        yield _first_text(asked, await tried(asked))


async def _by_its_answer(patient: Patient, unlisted: str) -> list[Check]:
    """Judge all three steps by the answer to the prompt, where there is nothing else to go by."""
    trial = await tried(patient)
    if isinstance(trial.error, AccessError):
        return [_refused(patient, trial.error)]
    if alien := _alien(trial):
        key = Check("key", "skipped", "nobody answered who could want one")
        return [key, Check("protocol", "failed", alien, await _elsewhere(patient))]
    text = "text in pieces, as a provider gives them"
    if patient.engine.url is not None:
        text = f"OpenAI's, though: {unlisted}" if unlisted else "the Cromicle protocol, plain text"
    key, protocol = _accepted(patient), Check("protocol", "ok", text)
    if trial.error and not trial.seconds:
        unknown = "no answer came to judge it by"
        key, protocol = Check("key", "skipped", unknown), Check("protocol", "skipped", unknown)
    return [key, protocol, _first_text(patient, trial)]


def _alien(trial: Trial) -> str:
    """Say what shows that nobody speaks the protocol there; "" if somebody does."""
    error = trial.error
    if isinstance(error, ProtocolError) or (error and error.status in {404, 405, 501}):
        return str(error)
    # The Cromicle protocol is plain text, so a page would pass for an answer.
    if re.match(r"\s*<(?:!doctype|html)", trial.text, re.IGNORECASE):
        return f"A web page came, no answer: {quoted(trial.text, 40)}."
    return ""


async def _elsewhere(patient: Patient) -> str:
    """Give what to type where the address is an engine's, but for its version."""
    engine = patient.engine
    if engine.url is None or issubclass(engine.provider, OpenAI):
        return remedies.ANOTHER
    url = base(engine.url)
    try:
        await models_at(url, engine.token, patient.settings.proxy, deadline_s=LIST_S)
    except CromicleError:
        return remedies.ANOTHER
    return remedies.use(url)


def _refused(patient: Patient, error: CromicleError) -> Check:
    engine, origin = patient.engine, patient.withheld
    if not origin:
        said = "sent" if _has_key(engine) else "none was sent"
        return Check("key", "failed", f"{said}: {error}", remedies.key(engine))
    text = f"withheld, for {origin} set it further from the cell than the address: {error}"
    return Check("key", "failed", text, remedies.release(engine.url or "", origin))


def _accepted(patient: Patient) -> Check:
    text = "none of yours was sent, and none is wanted"
    if _has_key(patient.engine):
        text = "sent, and not refused"
    elif patient.withheld:
        text = f"that of {patient.withheld} was withheld, and none is wanted"
    return Check("key", "ok", text)


def _has_key(engine: Engine) -> bool:
    return engine.token.strip() not in {"", DEFAULT_TOKEN}


def _listed(patient: Patient, models: Sequence[str]) -> Check:
    """Judge a list of models by whether it holds one to ask."""
    engine, named = patient.engine, patient.settings.model
    chosen = named or first_chat_model(models)
    if not models or not chosen:
        what = "which chats" if models else "at all"
        text = f"OpenAI's, but {engine.name} has no model {what}."
        return Check("protocol", "failed", text, remedies.pull(engine))
    listed = f"OpenAI's; {counted(len(models), 'model')} listed"
    # Ollama takes a name without its tag for the latest.
    if named and not {named, f"{named}:latest"} & set(models):
        other = nearest(named, models, likeness=0.3) or first_chat_model(models)
        text = f"{listed}, but no {quoted(named, 60)}; the nearest is {quoted(other, 60)}."
        return Check("protocol", "warning", text, remedies.model(other))
    return Check("protocol", "ok", f"{listed}, {quoted(chosen)} is asked")


def _first_text(patient: Patient, trial: Trial) -> Check:
    error, engine = trial.error, patient.engine
    # A model that thinks longer than the few tokens allow has answered, too.
    has_come = trial.pieces if isinstance(error, DeadlineError) else trial.seconds
    if error is None or (isinstance(error, (DeadlineError, EmptyError)) and has_come):
        return Check("first text", "ok", _timed(trial))
    if isinstance(error, AccessError):
        return Check("first text", "failed", str(error), _refused(patient, error).remedy)
    if isinstance(error, DeadlineError):
        return _too_slow(patient, trial, error)
    remedy = remedies.fetch(engine, engine.model)
    return Check("first text", "failed", str(error), remedy)


def _timed(trial: Trial) -> str:
    came = quoted(trial.text, 30) if trial.text else "thinking"
    # One piece may be several that arrived together.
    form = ", streamed" if trial.pieces > 1 else ""
    cold = "; the model was probably loaded first, and the next is faster"
    return f"{came} after {trial.seconds:.2f} s{form}{cold * (trial.seconds > COLD_S)}"


def _too_slow(patient: Patient, trial: Trial, error: DeadlineError) -> Check:
    if patient.settings.timeout <= trial.limit_s:
        return Check("first text", "failed", str(error), remedies.WAIT)
    waits = (
        f"a large model may still be loading, and a cell waits for {patient.settings.timeout:g} s"
    )
    text = f"No text came within {trial.limit_s:g} s; {waits}."
    return Check("first text", "failed", text, remedies.AGAIN)
