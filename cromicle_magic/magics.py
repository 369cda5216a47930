"""A prompt's way: the line read, the settings made, the answer run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.error import UsageError

from cromicle_magic.cell.answering import answered
from cromicle_magic.cell.question import question_of
from cromicle_magic.cell.sent import show_unsent
from cromicle_magic.environment import variables
from cromicle_magic.errors import SettingError
from cromicle_magic.kernel.clicks import clicks_let_in
from cromicle_magic.line.commandline import read_command, read_line
from cromicle_magic.line.commands import obey
from cromicle_magic.manual.help import help_text
from cromicle_magic.privacy.keys import secrets
from cromicle_magic.privacy.typed_keys import check_text
from cromicle_magic.running.interrupts import interruptible
from cromicle_magic.running.nested import run_nested

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer
    from cromicle_magic.notebook import Notebook
    from cromicle_magic.settings import Settings
    from cromicle_magic.views.view import Place

__all__ = ["Prompts"]


class Prompts:
    """Answers the prompts of one notebook.

    Args:
        notebook: What lasts from cell to cell.

    Attributes:
        notebook: The same.
    """

    def __init__(self, notebook: Notebook) -> None:
        self.notebook: Notebook = notebook
        self._shell = notebook.shell

    def run_nested(self, line: str, cell: str | None = None) -> Answer | None:
        """Answer a prompt where the cell around can't be awaited.

        Args:
            line: The magic's line.
            cell: The cell below it; None for the line magic.

        Returns:
            As ``answer`` does; None under ``%%capture``.

        Raises:
            UsageError: The line can't be read, or a setting can't work.
            Interrupted: The cell was interrupted.
            CromicleError: No whole answer came; see ``answer``.
        """
        # Under %%capture the kernel can't handle a message: its publisher is not the kernel's own.
        hold = not hasattr(self._shell.display_pub, "set_parent")
        try:
            answer = run_nested(self.answer(line, cell, place="shared"), hold=hold)
        except SettingError as error:
            raise UsageError(str(error)) from None
        # %%capture would keep the value as one more output.
        return None if isinstance(self._shell.display_pub, CapturingDisplayPublisher) else answer

    async def run_alone(self, line: str, cell: str | None = None) -> None:
        """Answer a prompt on the running loop; this is what a rewritten cell awaits.

        The cell's ``Out`` then holds the Answer. It isn't returned, for IPython would show it.

        Args:
            line: The magic's line.
            cell: The cell below it; None for the line magic.

        Raises:
            UsageError: The line can't be read, or a setting can't work.
            Interrupted: The cell was interrupted.
            CromicleError: No whole answer came; see ``answer``.
        """
        if (answer := await self.answer(line, cell)) is not None:
            self._shell.displayhook.update_user_ns(answer)

    async def answer(
        self, line: str, cell: str | None = None, *, place: Place = "alone"
    ) -> Answer | None:
        """Answer a prompt, or obey a command, on the running loop.

        Args:
            line: The magic's line.
            cell: The cell below it; None for the line magic, whose prompt ends its line.
            place: Which kind of cell is around.

        Returns:
            The answer: whole, stopped by the reader, or under way in the background; None for a
            command that asks nothing, for the help, and where nothing was to be sent.

        Raises:
            UsageError: The line can't be read, or a setting can't work.
            Interrupted: The cell was interrupted; the text so far is shown and bound.
            CromicleError: No whole answer came, and ``--no-raise-error`` is not set; the text so
                far is shown and bound.
        """
        try:
            if cell is None and (command := read_command(line, secrets(variables()))):
                return await obey(self.notebook, *command, place)
            if cell is None and not line.strip():
                return await obey(self.notebook, "help", "", place)
            request = self._read(line, cell)
            if request.settings.help:
                self.notebook.tell(help_text())
                return None
            question = question_of(self.notebook, request.settings, request.prompt)
            if request.settings.dry_run:
                with clicks_let_in(self._shell), interruptible(lambda: "nothing was sent."):
                    await show_unsent(self.notebook, question)
                return None
            return await answered(self.notebook, question, place, is_silent=request.is_silent)
        except SettingError as error:
            raise UsageError(str(error)) from None

    def _read(self, line: str, cell: str | None) -> _Request:
        # The prompt of a line is sacred, so only a cell's own line can end with our mark.
        is_silent = cell is not None and line.rstrip().endswith(";")
        line = line.rstrip().removesuffix(";") if is_silent else line
        options, rest = read_line(line, known := secrets(variables()))
        settings = self.notebook.settings(options)
        if cell is None:
            if not rest and not settings.help:
                raise SettingError("The line holds no prompt; write it behind the options.")
            return _Request(settings, rest)
        if rest:
            check_text(rest, "The line", known)
            raise SettingError(f"{rest!r} is no option; write the prompt below the first line.")
        if not cell.strip() and not settings.help:
            raise SettingError("The cell holds no prompt; write it below the first line.")
        return _Request(settings, cell.removesuffix("\n"), is_silent)


@dataclass(frozen=True, slots=True)
class _Request:
    """What a cell asks for."""

    settings: Settings
    prompt: str
    is_silent: bool = False
