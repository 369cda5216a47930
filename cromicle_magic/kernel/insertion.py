"""Code put where the reader can run it: a new cell below, or the next input; never run by us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cromicle_magic.render.terminal import visible

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from cromicle_magic.views.view import Place

__all__ = ["insert"]


def insert(shell: InteractiveShell, code: str, place: Place) -> str:
    """Offer code by the frontend's own way, which is a message in the running cell's reply.

    JupyterLab and Notebook 7 make a cell below the one that ran, once that has ended well, and
    leave it out of a Run All under way; run again, the cell makes another. A console and a terminal
    begin their next input with it. Several times in one cell, the parts become one, for a reply
    holds only one such message.

    Args:
        shell: The running IPython.
        code: The code; what could act or turn the letters round in it becomes visible.
        place: The kind of cell around. In the background the reply would be another cell's.

    Returns:
        Where it will be, such as ``a new cell below``; "" where there is no such way, as under
        nbclient, and nothing was done: then show it.
    """
    kernel = getattr(shell, "kernel", None)
    text = visible(code.replace("\r\n", "\n"))
    if kernel is None:
        return _into_terminal(shell, text)
    request = kernel.get_parent()
    # Whoever takes no input reads no such message either: nbclient, papermill.
    is_read = request.get("content", {}).get("allow_stdin", True)
    if place == "background" or not request.get("header") or not is_read:
        return ""
    shell.set_next_input("\n\n".join([*_earlier(shell), text]), replace=False)
    return "a new cell below" if "cellId" in request.get("metadata", {}) else "the next input"


def _into_terminal(shell: InteractiveShell, text: str) -> str:
    # The simple prompt of a pipe or a dumb terminal can't begin with a text.
    if getattr(shell, "pt_app", None) is None:
        return ""
    earlier = getattr(shell, "rl_next_input", None)
    shell.set_next_input("\n\n".join(filter(None, [earlier, text])))
    return "the next input"


def _earlier(shell: Any) -> list[str]:
    """Give what is to be inserted already; a second message would replace the first."""
    return [
        payload["text"]
        for payload in shell.payload_manager.read_payload()
        if payload.get("source") == "set_next_input" and not payload.get("replace")
    ]
