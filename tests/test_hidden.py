"""What is tested is the wheel: where .ci/test runs the tests, the source is out of sight."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from support.bounds import ROOT
from support.kernels import environment, kernel

import cromicle_magic

pytestmark = pytest.mark.skipif(
    "CROMICLE_WHEEL" not in os.environ, reason="only .ci/test hides the source"
)
INSTALLED = Path(sysconfig.get_path("purelib"), "cromicle_magic", "__init__.py")
WHERE = "import cromicle_magic; print(cromicle_magic.__file__)"


def test_no_source_lies_where_the_tests_run() -> None:
    """Neither in the folder of the tests nor in the one they are started in."""
    assert not [place for place in (ROOT, Path.cwd()) if (place / "cromicle_magic").exists()]


def test_this_process_tests_what_is_installed() -> None:
    """As do all tests of its kind."""
    assert Path(cromicle_magic.__file__) == INSTALLED


def test_a_kernel_tests_what_is_installed() -> None:
    """Even where it is started in the folder of the tests."""
    with kernel(Path.cwd()) as running:
        assert running.run(WHERE).stdout == f"{INSTALLED}\n"


def test_a_program_tests_what_is_installed() -> None:
    """Even where the folder it is started in comes first."""
    command, env = [sys.executable, "-c", WHERE], environment(Path.cwd())
    done = subprocess.run(command, env=env, capture_output=True, check=True, text=True, timeout=60)
    assert done.stdout == f"{INSTALLED}\n"
