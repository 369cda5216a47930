"""Keys of the reader's own: in a file that nobody else can read, or typed in and kept."""

from __future__ import annotations

import os
import shlex
import stat
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cromicle_magic.caught import Caught
from cromicle_magic.discretion import Secret
from cromicle_magic.errors import SettingError
from cromicle_magic.privacy.leaks import find, secret_values
from cromicle_magic.render.terminal import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

__all__ = ["forget", "keep", "kept_for", "known", "origin_of", "read_file", "secrets"]

# What keys are kept under in the system's keyring, each for its origin.
SERVICE = "cromicle-magic"
# A key is one line; whoever names a file of megabytes means another one.
FILE_BYTES = 16_384

# By origin; None where the keyring was asked and has no key.
_kept: dict[str, Secret | None] = {}


def read_file(path: str) -> Secret:
    """Read a key from a file of its own.

    Args:
        path: The file, ``~`` meaning the reader's home. On Windows, whose files have no mode, who
            may read it is not looked at.

    Returns:
        What it holds, without the white space around it.

    Raises:
        SettingError: It can't be read, others may read or change it, or it holds no key.
    """
    try:
        place = Path(path).expanduser()
        with open(place, "rb", opener=_at_once) as file:
            # Of the very file that is read, whatever its name stands for a moment later.
            mode, data = os.fstat(file.fileno()).st_mode, file.read(FILE_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "no such place"
        text = f"{_shown(path)} can't be read ({reason.lower()}); write the key into a file."
        raise SettingError(text) from None
    _check_mode(path, mode)
    return _key_in(path, data)


def origin_of(url: str) -> str:
    """Give an address's scheme, host and port, which is all that a key is kept for.

    >>> origin_of("https://me@H.invalid:443/v1"), origin_of("http://[::1]:8080/")
    ('https://h.invalid', 'http://[::1]:8080')
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return f"{parts.scheme}://{name}{port}"


def keep(url: str, key: str) -> str:
    """Keep a key for an address's origin, in the system's keyring if there is one that works.

    Args:
        url: The address.
        key: The key.

    Returns:
        Where it is kept, as the reader should see it.
    """
    origin = origin_of(url)
    _kept[origin] = Secret(key)
    ring = _keyring()
    if ring is None:
        return "the memory of this process"
    with Caught():
        ring.set_password(SERVICE, origin, key)
        if ring.get_password(SERVICE, origin) == key:
            return "the system's keyring"
    return "the memory of this process"


def kept_for(url: str) -> Secret | None:
    """Give the key that is kept for an address's origin, None if there is none.

    The system's keyring is asked once for each origin, and may ask the reader to unlock it.
    """
    origin = origin_of(url)
    if origin not in _kept:
        _kept[origin] = _in_keyring(origin)
    return _kept[origin]


def forget(url: str) -> bool:
    """Let go of the key for an address's origin.

    Args:
        url: The address.

    Returns:
        Whether there was one.

    Raises:
        SettingError: The system's keyring does not let go of it.
    """
    origin = origin_of(url)
    was_kept = _kept.pop(origin, None) is not None
    ring = _keyring()
    if ring is None or _in_keyring(origin) is None:
        return was_kept
    with Caught() as block:
        ring.delete_password(SERVICE, origin)
    if block.error:
        text = f"The system's keyring does not let go of the key for {origin}; remove it there."
        raise SettingError(text)
    return True


def known() -> dict[str, Secret]:
    """Give the keys that are kept, by their origins; of the keyring those that were used."""
    return {origin: key for origin, key in _kept.items() if key}


def secrets(variables: Mapping[str, str]) -> dict[str, Secret]:
    """Give all values that must be seen nowhere, by what the reader knows them by.

    Args:
        variables: The environment's.
    """
    named = {name: Secret(value) for name, value in secret_values(variables).items()}
    return named | {f"key for {origin}": key for origin, key in known().items()}


def _at_once(path: str, flags: int) -> int:
    # A pipe must not hold the cell up.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_mode(path: str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise SettingError(f"{_shown(path)} is no file; name the one that holds the key.")
    if os.name == "posix" and mode & 0o077:
        text = f"{_shown(path)} is open to others (mode {stat.S_IMODE(mode):04o}); close it with:"
        raise SettingError(f"{text} chmod 600 {shlex.quote(path)}")


def _key_in(path: str, data: bytes) -> Secret:
    try:
        key = data.decode().strip()
    except UnicodeDecodeError:
        key = ""
    if len(data) > FILE_BYTES or not key or not key.isprintable():
        text = f"{_shown(path)} holds no key; write it there, one line and nothing else."
        raise SettingError(text)
    return Secret(key)


def _shown(path: str) -> str:
    """Give a path for a message, unless it may be a key that was put in the file's place."""
    folder, _ = os.path.split(path)
    # A key may hold a slash, and be longer than any name, at which Path.exists raises it.
    is_near = os.path.exists(folder or path)  # noqa: PTH110
    is_path = is_near or Path(path).is_absolute() or path.startswith(("~", "."))
    return quoted(path) if is_path and not find(path) else "What should name the file of the key"


def _in_keyring(origin: str) -> Secret | None:
    ring = _keyring()
    if ring is None:
        return None
    with Caught():
        key = ring.get_password(SERVICE, origin)
        return Secret(key) if key else None
    return None


def _keyring() -> ModuleType | None:
    """Bring the library that knows the system's keyring, if it is installed.

    Its backends are anybody's, and raise what they like.
    """
    if find_spec("keyring") is None:
        return None
    with Caught():
        import keyring  # noqa: PLC0415 - slow, and only an extra

        ring: ModuleType = keyring
        return ring
    return None
