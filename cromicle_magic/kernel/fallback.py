"""One logged line for each private piece that a future release no longer fits."""

from __future__ import annotations

import logging
from functools import cache

__all__ = ["log_fallback"]


@cache  # once is enough, however many cells run
def log_fallback(piece: str, instead: str) -> None:
    """Log that a piece can't be used here, and what happens instead.

    Args:
        piece: What was looked for and is not as expected.
        instead: What the reader has to expect now.
    """
    logging.getLogger(__name__).warning("%s is not as expected in this release: %s", piece, instead)
