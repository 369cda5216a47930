"""Fixtures that every room of the tests shares."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from support.environments import oldest
from support.kernels import Kernel, kernel

if TYPE_CHECKING:
    from collections.abc import Iterator


# Machines are noisy; what takes too long is measured in CPU seconds, elsewhere.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tester's own settings out of the tests."""
    for name in ("CROMICLE_URL", "CROMICLE_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel of this very environment, with the extension loaded."""
    with kernel(tmp_path_factory.mktemp("kernel")) as running:
        yield running


@pytest.fixture(scope="module", params=["newest", "oldest"])
def each(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kernel]:
    """The newest kernel and the oldest supported one, in turn."""
    python = (
        sys.executable if request.param == "newest" else request.getfixturevalue("oldest_python")
    )
    with kernel(tmp_path_factory.mktemp("kernel"), python) as running:
        yield running


@pytest.fixture(scope="session")
def oldest_python() -> str:
    """The interpreter of the environment with the oldest supported kernel."""
    return oldest()
