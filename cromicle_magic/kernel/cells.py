"""The cells that ran, each in its place, and the reader's own variables, as IPython knows them."""

from __future__ import annotations

import re
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cromicle_magic.kernel.identity import count_of
from cromicle_magic.prompt.bounds import both_ends
from cromicle_magic.prompt.context import Past, Variable, kind_of
from cromicle_magic.prompt.failures import failure_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

__all__ = ["CellLog", "variables_of"]

# More than any context takes; the oldest are forgotten.
MOST_CELLS = 1_000
# Of one cell's source or output; a context takes even less.
KEPT_CHARS = 10_000

_PROMPT = re.compile(r"\s*%{1,2}cromicle\b")
_OURS = __name__.partition(".")[0]


class CellLog:
    """The cells of a shell that ran, while the extension is loaded and, as far as told, before.

    A cell that has an id keeps its place: run again, it is replaced there. So what stands above a
    cell is the same when the notebook is run from its top once more.

    Args:
        shell: The shell; ``start`` begins to listen to it.

    Attributes:
        failed: The last cell that failed, as it was then; prompts, and interrupts, don't count.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._cells: list[tuple[str, Past]] = []
        self.failed: Past | None = None

    def start(self, ids: Mapping[int, str] | None = None) -> None:
        """Take the cells that ran already, and listen from now on.

        Args:
            ids: The cells' ids by the numbers of their runs, as far as they are known.
        """
        history: Any = self._shell.history_manager
        now = count_of(self._shell)
        for count in range(max(1, now - MOST_CELLS), now if history else 0):
            name = (ids or {}).get(count, "")
            self._keep(name, self._past(history.input_hist_raw[count], count, None))
        self._shell.events.register("post_run_cell", self.take)

    def stop(self) -> None:
        """Listen no more."""
        self._shell.events.unregister("post_run_cell", self.take)

    def take(self, result: ExecutionResult) -> None:
        """Take a cell that has ended; IPython calls this.

        Args:
            result: What IPython knows of it.
        """
        info = result.info
        if info and info.store_history and not info.silent and info.raw_cell:
            error = result.error_before_exec or result.error_in_exec
            count = result.execution_count or 0
            past = self._past(info.raw_cell, count, error)
            self._keep(info.cell_id or "", past)
            if isinstance(error, Exception) and not _PROMPT.match(past.source):
                self.failed = past

    def above(self, cell_id: str = "") -> list[Past]:
        """Give the cells above one, oldest first, without the prompts: those are a chat's.

        Args:
            cell_id: The cell that runs now; all that ended count as above one that is new, or
                that has no id.
        """
        ids = [each for each, _ in self._cells]
        end = ids.index(cell_id) if cell_id and cell_id in ids else len(ids)
        return [past for _, past in self._cells[:end] if not _PROMPT.match(past.source)]

    def _keep(self, cell_id: str, past: Past) -> None:
        for at, (each, _) in enumerate(self._cells):
            if cell_id and each == cell_id:
                self._cells[at] = (cell_id, past)
                return
        self._cells.append((cell_id, past))
        del self._cells[:-MOST_CELLS]

    def _past(self, source: str, count: int, error: BaseException | None) -> Past:
        texts = (source, self._output(count), failure_text(error) if error else "")
        return Past(*(both_ends(text, KEPT_CHARS)[0] for text in texts))

    def _output(self, count: int) -> str:
        history: Any = self._shell.history_manager
        # From IPython 9 on it keeps what a cell prints, if the cell awaits nothing.
        kept: list[Any] = getattr(history, "outputs", {}).get(count, [])
        printed = "".join(part for each in kept for part in each.bundle.get("stream", ()))
        result = history.output_hist_reprs.get(count) or ""
        return "\n".join(filter(None, [printed.rstrip("\n"), str(result)]))


def variables_of(shell: InteractiveShell) -> list[Variable]:
    """Give the reader's own variables, in the order of their first assignment.

    Args:
        shell: The shell.

    Returns:
        All names but those that IPython hides or that begin with ``_``, modules, and what comes
        from this package.
    """
    hidden = shell.user_ns_hidden
    missing = object()
    return [
        Variable(name, kind_of(value))
        for name, value in list(shell.user_ns.items())
        if not name.startswith("_")
        and hidden.get(name, missing) is not value
        and not isinstance(value, ModuleType)
        and not _is_ours(value)
    ]


def _is_ours(value: object) -> bool:
    # Its own functions and classes; an Answer that the reader keeps is the reader's.
    is_code = isinstance(value, type) or hasattr(type(value), "__get__")
    return is_code and str(getattr(value, "__module__", "")).partition(".")[0] == _OURS
