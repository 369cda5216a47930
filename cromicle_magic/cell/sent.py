"""What a cell has sent, or would send: %cromicle sent and --dry-run."""

from __future__ import annotations

import time
from copy import deepcopy
from typing import TYPE_CHECKING

from cromicle_magic.cell.errand import messages_of
from cromicle_magic.errors import ConnectError, SettingError
from cromicle_magic.exchange import preview_of
from cromicle_magic.privacy.outgoing import told
from cromicle_magic.running.interrupts import awake

if TYPE_CHECKING:
    from cromicle_magic.cell.question import Question
    from cromicle_magic.notebook import Notebook

__all__ = ["show_sent", "show_unsent"]


def show_sent(notebook: Notebook) -> None:
    """Show what went out for the latest answer.

    Args:
        notebook: Whose answer it is.

    Raises:
        SettingError: Nothing went out yet.
    """
    answer = notebook.latest
    if answer is None or answer.sent is None:
        raise SettingError("Nothing was sent yet; run a prompt first, or try --dry-run.")
    is_unsent = isinstance(answer.error, ConnectError)
    told_of = "Nobody took what was to be sent" if is_unsent else "Sent"
    notebook.tell(f"{told_of} for cell {answer.cell}:\n\n{told(answer.sent)}")


async def show_unsent(notebook: Notebook, question: Question) -> None:
    """Show what would go out for a question; an engine on this machine may be asked for its models.

    Args:
        notebook: Where it stands; its chats stay as they are.
        question: The question.

    Raises:
        CromicleError: It would fail before anything went out.
    """
    chats = deepcopy(notebook.chats)
    turn = None if question.is_apart else chats.begin(question.ask, time.time())
    messages, _ = messages_of(chats, question, turn)
    sent, notice = await awake(preview_of(question.settings, messages))
    text = f"Nothing was sent. This would be:\n\n{told(sent)}"
    notebook.tell(f"{text}\n\nThe guard says: {notice}." if notice else text)
