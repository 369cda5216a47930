"""What was probably meant by a word that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["nearest"]


def nearest(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """Give the known word that is most like another, "" if none is like it.

    Args:
        word: What was written.
        known: What could have been meant.
        likeness: How like it has to be, from 0 to 1 for the very same.

    Returns:
        One of the known words, or "".

    >>> nearest("--modle", ["--model", "--raw"])
    '--model'
    """
    import difflib  # noqa: PLC0415 - slow to import, and few need it

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=likeness)), "")
