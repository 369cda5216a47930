"""What %cromicle obeys about chats: shown, reset, written to a file, gone on with, asked again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cromicle_magic.cell.answering import answered
from cromicle_magic.cell.question import Question, question_of
from cromicle_magic.conversation.chats import ALL
from cromicle_magic.conversation.ledger import chats_table, export, history_table
from cromicle_magic.errors import SettingError
from cromicle_magic.kernel.identity import cell_of
from cromicle_magic.line.commandline import words_of
from cromicle_magic.prompt.mending import fix_prompt
from cromicle_magic.render.counts import counted
from cromicle_magic.render.terminal import quoted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cromicle_magic.answer import Answer
    from cromicle_magic.conversation.chats import Chats
    from cromicle_magic.notebook import Notebook
    from cromicle_magic.views.view import Place

__all__ = ["DOES_ABOUT_CHATS"]

# What lets an export write over a file.
_FORCE = "--force"


async def _chats(notebook: Notebook, _about: str, _place: Place) -> None:
    notebook.tell(chats_table(notebook.chats))


async def _history(notebook: Notebook, name: str, _place: Place) -> None:
    notebook.tell(history_table(notebook.chats, name))


async def _reset(notebook: Notebook, which: str, _place: Place) -> None:
    chats = notebook.chats
    # A cell that resets and asks no more leaves behind what it asked before.
    chats.enter(cell_of(notebook.shell))
    count = sum(len(chats.turns(name)) for name in (chats.names() if which == ALL else [which]))
    chats.reset(which)
    what = "All chats begin" if which == ALL else f"The chat {which} begins"
    notebook.tell(f"{what} anew; {counted(count, 'turn')} forgotten.")


async def _export(notebook: Notebook, about: str, _place: Place) -> None:
    notebook.tell(_written(notebook.chats, about))


async def _continue(notebook: Notebook, name: str, place: Place) -> Answer | None:
    """Go on from an answer that was stopped or cut off, with the same instruction."""
    prompt = notebook.chats.continuation(name, cell_of(notebook.shell))
    if not prompt:  # told, and no error: a notebook run again may find the answer whole
        notebook.tell(f"The last answer of the chat {quoted(name)} is complete; nothing was asked.")
        return None
    return await answered(notebook, _follow_up(notebook, name, prompt), place)


async def _retry(notebook: Notebook, name: str, place: Place) -> Answer:
    """Ask the last prompt again, as it was sent, in the place of its turn."""
    ask = notebook.chats.latest(name, cell_of(notebook.shell)).ask
    question = _follow_up(notebook, name, ask.prompt)
    question = replace(question, context=ask.context, retries=True)
    return await answered(notebook, question, place)


async def _fix(notebook: Notebook, more: str, place: Place) -> Answer:
    """Ask why the last cell failed."""
    prompt = fix_prompt(notebook.cells.failed, more)
    question = question_of(notebook, notebook.settings({"raw": "yes"}), prompt)
    return await answered(notebook, question, place)


def _follow_up(notebook: Notebook, chat: str, prompt: str) -> Question:
    """Ask something about a chat's last turn, under the instruction that it was asked under."""
    system = notebook.chats.latest(chat, cell_of(notebook.shell)).ask.system
    line = {"chat": chat, "raw": "yes", "system": system or None}
    return question_of(notebook, notebook.settings(line), prompt)


def _written(chats: Chats, about: str) -> str:
    """Write chats to the file that is named, and say so."""
    words = words_of(about)
    path, *names = [word for word in words if word != _FORCE] or [""]
    if not path or len(names) > 1:
        text = f"export takes FILE [NAME] [--force], and not {about!r}; put a path in quotes."
        raise SettingError(text)
    try:
        file = Path(path).expanduser()
    except RuntimeError:  # a home that nobody has
        raise SettingError(f"There is no home for {path!r}; write the path in full.") from None
    mode: Literal["x", "w"] = "w" if _FORCE in words else "x"
    count = export(chats, names or chats.names(), file, mode=mode)
    return f"{counted(count, 'turn')} written to {file}."


DOES_ABOUT_CHATS: dict[str, Callable[[Notebook, str, Place], Awaitable[Answer | None]]] = {
    "chats": _chats,
    "history": _history,
    "reset": _reset,
    "export": _export,
    "continue": _continue,
    "retry": _retry,
    "fix": _fix,
}
