"""The names that IPython knows: %%cromicle, %cromicle and their settings; the rest comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.completer import context_matcher
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import TraitType

from cromicle_magic.errors import SettingError
from cromicle_magic.options import OPTIONS

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

    from cromicle_magic.answer import Answer
    from cromicle_magic.kernel.cells import CellLog
    from cromicle_magic.magics import Prompts
    from cromicle_magic.values import Option

__all__ = ["CromicleMagics"]


def _help_text() -> str:
    from cromicle_magic.manual.help import help_text  # noqa: PLC0415 - who loads us in each kernel waits

    return help_text()


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

    # Magics allows None, for use without IPython.
    shell: InteractiveShell  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell=shell)
        self._made: Prompts | None = None
        self._log: CellLog | None = None
        self._ids: dict[int, str] = {}

    # The table is the one place where an option is described; a class body's names are its traits.
    locals().update({option.name: _Setting(option) for option in OPTIONS if option.is_setting})

    @no_var_expand
    @line_cell_magic
    def cromicle(self, line: str, cell: str | None = None) -> Answer | None:
        """Answer a prompt where the cell around can't be awaited.

        Args:
            line: What follows the magic's name.
            cell: The cell below it; None for the line magic.

        Returns:
            The answer, which is the cell's ``Out``; None where nothing was asked.
        """
        return self._prompts.run_nested(line, cell)

    # What %%cromicle? shows: IPython asks for it by this name before it looks for a docstring.
    vars(cromicle)["getdoc"] = _help_text

    async def run_alone(self, line: str, cell: str | None = None) -> None:
        """Answer a prompt on the running loop; this is what a rewritten cell awaits.

        Args:
            line: What follows the magic's name.
            cell: The cell below it; None for the line magic.
        """
        await self._prompts.run_alone(line, cell)

    @context_matcher(identifier="cromicle_magic")  # pyright: ignore[reportUntypedFunctionDecorator]
    def complete(self, context: CompletionContext) -> Any:
        """Give what IPython's completer asks on every Tab."""
        if "cromicle" not in context.full_text:
            return {"completions": []}
        from cromicle_magic.line.completion import completions  # noqa: PLC0415 - see _prompts

        return completions(context, self._prompts.notebook)

    def note(self, result: ExecutionResult) -> None:
        """Take note of a cell that has ended; IPython calls this.

        Before the first prompt its name is enough, unless it failed: a prompt may ask why.
        """
        if self._log is not None:
            return  # which listens by itself
        if not result.success:
            self._cells.take(result)
        elif result.info:
            self._ids[result.execution_count or 0] = result.info.cell_id or ""

    def close(self) -> None:
        """End what runs in the background, let go of the latest answer, and listen no more."""
        self.shell.events.unregister("post_run_cell", self.note)
        if self._log:
            self._log.stop()
        if self._made:
            self._made.notebook.close()

    @property
    def _cells(self) -> CellLog:
        """The cells that ran, once they are asked for; see _prompts."""
        if self._log is None:
            from cromicle_magic.kernel.cells import CellLog  # noqa: PLC0415

            self._log = CellLog(self.shell)
            self._log.start(self._ids)
        return self._log

    @property
    def _prompts(self) -> Prompts:
        """What answers; imported at the first prompt, for who loads us in each kernel waits."""
        if self._made is None:
            from cromicle_magic.magics import Prompts  # noqa: PLC0415
            from cromicle_magic.notebook import Notebook  # noqa: PLC0415

            self._made = Prompts(Notebook(self.shell, self._config, self._cells))
        return self._made

    def _config(self) -> dict[str, object]:
        return {row.name: getattr(self, row.name) for row in OPTIONS if row.is_setting}
