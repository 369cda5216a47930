"""The prompt of ``%cromicle fix``: the last cell that failed, and what it failed with; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.errors import SettingError
from cromicle_magic.prompt.context import cell_text

if TYPE_CHECKING:
    from cromicle_magic.prompt.context import Past

__all__ = ["fix_prompt"]

_WISH = (
    "This cell of my notebook failed. Say in a few sentences why, then give the whole cell "
    "corrected, as one fenced block of Python."
)


def fix_prompt(failed: Past | None, more: str = "") -> str:
    """Ask why a cell failed, and how it would work.

    Args:
        failed: The cell, with its error; None if none has failed.
        more: What the reader says besides.

    Returns:
        The prompt, bounded: source and error are cut in their middle where they are long.

    Raises:
        SettingError: No cell has failed.
    """
    if failed is None:
        advice = "; a prompt that begins so goes behind --: %cromicle -- fix ..." if more else "."
        raise SettingError(f"No cell has failed yet, and fix is about the last that has{advice}")
    return "\n\n".join(filter(None, [_WISH, cell_text(failed), more.strip()]))
