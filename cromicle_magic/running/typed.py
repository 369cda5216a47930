"""A text that the reader types in, unseen, into whatever frontend there is."""

from __future__ import annotations

import getpass
import warnings

from cromicle_magic.errors import SettingError
from cromicle_magic.running.interrupts import breakable

__all__ = ["typed"]


def typed(prompt: str) -> str:
    """Let the reader type a text that nobody sees and no notebook keeps.

    The loop stands still meanwhile: the kernel takes input in no other way.

    Args:
        prompt: What to ask.

    Returns:
        The text, "" if only Enter was pressed.

    Raises:
        SettingError: The frontend takes no input, or would show it.
        Interrupted: The reader pressed Ctrl-C, or interrupted the cell.
    """
    try:
        with breakable("nothing was changed."), warnings.catch_warnings():
            # Where there is no terminal to hide it in, the text would be seen.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt)
    except (EOFError, NotImplementedError, getpass.GetPassWarning):
        text = "This frontend takes no hidden input; set CROMICLE_TOKEN, or CROMICLE_TOKEN_FILE."
        raise SettingError(text) from None
