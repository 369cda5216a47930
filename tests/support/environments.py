"""Environments of their own, for kernels other than the one that runs the tests."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from support.bounds import ROOT, lowest, wanted_by_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ENVIRONMENTS", "FAST", "G4F", "ROOT", "interpreter", "interpreter_beside"]

_OTHERS = ("nest-asyncio2>=1.7.3",)

# Each with its Python and what is asked of its packages; "newest" is the one that runs the tests,
# and "oldest", with the lowest of all that the product asks for, may run them too.
ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "newest": (),
    "oldest": ("3.10", *lowest(), *wanted_by_tests()),
    "middle": ("3.12", "ipykernel==7.1.*", "ipython==9.*"),
    "py312-newest": ("3.12", "ipykernel>=7.4"),
    "py313-middle": ("3.13", "ipykernel==7.1.*"),
}

# The sources were read as of 8.8; the lists of 8.0 want a ``model_aliases`` that g4f's own contract
# doesn't have, and what the ninth generation reads, nobody knows.
G4F = "g4f>=8.8,<9"

# What is tested without asking for the whole matrix.
FAST = ("newest", "oldest")


@cache
def interpreter(name: str) -> str:
    """Give the interpreter of an environment, which is made where it is not there yet.

    Args:
        name: Its name in ``ENVIRONMENTS``.

    Returns:
        The path of its interpreter.
    """
    if not ENVIRONMENTS[name]:
        return sys.executable
    minor, *packages = ENVIRONMENTS[name]
    return _furnished(name, minor, *packages, *_OTHERS, _product())


@cache
def interpreter_beside(name: str, *packages: str) -> str:
    """Give an interpreter with some packages and the product, and nothing else that this needs.

    Args:
        name: What the environment is called.
        *packages: What is asked of them, aiohttp among what they need, as the product's providers
            need no more.

    Returns:
        The path of the interpreter.
    """
    return _furnished(name, "{}.{}".format(*sys.version_info), *packages)


def _furnished(name: str, minor: str, *packages: str) -> str:
    """Make an environment once for all processes that run the tests at a time."""
    place, product = ROOT / ".venvs" / name, _product()
    python, stamp = str(place / "bin" / "python"), place / "furnished"
    wish = f"{product} {Path(product).stat().st_mtime_ns} {packages}"
    with _locked(place.with_suffix(".lock")):
        if not Path(python).exists():
            _run(_nearest(minor), "-m", "venv", str(place))
        # A folder's time tells nothing of what lies within it.
        if Path(product).is_dir() or not stamp.exists() or stamp.read_text() != wish:
            _pip(python, *packages)
            _pip(python, "--no-deps", "--force-reinstall", product)
            stamp.write_text(wish)
    return python


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _product() -> str:
    """Give the very wheel under test, where there is one; else the source, built anew."""
    return os.environ.get("CROMICLE_WHEEL", str(ROOT))


def _pip(python: str, *packages: str) -> None:
    _run(sys.executable, "-m", "pip", "--python", python, "install", "-qq", *packages)


def _nearest(minor: str) -> str:
    """Give a Python of this minor version, else the one that runs the tests."""
    pyenv = Path.home() / ".pyenv" / "versions"
    at_hand = [shutil.which(f"python{minor}"), *map(str, pyenv.glob(f"{minor}.*/bin/python"))]
    for python in filter(None, at_hand):
        # A shim may stand for a Python that is not there.
        if subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0:
            return python
    ours = "{}.{}".format(*sys.version_info)
    print(f"There is no Python {minor} here: {ours} takes its place.", file=sys.stderr)
    return sys.executable


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=300)


if __name__ == "__main__":
    print(interpreter(sys.argv[1]))
