"""Which view fits this frontend."""

from __future__ import annotations

import codecs
import re
import sys
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from IPython.core.displaypub import CapturingDisplayPublisher

from cromicle_magic.environment import has_cursor
from cromicle_magic.errors import SettingError
from cromicle_magic.views.static import StaticView
from cromicle_magic.views.terminal import TerminalView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from cromicle_magic.views.view import Place, View

__all__ = ["choose"]

_NO_BACKGROUND = "--bg needs a notebook, whose loop goes on between two inputs; leave it away here."


def choose(shell: InteractiveShell, place: Place) -> View:
    """Choose the view for the cell that runs now.

    Args:
        shell: The running IPython.
        place: Which kind of cell it is.

    Returns:
        The live box where somebody watches in a notebook; the words as they come in a terminal
        (with Rich, where that is installed) and in a console; else one output at the end: under
        ``%%capture``, and where the frontend takes no input, as nbclient and papermill declare.

    Raises:
        SettingError: Nothing goes on in the background here.
    """
    kernel = getattr(shell, "kernel", None)
    if isinstance(shell.display_pub, CapturingDisplayPublisher):
        return StaticView()
    request = kernel.get_parent() if kernel else {}
    if not request.get("content", {}).get("allow_stdin", True):
        return StaticView()
    is_console = kernel and _is_console(request)
    is_main = threading.current_thread() is threading.main_thread()
    if place == "background" and (kernel is None or is_console or not is_main):
        raise SettingError(_NO_BACKGROUND)
    if kernel is None:
        return _terminal()
    if is_console:
        return TerminalView()
    from cromicle_magic.views.box import BoxView  # noqa: PLC0415 - a terminal needs no ipywidgets

    return BoxView(place)


def _is_console(request: Mapping[str, Any]) -> bool:
    """Tell whether a cell comes from ``jupyter console``, qtconsole or the like.

    They show no widget and never change an output, and no message of the protocol says so. But they
    number their messages as jupyter_client does, and no notebook does; and JupyterLab, Notebook 7
    and VS Code name the cell, which no console has.
    """
    header, metadata = request.get("header", {}), request.get("metadata", {})
    numbered = re.escape(header.get("session", "")) + r"(_\d+){1,2}"
    return "cellId" not in metadata and bool(re.fullmatch(numbered, header.get("msg_id", "")))


def _terminal() -> View:
    # Rich fails at a character that the terminal's encoding lacks.
    knows_all = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    is_able = sys.stdout.isatty() and has_cursor() and knows_all
    if not is_able or find_spec("rich") is None:
        return TerminalView()
    from cromicle_magic.views.rich_terminal import RichView  # noqa: PLC0415 - an extra

    return RichView()
