"""The server that the tests of this folder knock at."""

from __future__ import annotations

import pytest

from cromicle_magic.server import embedded


@pytest.fixture
def place() -> embedded.Embedded:
    """The embedded server, started if it is not running."""
    return embedded.start()
