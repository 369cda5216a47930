"""A real engine: llama.cpp's own server, with a model that says what a test wants.

The only file of the tests that knows xllamacpp, whose interface changes from release to release.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.request import urlopen

import xllamacpp
from support.models import write_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["engine"]


@contextmanager
def engine(folder: Path, *says: str, context: int = 512, is_endless: bool = False) -> Iterator[str]:
    """Run the engine on a free port of loopback, with one slot.

    Args:
        folder: Where to write the model.
        *says: As for ``write_model``.
        context: How many tokens fit, those of the prompt included.
        is_endless: Whether the model goes on until it is stopped.

    Yields:
        Its address.
    """
    path = folder / "tiny.gguf"
    write_model(path, *says, context=context, is_endless=is_endless)
    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = str(path), context, 1
    params.port, params.warmup, params.verbosity = 0, False, -1
    params.endpoint_slots = True
    server = xllamacpp.Server(params)
    # Its end would wait for ever for a loop that has not begun (as of 2026.10); this is answered
    # by that loop.
    urlopen(f"{server.listening_address}/slots").close()
    yield server.listening_address
    del server  # which ends it
