"""%cromicle login and logout: a key typed in unseen, kept for one origin, and let go of."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cromicle_magic.discretion import is_loopback
from cromicle_magic.errors import SettingError
from cromicle_magic.privacy import keys
from cromicle_magic.render.terminal import visible
from cromicle_magic.running.interrupts import awake
from cromicle_magic.running.typed import typed
from cromicle_magic.settings import LOGIN, settle

if TYPE_CHECKING:
    from cromicle_magic.notebook import Notebook

__all__ = ["kept", "login", "logout"]


async def login(notebook: Notebook, name: str) -> None:
    """Ask for a key, and keep it for the origin of an engine's address.

    Args:
        notebook: Where it was asked for.
        name: The engine or its address; "" for the one that would answer now.

    Raises:
        SettingError: The engine takes no key, the frontend no input, or what was typed is no key.
        Interrupted: The reader broke it off.
    """
    used: dict[str, object] = {"engine": name} if name else notebook.used
    url = await _address(notebook, used)
    origin = keys.origin_of(url)
    nearer = settle(None, notebook.config(), used=used)["token"].origin
    key = typed(f"Key for {visible(origin)}: ").strip()
    if not key or not (key.isascii() and key.isprintable()):
        raise SettingError("No key was typed, or one that can't be sent; nothing was changed.")
    told = f"The key for {visible(origin)}, and for no other place, is in {keys.keep(url, key)}."
    if nearer not in {"default", LOGIN}:
        told += f" What {nearer} says comes first, though."
    if urlsplit(url).scheme == "http" and not is_loopback(url):
        told += " It goes there unencrypted; https would hide it on its way."
    notebook.tell(told)


async def logout(notebook: Notebook, name: str) -> None:
    """Let go of the key that is kept for the origin of an engine's address.

    Args:
        notebook: Where it was asked for.
        name: The engine or its address; "" for the one that would answer now.

    Raises:
        SettingError: The engine takes no key, or the system's keyring does not let go of it.
    """
    url = await _address(notebook, {"engine": name} if name else notebook.used)
    was_kept = keys.forget(url)
    told = "is forgotten" if was_kept else "was never kept"
    notebook.tell(f"The key for {visible(keys.origin_of(url))} {told}.")


def kept() -> str:
    """Tell for which origins a key is kept, "" if for none."""
    origins = ", ".join(map(visible, keys.known()))
    return f"A key is kept for {origins}." if origins else ""


async def _address(notebook: Notebook, used: dict[str, object]) -> str:
    from cromicle_magic.providers.engines import address_for  # noqa: PLC0415 - brings aiohttp along

    return await awake(address_for(notebook.settings(used=used)))
