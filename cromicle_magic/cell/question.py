"""What a cell asks: its prompt as it will be sent, and the chat that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cromicle_magic.conversation.turn import MAIN, Ask, Cell
from cromicle_magic.errors import SettingError
from cromicle_magic.kernel.cells import variables_of
from cromicle_magic.kernel.identity import cell_of
from cromicle_magic.prompt.context import Context, context_of
from cromicle_magic.prompt.fill import Filled, fill
from cromicle_magic.running.interrupts import breakable

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
        context: What goes along of the notebook, with this request only.
        filling: What a footer says of what was put into it.
        retries: Whether it stands in for the turn before it.
    """

    settings: Settings
    prompt: str
    cell: Cell
    context: Context = field(default_factory=Context)
    filling: tuple[str, ...] = ()
    retries: bool = False

    @property
    def notes(self) -> list[str]:
        """What a footer says of it, a few words each."""
        return [*self.filling, *filter(None, [self.context.summary])]

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
            context=self.context,
        )


def question_of(notebook: Notebook, settings: Settings, prompt: str) -> Question:
    """Put into a prompt what it asks for; to be called before anything is awaited.

    Args:
        notebook: Where it is asked.
        settings: The settings of its cell.
        prompt: The prompt, as typed.

    Returns:
        The question, ready to be asked.

    Raises:
        SettingError: The settings contradict each other, or an expression fails that mustn't.
        Interrupted: The reader interrupted an expression.
    """
    filled = Filled(prompt)
    if not settings.raw:
        with breakable("nothing was sent."):
            filled = fill(prompt, notebook.shell.user_ns, strict=settings.strict)
    cell = cell_of(notebook.shell)
    context = _context(notebook, settings.context, cell)
    return _checked(Question(settings, filled.text, cell, context, tuple(filled.notes)))


def _context(notebook: Notebook, which: str, cell: Cell) -> Context:
    if which == "none":
        return Context()
    variables = variables_of(notebook.shell) if which == "vars" else []
    return context_of(which, notebook.cells.above(cell.id), variables)


def _checked(question: Question) -> Question:
    settings = question.settings
    if question.is_apart and (name := next((n for n in _CHATTY if getattr(settings, n)), "")):
        advice = "leave --no-history away, and set a budget above 0."
        raise SettingError(f"--{name} is about a chat, and this prompt belongs to none; {advice}")
    if settings.insert and settings.bg:
        raise SettingError("--insert needs a cell that waits for its answer; leave --bg away.")
    return question
