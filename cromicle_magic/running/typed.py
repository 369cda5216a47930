"""A text that the reader types in, unseen, into whatever frontend there is."""

from __future__ import annotations

import getpass
import signal
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cromicle_magic.errors import SettingError
from cromicle_magic.running.interrupts import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        with _raising_interrupts(), warnings.catch_warnings():
            # Where there is no terminal to hide it in, the text would be seen.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt)
    except (EOFError, NotImplementedError, getpass.GetPassWarning):
        text = "This frontend takes no hidden input; set CROMICLE_TOKEN, or CROMICLE_TOKEN_FILE."
        raise SettingError(text) from None
    except KeyboardInterrupt:
        raise Interrupted("nothing was changed.") from None


@contextmanager
def _raising_interrupts() -> Iterator[None]:
    """Let an interrupt end a call that blocks: ours and ipykernel's only cancel a task, later."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
