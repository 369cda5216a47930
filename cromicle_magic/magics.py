"""%%cromicle and %cromicle: the line read, the settings made, the answer run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display
from traitlets import TraitType

from cromicle_magic.asking import answer_of, chunks_of, engine_of
from cromicle_magic.commandline import help_text, read_command, read_line
from cromicle_magic.errors import SettingError
from cromicle_magic.kernel.clicks import clicks_let_in
from cromicle_magic.options import OPTIONS, Option
from cromicle_magic.running.follow import follow
from cromicle_magic.running.interrupts import interruptible
from cromicle_magic.running.jobs import Jobs, wait
from cromicle_magic.running.nested import run_nested
from cromicle_magic.settings import resolve

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from cromicle_magic.answer import Answer
    from cromicle_magic.settings import Settings
    from cromicle_magic.views.view import Place, View

Kept = TypeVar("Kept", bound="Answer")

__all__ = ["LATEST", "CromicleMagics"]

# The variable that holds the latest Answer, with its state, its times and the model's thinking.
LATEST = "_cromicle"


class _Setting(TraitType[Any, Any]):
    """A trait made from a row of the table of options; None means not set."""

    def __init__(self, option: Option) -> None:
        super().__init__(None, allow_none=True, help=option.help)
        self._read = option.read
        self.tag(config=True)

    def validate(self, obj: object, value: object) -> object:  # noqa: ARG002 - traitlets' signature
        try:
            return None if value is None else self._read(value)
        except SettingError:
            return value  # refused by the cell that would use it, in one sentence


@magics_class
class CromicleMagics(Magics):
    """Prompts in cells; ``%config CromicleMagics`` lists the settings that hold for all of them."""

    shell: InteractiveShell  # Magics allows None, for use without IPython
    _latest: Answer | None = None

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell=shell)
        self.jobs = Jobs(shell)

    # The table is the one place where an option is described; a class body's names are its traits.
    locals().update({option.name: _Setting(option) for option in OPTIONS if option.is_setting})

    @no_var_expand
    @line_cell_magic
    def cromicle(self, line: str, cell: str | None = None) -> Answer | None:
        """Answer a prompt where the cell around can't be awaited."""
        # Under %%capture the kernel can't handle a message: its publisher is not the kernel's own.
        hold = not hasattr(self.shell.display_pub, "set_parent")
        try:
            answer = run_nested(self.answer(line, cell, place="shared"), hold=hold)
        except SettingError as error:
            raise UsageError(str(error)) from None
        # %%capture would keep the value as one more output.
        return None if isinstance(self.shell.display_pub, CapturingDisplayPublisher) else answer

    # What %%cromicle? shows.
    cromicle.__doc__ = help_text()

    async def run_alone(self, line: str, cell: str | None = None) -> None:
        """Answer a prompt on the running loop; this is what a rewritten cell awaits.

        The cell's ``Out`` then holds the Answer. It isn't returned, for IPython would show it.
        """
        if (answer := await self.answer(line, cell)) is not None:
            self.shell.displayhook.update_user_ns(answer)

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
            command.

        Raises:
            UsageError: The line can't be read, or a setting can't work.
            Interrupted: The cell was interrupted; the text so far is shown and bound.
            CromicleError: No whole answer came; the text so far is shown and bound.
        """
        try:
            if cell is None and (command := read_command(line)):
                await self._obey(*command, place)
                return None
            request = self._read(line, cell)
            if request.settings.help:
                display({"text/plain": help_text()}, raw=True)
                return None
            return await self._ask(request, place)
        except SettingError as error:
            raise UsageError(str(error)) from None

    async def _ask(self, request: _Request, place: Place) -> Answer:
        settings = request.settings
        view = self._view("background" if settings.bg else place, is_silent=request.is_silent)
        if settings.bg and view.outlives_cell:
            return self._begin(request, view)
        answer = self._keep(answer_of(settings))
        try:
            with clicks_let_in(self.shell), interruptible(answer):
                view.open(answer)
                answer.begin(chunks_of(settings, request.prompt, answer.hear))
                await follow(answer, view)
        finally:
            self._bind(answer, settings.out)
        if answer.error:
            raise answer.error from None
        return answer

    def _begin(self, request: _Request, view: View) -> Answer:
        """Begin an answer in the background."""
        settings = request.settings
        job = self._keep(self.jobs.job(engine_of(settings), settings.model))
        chunks = chunks_of(settings, request.prompt, job.hear)
        self.jobs.begin(job, view, chunks, lambda: self._bind(job, settings.out))
        return job

    def _keep(self, answer: Kept) -> Kept:
        """Make an answer the latest one."""
        self._latest = self.shell.user_ns[LATEST] = answer
        answer.cell = self.shell.execution_count
        return answer

    def _bind(self, answer: Answer, name: str | None) -> None:
        if name:
            self.shell.user_ns[name] = answer.text

    async def _obey(self, command: str, which: str, place: Place) -> None:
        if command == "show":
            await self._show(place)
        elif command == "status":
            display({"text/plain": self.jobs.status()}, raw=True)
        else:
            jobs = self.jobs.select(which)
            if command == "stop":
                for job in jobs:
                    job.stop()
            with clicks_let_in(self.shell):
                await wait(jobs)

    async def _show(self, place: Place) -> None:
        """Show the latest answer under the present cell, also while it grows."""
        if self._latest is None:
            raise UsageError("There is no answer to show yet; run a prompt first.")
        with clicks_let_in(self.shell), interruptible(self._latest):
            view = self._view(place)
            view.open(self._latest)
            await follow(self._latest, view)

    def _view(self, place: Place, *, is_silent: bool = False) -> View:
        # Imported here, for views bring along what lays Markdown out.
        from cromicle_magic.views.choose import choose  # noqa: PLC0415
        from cromicle_magic.views.static import SilentView  # noqa: PLC0415

        view = choose(self.shell, place)
        return SilentView() if is_silent else view

    def _read(self, line: str, cell: str | None) -> _Request:
        # The prompt of a line is sacred, so only a cell's own line can end with our mark.
        is_silent = cell is not None and line.rstrip().endswith(";")
        options, rest = read_line(line.rstrip().removesuffix(";") if is_silent else line)
        config = {row.name: getattr(self, row.name) for row in OPTIONS if row.is_setting}
        if cell is None:
            # A bare %cromicle asks for nothing: show what it could be asked.
            options |= {} if rest else {"help": "yes"}
            return _Request(resolve(options, config), rest)
        settings = resolve(options, config)
        if rest:
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
