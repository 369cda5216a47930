"""Fixtures that every room of the tests shares."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from support.environments import ENVIRONMENTS, FAST, ROOT, interpreter
from support.kernels import Kernel, kernel
from support.terminals import DEAF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know the options that ask for every environment and repetition, or for this one alone."""
    text = "run on every environment of tests/support/environments.py, and repeat more often"
    parser.addoption("--matrix", action="store_true", help=text)
    text = "run on no other environment than the one that runs the tests"
    parser.addoption("--here", action="store_true", help=text)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give ``each`` its environments, and its kin."""
    names = _names(metafunc.config)
    if "each" in metafunc.fixturenames:
        metafunc.parametrize("each", list(names), indirect=True, scope="module")
    if "each_name" in metafunc.fixturenames:
        metafunc.parametrize("each_name", list(names))
    if "each_nest" in metafunc.fixturenames:
        both = [(name, nest) for name in names for nest in NESTS]
        metafunc.parametrize("each_nest", both, indirect=True, scope="module", ids="-".join)


def _names(config: pytest.Config) -> Iterable[str]:
    if config.getoption("--here"):
        return FAST[:1]
    return ENVIRONMENTS if config.getoption("--matrix") else FAST


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Try a kernel once more that another program started in vain, or a console that hears nothing.

    See ``support.kernels`` for why one does not live. A mark would go before ``--reruns``.
    """
    if config.getoption("--reruns"):
        return
    races = ["Kernel died before replying", DEAF]
    for item in items:
        if not item.get_closest_marker("flaky"):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=races))


def pytest_sessionfinish() -> None:
    """Write what was covered: xdist kills a process that ends slowly, which then writes none."""
    if "coverage" in sys.modules and (measured := sys.modules["coverage"].Coverage.current()):
        measured.save()


# What a shell runs in the background ignores Ctrl-C, and what the tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The threads of an engine wait for each other in a loop by default: on a busy machine, which lets
# them run in turn, three hundred tiny answers then take minutes, and not seconds.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# What makes a loop run within itself; the first one applied wins.
NESTS = ("neither", "nest_asyncio", "nest_asyncio2")

# Machines are noisy; what takes too long is measured in CPU seconds, elsewhere.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tester's own settings out of the tests."""
    for name in (
        "CROMICLE_URL",
        "CROMICLE_TOKEN",
        "CROMICLE_TOKEN_FILE",
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
        "OLLAMA_HOST",
        "CROMICLE_BUDGET",
    ):
        monkeypatch.delenv(name, raising=False)
    # Whatever else listens on this machine.
    monkeypatch.setenv("CROMICLE_PORTS", "none")


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel of this very environment, with the extension loaded."""
    with kernel(tmp_path_factory.mktemp("kernel")) as running:
        yield running


@pytest.fixture(scope="module")
def each(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kernel]:
    """The newest kernel and the oldest supported one, in turn; all of the matrix when asked."""
    with kernel(tmp_path_factory.mktemp("kernel"), interpreter(request.param)) as running:
        yield running


@pytest.fixture(scope="module")
def each_nest(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kernel]:
    """Each kernel again, to whose loop the reader has applied a package, or none."""
    name, nest = request.param
    with kernel(tmp_path_factory.mktemp("kernel"), interpreter(name)) as running:
        if nest != "neither":
            assert running.run(f"import {nest}; {nest}.apply()").status == "ok"
        yield running


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The wheel under test; where there is none, one that is built here."""
    if built := os.environ.get("CROMICLE_WHEEL"):
        return built
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-qq",
        "--no-deps",
        "--wheel-dir",
        folder,
        ROOT,
    ]
    subprocess.run(command, check=True, timeout=60)
    (path,) = folder.glob("*.whl")
    return str(path)


@pytest.fixture(scope="session")
def is_matrix(pytestconfig: pytest.Config) -> bool:
    """Whether all that is slow was asked for."""
    return bool(pytestconfig.getoption("--matrix"))
