"""Environments of their own, for kernels older than the one that runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "oldest"]

ROOT = Path(__file__).parents[2]

_OLDEST = ("ipykernel==6.29.*", "ipython==8.18.*", "ipywidgets==8.0.5", "aiohttp==3.13.3")


def oldest() -> str:
    """Make the environment with the oldest supported kernel, on the oldest Python at hand.

    Returns:
        The path of its interpreter.
    """
    place = ROOT / ".venvs" / "oldest"
    python = place / "bin" / "python"
    if not python.exists():
        _run(_python310(), "-m", "venv", str(place))
    # The very wheel under test, where there is one; else the source, built anew.
    product = os.environ.get("CROMICLE_WHEEL", str(ROOT))
    _run(str(python), "-m", "pip", "install", "-qq", *_OLDEST, product)
    _run(str(python), "-m", "pip", "install", "-qq", "--no-deps", "--force-reinstall", product)
    return str(python)


def _python310() -> str:
    pyenv = Path.home() / ".pyenv" / "versions"
    at_hand = [shutil.which("python3.10"), *map(str, pyenv.glob("3.10.*/bin/python"))]
    for python in filter(None, at_hand):
        # A shim may stand for a Python that is not there.
        if subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0:
            return python
    return sys.executable


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=300)
