"""The environments that the tests run in: the oldest has the lowest of all that is promised."""

from __future__ import annotations

import subprocess

from support.bounds import lowest
from support.environments import interpreter

# Told by the environment itself; a marker may say that it needs one of them not.
VERSIONS = """
import sys
from importlib.metadata import version
from packaging.requirements import Requirement

for wanted in map(Requirement, sys.argv[1:]):
    if wanted.marker is None or wanted.marker.evaluate():
        print(wanted.name, version(wanted.name) in wanted.specifier)
"""


def test_everything_asked_for_has_a_lower_bound() -> None:
    """Else there would be no lowest version to test."""
    assert not [wanted for wanted in lowest() if "==" not in wanted]


def test_the_oldest_environment_has_the_lowest_of_everything() -> None:
    """Each at its lower bound, what it asks for itself at whatever version fits."""
    command = [interpreter("oldest"), "-c", VERSIONS, *lowest()]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)
    told = [line.split() for line in done.stdout.splitlines()]
    assert {"aiohttp", "ipython", "ipykernel", "keyring"} < {name for name, _ in told}
    assert [name for name, is_lowest in told if is_lowest != "True"] == []
