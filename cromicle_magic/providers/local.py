"""A model in a GGUF file, run by llama.cpp in this very process.

There is one at a time, for each fills memory. It listens on loopback at a free port and answers
nobody without its key, which is made for each start.
"""

from __future__ import annotations

import asyncio
import atexit
import re
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cromicle_magic.discretion import Address, Secret
from cromicle_magic.errors import SettingError
from cromicle_magic.providers import llama
from cromicle_magic.providers.memory import available_bytes
from cromicle_magic.render.terminal import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Local", "close", "start"]

_MAGIC = b"GGUF"  # GGUF's specification, "File Structure"
# Beside its weights a model needs room for its context and for computing.
_SHARE, _ROOM_BYTES = 1.25, 2**28
# llama.cpp's own way to name the parts of a model in several files.
_PART = re.compile(r"(.+-)\d{5}(-of-\d{5}\.gguf)")


@dataclass(frozen=True, slots=True)
class Local:
    """A running model.

    Attributes:
        url: The engine's address, ending in ``/v1``.
        token: The key that it wants.
        model: The model's name, which is the file's without its ending.
    """

    url: Address
    token: Secret
    model: str


async def start(path: str, *, available: Callable[[], int | None] = available_bytes) -> Local:
    """Run a file, unless it is running; one that ran before is ended, its answers cut.

    The loop goes on while a process of its own tries the file, for llama.cpp aborts over some that
    are broken, and reads it from the disk by that; then it stands still for a moment, see
    ``llama.Engine``.

    Args:
        path: The file, from the working folder; ``~`` is the reader's home. Of several parts, the
            first.
        available: Tells how much memory there is, in bytes, None if that can't be known.

    Returns:
        Where it listens. Cancelled while the file is tried, nothing is left of it.

    Raises:
        SettingError: xllamacpp is not installed, the file can't be run, or memory is too small;
            what ran before runs on, unless the file passed its trial and failed all the same.
    """
    starting = _Start(_model_at(path), available)
    try:
        return await asyncio.to_thread(starting.run)
    except asyncio.CancelledError:
        starting.cancel()
        raise


def close() -> None:
    """End the running model, if there is one; answers under way are cut."""
    with _lock:
        _let_go()


class _Model(NamedTuple):
    """A file as it is now: written anew it is another one."""

    path: Path
    size: int
    changed_ns: int

    @property
    def needs(self) -> int:
        return int(self.size * _SHARE) + _ROOM_BYTES


class _Running(NamedTuple):
    model: _Model
    engine: llama.Engine
    place: Local


_lock = threading.Lock()
_running: list[_Running] = []
# Engines whose last answer could not be cut in time; to drop one would wait for it. The next start
# or close tries again.
_left: list[llama.Engine] = []


class _Start:
    """One start, in a thread that others wait for, and the hold on it."""

    def __init__(self, model: _Model, available: Callable[[], int | None]) -> None:
        self._model, self._available = model, available
        self._is_cancelled = threading.Event()
        self._trial: llama.Trial | None = None

    def run(self) -> Local:
        with _lock:
            if not (_running and _running[0].model == self._model):
                self._check_memory()
                context = self._tried()
                _let_go()
                _running.append(_run(self._model, context))
                atexit.register(close)
            return _running[0].place

    def cancel(self) -> None:
        self._is_cancelled.set()
        if self._trial:
            self._trial.stop()

    def _check_memory(self) -> None:
        free = self._available()
        needs = self._model.needs - sum(each.model.needs for each in _running)
        if free is None or needs <= free or needs <= free + llama.graphics_bytes():
            return
        text = (
            f"{_shown(self._model.path)} needs about {self._model.needs / 1e9:.1f} GB of memory and"
            f" {free / 1e9:.1f} GB are free; try a smaller model, or a smaller quantization."
        )
        raise SettingError(text)

    def _tried(self) -> int:
        self._trial = llama.Trial(self._model.path)
        if self._is_cancelled.is_set():
            self._trial.stop()
        try:
            return self._trial.result()
        except RuntimeError as error:
            raise _refused(self._model.path, str(error)) from None


def _model_at(path: str) -> _Model:
    """Find the file; the sentence about what is wrong comes before anything is loaded."""
    file = Path(path)
    if not llama.is_installed():
        text = f"To run {_shown(file)} takes xllamacpp; pip install cromicle-magic[local]."
        raise SettingError(text)
    try:
        file = file.expanduser()
        magic = _beginning(file)
        parts = [part.stat() for part in _parts(file)]
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreadable(file, error) from None
    if magic != _MAGIC:
        raise SettingError(f"{_shown(file)} is no GGUF file, and llama.cpp runs no other.")
    size, changed_ns = sum(p.st_size for p in parts), max(p.st_mtime_ns for p in parts)
    return _Model(file.resolve(), size, changed_ns)


def _beginning(file: Path) -> bytes:
    # To open a pipe would wait for somebody who writes to it.
    if file.exists() and not file.is_file():
        raise IsADirectoryError
    with file.open("rb") as opened:
        return opened.read(len(_MAGIC))


def _parts(file: Path) -> list[Path]:
    named = _PART.fullmatch(file.name)
    if not named:
        return [file]
    return [
        each
        for each in file.parent.iterdir()
        if _PART.sub(r"\1\2", each.name) == named[1] + named[2]
    ]


def _unreadable(file: Path, error: Exception) -> SettingError:
    if isinstance(error, FileNotFoundError):
        return SettingError(f"There is no file {_shown(file)}; check the path.")
    if isinstance(error, IsADirectoryError):
        kind = (
            "a folder; name a .gguf file in it" if file.is_dir() else "no file; name a .gguf file"
        )
        return SettingError(f"{_shown(file)} is {kind}.")
    # A name that can be none is a ValueError, and a home that nobody has a RuntimeError.
    reason = getattr(error, "strerror", None) or str(error)
    return SettingError(f"{_shown(file)} can't be read ({reason}); check the path.")


def _run(model: _Model, context: int) -> _Running:
    key = Secret(secrets.token_urlsafe(32))
    try:
        engine = llama.Engine(model.path, context, key)
    except RuntimeError as error:
        raise _refused(model.path, str(error)) from None
    return _Running(model, engine, Local(Address(f"{engine.address}/v1"), key, model.path.stem))


def _refused(path: Path, reason: str) -> SettingError:
    text = f"llama.cpp can't run {_shown(path)}: {quoted(reason)}; get it anew, or try another."
    return SettingError(text)


def _let_go() -> None:
    """End what runs, by the thread that holds the lock."""
    atexit.unregister(close)
    _left.extend(running.engine for running in _running)
    _running.clear()
    _left[:] = [engine for engine in _left if not engine.close()]
    if _left:
        atexit.register(close)


def _shown(path: Path) -> str:
    return quoted(path.name or str(path))
