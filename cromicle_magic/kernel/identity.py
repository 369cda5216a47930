"""Which cell runs now, and which run of it this is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.conversation.turn import Cell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["cell_of", "count_of"]


def cell_of(shell: InteractiveShell) -> Cell:
    """Give the cell that runs now; to be asked before anything is awaited.

    JupyterLab, Notebook 7 and VS Code name the cell in the metadata of the request that runs it,
    and it keeps that name when it is edited, moved or run again. nbclient, papermill and the
    consoles name none, and a terminal has no requests.

    Args:
        shell: The running IPython.
    """
    kernel = getattr(shell, "kernel", None)
    request = kernel.get_parent() if kernel else {}
    name = (request.get("metadata") or {}).get("cellId", "")
    run = request.get("header", {}).get("msg_id", "")
    return Cell(str(name or ""), str(run), count_of(shell))


def count_of(shell: InteractiveShell) -> int:
    """Give the number in brackets of the cell that runs now.

    Not ``execution_count``: IPython 9.18 raises it before the cell runs, older ones behind it.

    Args:
        shell: The running IPython.
    """
    history = shell.history_manager
    return len(history.input_hist_raw) - 1 if history else 0
