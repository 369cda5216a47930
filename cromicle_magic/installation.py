"""What loading puts into a shell, and unloading takes out of it again."""

from __future__ import annotations

import atexit
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.display import display

from cromicle_magic.entrance import CromicleMagics
from cromicle_magic.kernel.shield import keep_replies, release_replies
from cromicle_magic.running.awaited import AwaitCell, keep_prompt

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from cromicle_magic.answer import Answer

__all__ = ["install", "remove"]

# By name, for the class itself comes with the first prompt.
_ANSWER = ("cromicle_magic.answer", "Answer")


def install(shell: InteractiveShell) -> None:
    """Register the magics, their settings and what IPython calls; once, however often called.

    Args:
        shell: The shell to install into.
    """
    remove(shell)
    magics = CromicleMagics(shell=shell)
    shell.register_magics(magics)
    atexit.register(magics.close)
    _echoes(shell).for_type_by_name(*_ANSWER, partial(_echo, shell))
    # Before all others: they would already change the prompt.
    shell.input_transformers_cleanup.insert(0, keep_prompt)
    shell.input_transformers_post.append(AwaitCell(shell))
    shell.Completer.custom_matchers.append(magics.complete)
    shell.events.register("post_run_cell", magics.note)
    keep_replies(shell)


def remove(shell: InteractiveShell) -> None:
    """Take out of a shell what ``install`` put in; close the connections, the server and the model.

    Args:
        shell: The shell to clean; one that holds nothing of ours stays as it is.
    """
    if magics := shell.magics_manager.registry.pop("CromicleMagics", None):
        atexit.unregister(magics.close)
        magics.close()
    # By name: after a reload the classes are others than those that were installed.
    for things in (
        shell.configurables,
        shell.Completer.custom_matchers,
        shell.input_transformers_cleanup,
        shell.input_transformers_post,
    ):
        things[:] = [thing for thing in things if not _is_ours(thing)]
    release_replies(shell)
    for kind in shell.magics_manager.magics.values():
        kind.pop("cromicle", None)
    _echoes(shell).pop(".".join(_ANSWER), None)
    # Only if there are any: to import what they need takes long.
    if pool := sys.modules.get("cromicle_magic.providers.pool"):
        pool.close_all()
    if embedded := sys.modules.get("cromicle_magic.server.embedded"):
        embedded.close()
    if local := sys.modules.get("cromicle_magic.providers.local"):
        local.close()


def _echoes(shell: InteractiveShell) -> Any:
    """Give the formatter that is asked first; IPython calls it an object, and no more."""
    formatter: Any = shell.display_formatter
    return formatter.ipython_display_formatter


def _echo(shell: InteractiveShell, answer: Answer) -> None:
    """Show an answer's short form, except under the very cell that shows the answer itself."""
    from cromicle_magic.kernel.identity import count_of  # noqa: PLC0415 - not before a prompt

    if answer.cell != count_of(shell):
        display({"text/plain": repr(answer)}, raw=True)


def _is_ours(thing: object) -> bool:
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return str(module).partition(".")[0] == __name__.partition(".")[0]
