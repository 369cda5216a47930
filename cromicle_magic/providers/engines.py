"""Who answers: what the cell says, what the environment names, what is found on this machine."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cromicle_magic.discretion import Address, Secret, is_loopback, public_address
from cromicle_magic.environment import announced
from cromicle_magic.errors import CromicleError, RemoteError, SettingError
from cromicle_magic.privacy.keys import kept_for
from cromicle_magic.providers import discovery, names, registry
from cromicle_magic.providers.cromicle import Cromicle
from cromicle_magic.providers.doorway import opened
from cromicle_magic.server import embedded
from cromicle_magic.wire.cromicle import DEFAULT_TOKEN
from cromicle_magic.wire.models import first_chat_model
from cromicle_magic.wire.openai import base

if TYPE_CHECKING:
    from cromicle_magic.providers.base import AsyncGeneratorProvider
    from cromicle_magic.providers.discovery import Found
    from cromicle_magic.settings import Settings

__all__ = [
    "Engine",
    "address_for",
    "engine_for",
    "forget",
    "known_models",
    "models_of",
    "others",
    "probed",
]

_NO_TOKEN = Secret(DEFAULT_TOKEN)

# The models that an address was last known to have.
_models: dict[str, tuple[str, ...]] = {}
_on_this_machine = discovery.Engines()


@dataclass(frozen=True, slots=True)
class Engine:
    """Who answers a request.

    Attributes:
        name: What the reader should see; foreign text.
        provider: The class that asks it.
        url: Its address; None where the provider has one of its own.
        token: The token or key for it.
        model: The model to ask for, "" for the engine's own choice.
        origin: What chose it, "" if the settings name it.
        is_found: Whether nobody named it, and it was found on this machine.
    """

    name: str
    provider: type[AsyncGeneratorProvider]
    url: Address | None = None
    token: Secret = _NO_TOKEN
    model: str = ""
    origin: str = ""
    is_found: bool = False


async def engine_for(settings: Settings) -> Engine:
    """Give the engine that answers.

    What the settings name comes first, then ``OPENAI_BASE_URL`` and ``OLLAMA_HOST``, then an engine
    found on this machine, which takes half a second at most, then the embedded responder.

    Args:
        settings: Those of the request.

    Returns:
        The engine; one that is named need not be there.

    Raises:
        CromicleError: There is no engine of that name, or it can't be started.
    """
    if settings.url:
        return await _with_model(_at(settings.url, settings, settings.token), settings)
    if settings.engine:
        return await _named(settings.engine, settings)
    if other := announced():
        engine = await _with_model(_at(other.url, settings, other.token), settings)
        return replace(engine, origin=other.origin)
    if place := await _on_this_machine.found(settings.ports):
        return replace(_placed(place, settings), origin="found on this machine", is_found=True)
    return replace(_offline(), origin="no engine was found")


async def address_for(settings: Settings) -> Address:
    """Give the address of who would answer, to which a key would go; no key is sent to find out.

    Args:
        settings: Those of a request.

    Raises:
        SettingError: It is no engine with an address.
    """
    name = (settings.engine or "").lower()
    if settings.url:
        return settings.url
    if name in names.USUAL:
        return names.usual_address(name)
    if name == names.OPENAI:
        return names.openai_address().url
    if not name and (other := announced()):
        return other.url
    if not name and (place := await _on_this_machine.found(settings.ports)):
        return place.url
    # What else was named isn't repeated: it may be the key itself.
    who = f"The engine {name}" if name in names.known() else "What was named"
    who = who if name else "The engine that answers now"
    raise SettingError(f"{who} takes no key; name an address, as in https://h.invalid/v1.")


async def probed(settings: Settings) -> Engine:
    """Give the engine that answers, and ask it which models it has.

    A bare address may be an engine's or that of a server of the Cromicle protocol: the engine is
    who lists models. Nothing is sent but the key.

    Args:
        settings: Those of the request.

    Returns:
        The engine as it is to be asked, with a model if it told any.

    Raises:
        CromicleError: Nobody answers there, or the key is not the right one.
    """
    engine = await engine_for(settings)
    if engine.url is None or engine.name == names.RESPONDER:
        return engine
    url = Address(base(engine.url))
    try:
        _models[url] = await discovery.models_at(url, engine.token, settings.proxy)
    except RemoteError:
        return engine  # no engine must list its models, and other servers don't
    asked = _at(url, settings, engine.token)
    name = asked.name if engine.name == public_address(engine.url) else engine.name
    return replace(asked, name=name, origin=engine.origin)


async def others(settings: Settings, engine: Engine | None = None) -> list[Engine]:
    """Look for the engines on this machine, but for one; their models are known from now on.

    Args:
        settings: Those of the request.
        engine: The one that is left out, if any.

    Returns:
        The engines that were found, in the order of the ports.
    """
    places = await discovery.look(settings.ports)
    _models.update((place.url, place.models) for place in places)
    known = engine.url if engine else None
    return [_placed(place, settings) for place in places if place.url != known]


def forget(engine: Engine) -> None:
    """Look for an engine anew next time: the one that was found is gone."""
    _on_this_machine.forget(engine.url)
    _models.pop(engine.url or "", None)


def models_of(engine: Engine) -> tuple[str, ...]:
    """Give the models that an engine is known to have, without asking it."""
    return _models.get(engine.url or "", ())


def known_models() -> list[str]:
    """Give all models that are known so far, in no order of preference."""
    return sorted({model for models in _models.values() for model in models})


def _at(url: Address, settings: Settings, token: Secret = _NO_TOKEN) -> Engine:
    provider = registry.provider_at(url)
    # The Cromicle protocol has no place for a model's name.
    model = settings.model or first_chat_model(_models.get(url, ()))
    model = "" if provider is Cromicle else model
    return Engine(public_address(url), provider, url, _key_for(url, token), model)


def _key_for(url: Address, token: Secret) -> Secret:
    """Give the token, or the key that is kept for the address where there is none."""
    is_given = token not in {"", _NO_TOKEN}
    return token if is_given else kept_for(url) or token


def _placed(place: Found, settings: Settings) -> Engine:
    _models.setdefault(place.url, place.models)
    return replace(_at(place.url, settings), name=f"{place.name} at {place.url}")


async def _with_model(engine: Engine, settings: Settings) -> Engine:
    """Find a model where an engine on this machine may want to be told one, as Ollama does."""
    url = engine.url
    if engine.model or not url or not is_loopback(url) or engine.provider is Cromicle:
        return engine
    with suppress(CromicleError):  # what is amiss, the request itself will tell
        _models[url] = await discovery.models_at(
            url, engine.token, settings.proxy, deadline_s=discovery.LOOK_S
        )
    return replace(engine, model=first_chat_model(_models.get(url, ())))


def _offline() -> Engine:
    place = embedded.start()
    return Engine(names.RESPONDER, Cromicle, place.url, place.token)


async def _named(name: str, settings: Settings) -> Engine:
    known = name.lower()
    if known == names.OFFLINE:
        return _offline()
    if known in names.USUAL:
        return await _usual(known, settings)
    if known == names.OPENAI:
        other = names.openai_address()
        return _at(other.url, settings, other.token)
    if names.is_file(name):
        model = await opened(name)
        return replace(_at(model.url, settings, model.token), name=model.model, model="")
    if provider := registry.provider_named(name):
        return Engine(provider.__name__, provider, None, settings.token, settings.model)
    raise names.unknown(name)


async def _usual(name: str, settings: Settings) -> Engine:
    url = names.usual_address(name)
    # The token was set for another address; OLLAMA_HOST may be anywhere.
    token = settings.token if is_loopback(url) else _NO_TOKEN
    if not settings.model and not _models.get(url):
        key = _key_for(url, token)
        proxy = None if is_loopback(url) else settings.proxy
        _models[url] = await discovery.models_at(url, key, proxy)
    engine = replace(_at(url, settings, token), name=f"{name} at {public_address(url)}")
    if engine.model:
        return engine
    raise SettingError(f"{engine.name} has no model that can chat; download one, such as llama3.2.")
