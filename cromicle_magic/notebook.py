"""What one notebook holds: its shell, its answers, the engine in use, its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from IPython.display import display

from cromicle_magic.conversation.chats import Chats
from cromicle_magic.kernel.identity import count_of
from cromicle_magic.providers.registry import register
from cromicle_magic.running.jobs import Jobs
from cromicle_magic.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from cromicle_magic.answer import Answer
    from cromicle_magic.kernel.cells import CellLog
    from cromicle_magic.settings import Settings
    from cromicle_magic.views.view import Place, View

__all__ = ["Notebook"]

# The variable that holds the latest Answer, with its state, its times and the model's thinking.
LATEST = "_cromicle"

Kept = TypeVar("Kept", bound="Answer")


class Notebook:
    """What lasts from cell to cell.

    Args:
        shell: The shell that runs the cells.
        config: Gives what ``%config`` has set.
        cells: The cells that ran.

    Attributes:
        jobs: The answers in the background.
        chats: The turns so far.
        latest: The latest answer, if there is one.
        used: What ``%cromicle use`` has set.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        config: Callable[[], Mapping[str, object]],
        cells: CellLog,
    ) -> None:
        self.shell: InteractiveShell = shell
        self.config: Callable[[], Mapping[str, object]] = config
        self.cells: CellLog = cells
        self.jobs: Jobs = Jobs(shell)
        self.chats: Chats = Chats()
        self.latest: Answer | None = None
        self.used: dict[str, object] = {}

    def settings(
        self,
        line: Mapping[str, object] | None = None,
        used: Mapping[str, object] | None = None,
    ) -> Settings:
        """Settle the options of a cell.

        A class of the notebook's own that is named as the engine is one from now on.

        Args:
            line: What the cell's line sets.
            used: What to take in the place of what ``%cromicle use`` has set.

        Returns:
            The settings, complete and checked.

        Raises:
            SettingError: A value can't work.
        """
        settings = resolve(line, self.config(), used=self.used if used is None else used)
        if isinstance(kind := self.shell.user_ns.get(settings.engine), type):
            register(str(settings.engine), kind)
        return settings

    def keep(self, answer: Kept) -> Kept:
        """Make an answer the latest one."""
        self.latest = self.shell.user_ns[LATEST] = answer
        answer.cell = count_of(self.shell)
        return answer

    def bind(self, name: str | None, text: str | None) -> None:
        """Give a variable a text, if there are both.

        Args:
            name: The variable's name, if there is one.
            text: Its text; None leaves it as it is.
        """
        if name and text is not None:
            self.shell.user_ns[name] = text

    def view(self, place: Place, *, is_silent: bool = False) -> View:
        """Choose who shows an answer in the present cell.

        Args:
            place: Which kind of cell is around.
            is_silent: Whether nothing is to be seen.

        Returns:
            A view, not opened yet.

        Raises:
            SettingError: Nothing goes on in the background here.
        """
        # Imported here, for views bring along what lays Markdown out.
        from cromicle_magic.views.choose import choose  # noqa: PLC0415
        from cromicle_magic.views.static import SilentView  # noqa: PLC0415

        view = choose(self.shell, place)
        return SilentView(outlives_cell=view.outlives_cell) if is_silent else view

    def close(self) -> None:
        """End the answers in the background, and let go of the latest one."""
        self.jobs.close()
        self.shell.user_ns.pop(LATEST, None)

    def tell(self, text: str) -> None:
        """Show a plain text in the present cell."""
        self.show({"text/plain": text})

    def show(self, bundle: Mapping[str, str]) -> None:
        """Show a MIME bundle in the present cell."""
        display(dict(bundle), raw=True)
