"""Which provider answers: at an address, by a name, or by where its class is."""

from __future__ import annotations

import re
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from cromicle_magic.errors import SettingError
from cromicle_magic.providers.foreign import adapted, own_errors
from cromicle_magic.render.terminal import quoted, visible
from cromicle_magic.wire.openai import is_engines

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

    from cromicle_magic.providers.base import AsyncGeneratorProvider

__all__ = ["GROUP", "names", "provider_at", "provider_named", "register"]

# The entry points by which another package adds a provider.
GROUP = "cromicle_magic.providers"

# One word on the magic line, and neither an address nor the place of a class.
_NAME = re.compile(r"\w[\w-]*")
_CLASS = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*[.:][^\W\d]\w*(?:\.[^\W\d]\w*)*")
_BUILT_IN = ("cromicle", "openai")

# By the name in small letters: the name as given, and the class.
_registered: dict[str, tuple[str, type[AsyncGeneratorProvider]]] = {}


def register(name: str, provider: type) -> None:
    """Give a provider a name, by which ``%cromicle use`` and Tab know it.

    Args:
        name: One word of letters, digits, ``_`` and ``-``, small or capital alike. A provider that
            had it loses it.
        provider: A subclass of ``AsyncGeneratorProvider``, or any class that keeps g4f's contract.

    Raises:
        SettingError: The name can't be one, or the class keeps no contract.
    """
    if not _NAME.fullmatch(name):
        text = f"{quoted(name, 40)} can't name a provider; take one word of letters, such as"
        raise SettingError(f"{text} shout.")
    _registered[name.casefold()] = name, adapted(provider)


def names() -> list[str]:
    """List what ``provider_named`` knows by a name, without loading any of it.

    >>> names()[-2:]
    ['cromicle', 'openai']
    """
    known = [name for name, _ in _registered.values()]
    known += [*(point.name for point in _points()), *_BUILT_IN]
    return list({name.casefold(): name for name in reversed(known)}.values())[::-1]


def provider_named(text: str) -> type[AsyncGeneratorProvider] | None:
    """Give the provider that a name stands for, or that a class is.

    Args:
        text: A registered name, the name of an entry point, ``cromicle`` or ``openai``, in this
            order and in small or capital letters; or the place of a class, as in
            ``g4f.Provider.X`` or ``package.module:Class``, which is imported.

    Returns:
        The provider; None if the text is neither a known name nor looks like the place of a class.

    Raises:
        SettingError: It can't be imported, or keeps no contract.
        ForeignError: Importing it failed by an error of its own.
    """
    name = text.casefold()
    if name in _registered:
        return _registered[name][1]
    for point in _points():
        if point.name.casefold() == name:
            return adapted(_imported(*_place(point.value), _title(point)))
    if name in _BUILT_IN:
        return _built_in(name)
    if _CLASS.fullmatch(text):
        return adapted(_imported(*_place(text), text))
    return None


def provider_at(url: str | None) -> type[AsyncGeneratorProvider]:
    """Give the provider for an address.

    Args:
        url: The address; None for the embedded server.

    Returns:
        ``OpenAI`` where the path holds a version, as in ``http://127.0.0.1:11434/v1``, or names the
        call in full; else ``Cromicle``, whose servers have no path.
    """
    return _built_in("openai" if url and is_engines(url) else "cromicle")


def _built_in(name: str) -> type[AsyncGeneratorProvider]:
    # Imported here, for they bring aiohttp along.
    if name == "openai":
        from cromicle_magic.providers.openai import OpenAI  # noqa: PLC0415

        return OpenAI
    from cromicle_magic.providers.cromicle import Cromicle  # noqa: PLC0415

    return Cromicle


def _points() -> EntryPoints:
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow, and seldom needed

    return entry_points(group=GROUP)


def _title(point: EntryPoint) -> str:
    package = f" of the package {point.dist.name}" if point.dist else ""
    return f"The provider {point.name}{package}"


def _place(text: str) -> tuple[str, str]:
    """Part the place of a class into its module and its name there."""
    text = text.split("[", maxsplit=1)[0].strip()
    module, _, path = text.rpartition(":" if ":" in text else ".")
    return module.strip(), path.strip()


def _imported(module: str, path: str, title: str) -> type:
    """Import a class.

    Args:
        module: Its module.
        path: Its name there.
        title: What the reader knows it by.

    Raises:
        SettingError: It isn't there, or what it needs isn't.
        ForeignError: Something else went wrong.
    """
    with own_errors(title):
        try:
            found = import_module(module)
        except ModuleNotFoundError as error:
            raise SettingError(f"{title} {_lacking(module, error.name or module)}") from None
        try:
            return cast("type", attrgetter(path)(found))
        except AttributeError:
            text = f"{title} isn't there: {module} has no {path}; check the name."
            raise SettingError(text) from None


def _lacking(module: str, missing: str) -> str:
    package = visible(missing.partition(".")[0])
    if package != module.partition(".")[0]:
        return f"needs the package {package}, which isn't installed; pip install {package}."
    if missing == package:
        return f"isn't there: no package {package} is installed; pip install it, or check the name."
    return f"isn't there: no module is named {visible(missing)}; check the name."
