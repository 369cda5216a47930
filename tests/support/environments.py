"""Environments of their own, for kernels other than the one that runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

__all__ = ["ENVIRONMENTS", "FAST", "ROOT", "interpreter"]

ROOT = Path(__file__).parents[2]

_OTHERS = ("nest-asyncio2>=1.7.3",)

# Each with its Python and what is asked of its packages; "newest" is the one that runs the tests.
ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "newest": (),
    "oldest": (
        *("3.10", "ipykernel==6.29.*", "ipython==8.18.*", "ipywidgets==8.0.5", "aiohttp==3.13.3"),
    ),
    "middle": ("3.12", "ipykernel==7.1.*", "ipython==9.*"),
    "py312-newest": ("3.12", "ipykernel>=7.4"),
    "py313-middle": ("3.13", "ipykernel==7.1.*"),
}

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
    place = ROOT / ".venvs" / name
    python = place / "bin" / "python"
    if not python.exists():
        _run(_nearest(minor), "-m", "venv", str(place))
    # The very wheel under test, where there is one; else the source, built anew.
    product = os.environ.get("CROMICLE_WHEEL", str(ROOT))
    _run(str(python), "-m", "pip", "install", "-qq", *packages, *_OTHERS, product)
    _run(str(python), "-m", "pip", "install", "-qq", "--no-deps", "--force-reinstall", product)
    return str(python)


def _nearest(minor: str) -> str:
    """Give a Python of this minor version, else the one that runs the tests."""
    pyenv = Path.home() / ".pyenv" / "versions"
    at_hand = [shutil.which(f"python{minor}"), *map(str, pyenv.glob(f"{minor}.*/bin/python"))]
    for python in filter(None, at_hand):
        # A shim may stand for a Python that is not there.
        if subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0:
            return python
    return sys.executable


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=300)
