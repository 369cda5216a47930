"""One turn of a chat: what was asked, by which cell, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cromicle_magic.prompt.context import Context

__all__ = ["MAIN", "NOBODY", "Ask", "Cell", "Key", "State", "Turn"]

# The chat of every cell that names no other.
MAIN = "main"

State = Literal["open", "done", "stopped", "failed"]

# A cell's id, and how many prompts of the same run went to the same chat before this one.
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """Which run of which cell asks.

    Attributes:
        id: The cell's id as the frontend gives it; "" where none does, as in a console, a terminal
            and under nbclient, where no later run can be told to be of the same cell.
        run: What tells this run of the cell from its others, such as the id of its message.
        count: The number of the run in brackets, as ``In [3]`` shows it.
    """

    id: str = ""
    run: str = ""
    count: int = 0


NOBODY = Cell()
_NOTHING = Context()


@dataclass(frozen=True, slots=True)
class Ask:
    """What a cell wants from a chat.

    Attributes:
        prompt: What is asked, as it will be sent.
        chat: The chat to go on with; made if there is none of that name.
        cell: Who asks.
        system: The instruction sent with it, "" for none.
        fork: The name of a new chat that begins with the turns before this one; the turn goes
            there, and the chat that it comes from stays as it is. A cell that runs again forks
            anew, from the same point.
        opens: Whether the turns before it are out of its sight, and of that of all later ones.
        retries: Whether it stands in for the turn before it, once it is answered.
        context: What went along of the notebook, for when it is asked again; it is no part of what
            later turns go out with.
    """

    prompt: str
    chat: str = MAIN
    cell: Cell = NOBODY
    system: str = ""
    fork: str = ""
    opens: bool = False
    retries: bool = False
    context: Context = _NOTHING

    @property
    def home(self) -> str:
        """The chat that its turn belongs to."""
        return self.fork or self.chat


@dataclass(slots=True, eq=False)
class Turn:
    """A turn, open until its answer has ended; two turns are never the same.

    Attributes:
        serial: Its number among all turns ever begun.
        ask: What was asked.
        key: Where it belongs, None where the frontend names no cell.
        began_s: When it began, in seconds of ``time.time``.
        state: ``open``, and in the end ``done``, ``stopped`` (by the reader) or ``failed``.
        answer: What came back; of a stopped or failed answer the part that came.
        engine, model: Who answered.
        is_left_over: Whether its cell has run again and did not ask this any more.
        is_cut: Whether it is done, and yet not whole: its engine cut it off.
        ground: The serials of the turns that its request stood on; None before it was sent.
    """

    serial: int
    ask: Ask
    key: Key | None
    began_s: float
    state: State = "open"
    answer: str = ""
    engine: str = ""
    model: str = ""
    is_left_over: bool = False
    is_cut: bool = False
    ground: tuple[int, ...] | None = None

    @property
    def is_open(self) -> bool:
        """Whether its answer may still grow."""
        return self.state == "open"

    @property
    def is_sendable(self) -> bool:
        """Whether later prompts are sent with it: it has an answer, if only a part of one."""
        # An engine may refuse a message without content, so one stopped at once counts as none.
        return self.state in {"done", "stopped"} and bool(self.answer)

    @property
    def is_whole(self) -> bool:
        """Whether its answer has come to its own end."""
        return self.state == "done" and not self.is_cut

    def end(
        self,
        state: State,
        answer: str,
        *,
        engine: str = "",
        model: str = "",
        is_cut: bool = False,
    ) -> None:
        """Take its end; for a turn that was replaced meanwhile this changes no chat.

        Args:
            state: How the answer ended.
            answer: The text received.
            engine: Who answered.
            model: With which model.
            is_cut: Whether its engine cut it off, as at the limit of tokens.
        """
        self.state, self.answer, self.is_cut = state, answer, is_cut
        self.engine, self.model = engine, model
