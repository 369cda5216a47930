"""What a cell asks: its prompt as it will be sent, and the chat that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cromicle_magic.conversation.turn import MAIN, Ask, Cell
from cromicle_magic.errors import SettingError
from cromicle_magic.kernel.identity import cell_of

if TYPE_CHECKING:
    from cromicle_magic.notebook import Notebook
    from cromicle_magic.settings import Settings

__all__ = ["Question", "question_of"]

_CHATTY = ("chat", "new", "fork")


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt, ready to be asked.

    Attributes:
        settings: The settings of its cell.
        prompt: The prompt, as it will be sent.
        cell: Who asks.
        retries: Whether it stands in for the turn before it.
    """

    settings: Settings
    prompt: str
    cell: Cell
    retries: bool = False

    @property
    def is_apart(self) -> bool:
        """Whether it belongs to no chat."""
        return self.settings.no_history or not self.settings.budget

    @property
    def ask(self) -> Ask:
        """What it wants from its chat."""
        settings = self.settings
        return Ask(
            self.prompt,
            settings.chat or MAIN,
            self.cell,
            system=settings.system or "",
            fork=settings.fork or "",
            opens=settings.new,
            retries=self.retries,
        )


def question_of(notebook: Notebook, settings: Settings, prompt: str) -> Question:
    """Make a question of a prompt; to be called before anything is awaited.

    Args:
        notebook: Where it is asked.
        settings: The settings of its cell.
        prompt: The prompt, as typed.

    Raises:
        SettingError: The settings contradict each other.
    """
    question = Question(settings, prompt, cell_of(notebook.shell))
    if question.is_apart and (name := next((n for n in _CHATTY if getattr(settings, n)), "")):
        advice = "leave --no-history away, and set a budget above 0."
        raise SettingError(f"--{name} is about a chat, and this prompt belongs to none; {advice}")
    return question
