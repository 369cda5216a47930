"""%%cromicle and %cromicle: the line read, the settings made, the answer run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display
from traitlets import TraitType

from cromicle_magic.answer import Answer
from cromicle_magic.commandline import help_text, read_line
from cromicle_magic.errors import SettingError
from cromicle_magic.kernel.clicks import clicks_let_in
from cromicle_magic.options import OPTIONS, Option, public_address
from cromicle_magic.running.follow import follow
from cromicle_magic.running.interrupts import interruptible
from cromicle_magic.running.nested import run_nested
from cromicle_magic.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from IPython.core.interactiveshell import InteractiveShell

    from cromicle_magic.views.view import View

__all__ = ["LATEST", "CromicleMagics"]

# The variable that holds the latest Answer, with its state, its times and the model's thinking.
LATEST = "_cromicle"


class _Setting(TraitType[Any, Any]):
    """A trait made from a row of the table of options; None means not set."""

    def __init__(self, option: Option) -> None:
        super().__init__(None, allow_none=True, help=option.help)
        self._parse = option.parse
        self.tag(config=True)

    def validate(self, obj: object, value: object) -> object:  # noqa: ARG002 - traitlets' signature
        try:
            return None if value is None else self._parse(str(value))
        except SettingError:
            return value  # refused by the cell that would use it, in one sentence


@magics_class
class CromicleMagics(Magics):
    """Prompts in cells; ``%config CromicleMagics`` lists the settings that hold for all of them."""

    shell: InteractiveShell  # Magics allows None, for use without IPython
    _latest: Answer | None = None

    # The table is the one place where an option is described; a class body's names are its traits.
    locals().update({option.name: _Setting(option) for option in OPTIONS if option.is_setting})

    @no_var_expand
    @line_cell_magic
    def cromicle(self, line: str, cell: str | None = None) -> None:
        """Answer a prompt where the cell around can't be awaited."""
        # Under %%capture the kernel can't handle a message: its publisher is not the kernel's own.
        hold = not hasattr(self.shell.display_pub, "set_parent")
        try:
            run_nested(self.answer(line, cell, is_alone=False), hold=hold)
        except SettingError as error:
            raise UsageError(str(error)) from None

    # What %%cromicle? shows.
    cromicle.__doc__ = help_text()

    async def answer(self, line: str, cell: str | None = None, *, is_alone: bool = True) -> None:
        """Answer a prompt on the running loop; this is what a rewritten cell awaits.

        Args:
            line: The magic's line.
            cell: The cell below it; None for the line magic, whose prompt ends its line.
            is_alone: Whether the cell around is this call and nothing else.

        Raises:
            UsageError: The line can't be read, or a setting can't work.
            Interrupted: The cell was interrupted; the text so far is shown and bound.
            CromicleError: No whole answer came; the text so far is shown and bound.
        """
        if cell is None and line.strip() == "show":
            await self._show(is_alone=is_alone)
            return
        try:
            settings, prompt = self._read(line, cell)
        except SettingError as error:
            raise UsageError(str(error)) from None
        if settings.help:
            display({"text/plain": help_text()}, raw=True)
            return
        engine = public_address(settings.url or "built-in responder")
        self._latest = answer = Answer(engine, settings.model)
        self.shell.user_ns[LATEST] = answer
        try:
            with clicks_let_in(self.shell), interruptible(answer):
                await follow(answer, self._view(is_alone=is_alone), _chunks(settings, prompt))
        finally:
            if settings.out:
                self.shell.user_ns[settings.out] = answer.text
        if answer.error:
            raise answer.error from None

    async def _show(self, *, is_alone: bool) -> None:
        """Show the latest answer under the present cell, also while it grows."""
        if self._latest is None:
            raise UsageError("There is no answer to show yet; run a prompt first.")
        with clicks_let_in(self.shell), interruptible(self._latest):
            await follow(self._latest, self._view(is_alone=is_alone))

    def _view(self, *, is_alone: bool) -> View:
        # Imported here, for views bring along what lays Markdown out.
        from cromicle_magic.views.choose import choose  # noqa: PLC0415

        return choose(self.shell, is_alone=is_alone)

    def _read(self, line: str, cell: str | None) -> tuple[Settings, str]:
        options, rest = read_line(line)
        config = {row.name: getattr(self, row.name) for row in OPTIONS if row.is_setting}
        if cell is None:
            # A bare %cromicle asks for nothing: show what it could be asked.
            options |= {} if rest else {"help": "yes"}
            return resolve(options, config), rest
        settings = resolve(options, config)
        if rest:
            raise SettingError(f"{rest!r} is no option; write the prompt below the first line.")
        if not cell.strip() and not settings.help:
            raise SettingError("The cell holds no prompt; write it below the first line.")
        return settings, cell.removesuffix("\n")


def _chunks(settings: Settings, prompt: str) -> AsyncGenerator[str, None]:
    # Imported here, for it brings aiohttp along, which nobody needs before the first prompt.
    from cromicle_magic.providers.cromicle import Cromicle  # noqa: PLC0415

    messages = [{"role": "user", "content": prompt}]
    if settings.system:
        messages.insert(0, {"role": "system", "content": settings.system})
    return Cromicle.create_async_generator(
        settings.model,
        messages,
        proxy=settings.proxy,
        url=settings.url,
        token=settings.token,
        timeout=settings.timeout,
    )
