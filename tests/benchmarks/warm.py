"""A kernel that has answered a first prompt, and the server that it asks."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.server import server
from support.kernels import kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.server import Server
    from support.kernels import Kernel

__all__ = ["warm"]


@contextmanager
def warm() -> Iterator[tuple[Kernel, Server]]:
    """Run both."""
    with (
        tempfile.TemporaryDirectory() as folder,
        server() as answering,
        kernel(Path(folder)) as running,
    ):
        running.run("%cromicle warm up")
        yield running, answering
