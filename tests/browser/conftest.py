"""One server and one browser for each file of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.browser import Browser, running_browser
from support.lab import Lab, running_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
LOST_PAGE = r"playwright\._impl\._errors\.TimeoutError"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a test whose page never came try once more: a loaded machine now and then loses one."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=LOST_PAGE))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Yield a JupyterLab with an empty folder."""
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


# Not longer: Playwright's own loop runs in this thread while a browser does, and no other may.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield a Chromium."""
    with running_browser() as running:
        yield running
