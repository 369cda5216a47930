"""The chats of a notebook: each turn in its cell's place, so that a rerun sends the same again."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING

from cromicle_magic.conversation.places import Chat, Place, in_sight, sent, serials
from cromicle_magic.conversation.request import Request, request_for
from cromicle_magic.conversation.turn import MAIN, NOBODY, Turn
from cromicle_magic.errors import SettingError
from cromicle_magic.options import BUDGET_CHARS
from cromicle_magic.render.terminal import quoted

if TYPE_CHECKING:
    from cromicle_magic.conversation.turn import Ask, Cell, Key

__all__ = ["ALL", "CONTINUE", "Chats"]

# What ``reset`` takes instead of a name, so no chat can have it.
ALL = "all"
# What is asked to go on from a stopped answer.
CONTINUE = (
    "Go on with your last answer exactly where it broke off. Repeat nothing of it, and say "
    "nothing about having been interrupted."
)


class Chats:
    """The chats of one kernel, by name; pure, and for one thread.

    A cell that has an id keeps its place in a chat: run again, it replaces its turn there, and only
    the turns before that place go out with it. So a notebook run from its top for a second time
    sends what it sent the first time, whatever stands in the chat behind. Turns of cells without an
    id, as in a terminal, follow each other.
    """

    def __init__(self) -> None:
        self._chats: dict[str, Chat] = {MAIN: Chat()}
        self._runs: dict[str, tuple[str, Counter[str]]] = {}
        self._latest = 0

    # -- a prompt ---------------------------------------------------------------
    def begin(self, ask: Ask, now_s: float) -> Turn:
        """Open a turn in its cell's place, which is at the chat's end if the cell has none yet.

        Args:
            ask: What is asked, by whom, and in which chat.
            now_s: The time, in seconds of ``time.time``.

        Returns:
            The turn, open: ``request`` gives what to send, ``Turn.end`` takes the answer.

        Raises:
            SettingError: The chat can't have this name, or be forked to it.
        """
        if ask.home == ALL:
            raise SettingError("A chat can't be named all, which means all of them; try another.")
        self.enter(ask.cell)
        key = self._key(ask)
        if ask.fork:
            self._fork(ask, key)
        self._latest += 1
        turn = Turn(self._latest, ask, key, now_s)
        own = self._chats.setdefault(ask.home, Chat()).own
        place = next((place for place in own if key and place.key == key), None)
        if place is None:
            own.append(place := Place(key))
        place.turn = turn
        return turn

    def enter(self, cell: Cell) -> None:
        """Take note that a cell runs; a prompt does so by itself, and again does no harm.

        What an earlier run of the cell asked, and this one does not ask again, is kept and no
        longer sent. Call it for prompts without a history too.

        Args:
            cell: The cell that runs now.
        """
        if not cell.id or self._runs.get(cell.id, ("", None))[0] == cell.run:
            return
        self._runs[cell.id] = (cell.run, Counter())
        for place in (place for chat in self._chats.values() for place in chat.own):
            if place.turn and place.key and place.key[0] == cell.id:
                place.turn.is_left_over = True

    def ahead(self, turn: Turn) -> list[Turn]:
        """Give the turns that must end before this one can be sent, as it follows them."""
        return [earlier for earlier in self._before(turn) if earlier.is_open]

    def request(self, turn: Turn, budget_chars: int = BUDGET_CHARS) -> Request:
        """Give what to send for a turn, once none is ahead of it.

        Args:
            turn: The turn, open.
            budget_chars: The most characters of all messages together.

        Returns:
            The messages and what they leave out; of the turns before it, those without an answer
            are not among them.
        """
        past = self._past(turn)
        turn.ground = serials(past)
        return request_for(turn.ask.prompt, past, system=turn.ask.system, budget_chars=budget_chars)

    def latest(self, chat: str = MAIN, cell: Cell = NOBODY) -> Turn:
        """Give the turn that ``retry`` and ``continue`` are about: the one before the cell's.

        Args:
            chat: The chat.
            cell: Who asks; the turns from its own place on don't count.

        Raises:
            SettingError: There is no chat of this name, or no such turn.
        """
        self.enter(cell)
        runs = self._runs.get(cell.id, ("", Counter[str]()))[1]
        turns = self._until(self._named(chat), (cell.id, runs[chat]) if cell.id else None)
        if not turns:
            raise SettingError(f"The chat {quoted(chat)} has no turn yet; run a prompt first.")
        return turns[-1]

    def continuation(self, chat: str = MAIN, cell: Cell = NOBODY) -> str:
        """Give the prompt that goes on from an answer that was stopped or cut off.

        Args:
            chat: The chat.
            cell: Who asks.

        Returns:
            The prompt; "" where the answer is whole.

        Raises:
            SettingError: The turn before has no answer that could go on.
        """
        turn = self.latest(chat, cell)
        if not turn.is_sendable:
            raise SettingError(
                f"The last turn of the chat {quoted(chat)} is {turn.state} and has no answer to go "
                "on from; ask it again with %cromicle retry."
            )
        return "" if turn.is_whole else CONTINUE

    # -- all of them ------------------------------------------------------------
    def names(self) -> list[str]:
        """Give the names of the chats that hold turns, in the order of their beginning."""
        return [name for name, chat in self._chats.items() if chat.has_turns()]

    def parent(self, chat: str) -> str:
        """Give the name of the chat that a chat was forked from, "" if it was not."""
        return self._named(chat).parent

    def turns(self, chat: str = MAIN) -> list[Turn]:
        """Give a chat's turns, in their order; left-over ones too.

        Args:
            chat: The chat.

        Raises:
            SettingError: There is no chat of this name.
        """
        return [place.turn for place in self._named(chat).places() if place.turn]

    def sent_next(self, chat: str = MAIN) -> list[Turn]:
        """Give the turns that a new prompt at the chat's end goes out with, before any budget."""
        return sent(self.turns(chat))

    def is_stale(self, turn: Turn) -> bool:
        """Tell whether what a turn stood on has changed since, as by a rerun of an earlier cell."""
        return turn.ground is not None and turn.ground != serials(self._past(turn))

    def reset(self, which: str) -> None:
        """Forget the turns of a chat; its cells, run again, take their old places.

        Args:
            which: A chat's name, or ``all``.

        Raises:
            SettingError: There is no chat of this name.
        """
        for chat in list(self._chats.values()) if which == ALL else [self._named(which)]:
            # New places: a chat that was forked from this one keeps the old.
            chat.own = [Place(place.key) for place in chat.own if place.key]
            chat.shared = []

    # -- below ------------------------------------------------------------------
    def _named(self, name: str) -> Chat:
        if name not in self._chats:
            known = ", ".join(map(quoted, self.names())) or "none yet"
            raise SettingError(f"There is no chat {quoted(name)}; there is: {known}.")
        return self._chats[name]

    def _key(self, ask: Ask) -> Key | None:
        if not ask.cell.id:
            return None
        counts = self._runs[ask.cell.id][1]
        counts[ask.home] += 1
        return ask.cell.id, counts[ask.home] - 1

    def _fork(self, ask: Ask, key: Key | None) -> None:
        old = self._chats.get(ask.fork)
        is_again = bool(old and key and old.own and old.own[0].key == key)
        if ask.chat == ask.fork or (old and old.has_turns() and not is_again):
            advice = f"go on with it by -c {ask.fork}, or fork to another name."
            raise SettingError(f"There already is a chat {quoted(ask.fork)}; {advice}")
        chat = self._chats.setdefault(ask.fork, Chat())
        places = list(self._chats.setdefault(ask.chat, Chat()).places())
        if not is_again or chat.parent != ask.chat:
            # A cell that asked there itself, the last time it ran, forks from where it stood.
            mine = (at for at, place in enumerate(places) if place.was_left_by(ask.cell))
            chat.parent, chat.point = ask.chat, next(mine, len(places))
        chat.shared = places[: chat.point]

    def _before(self, turn: Turn) -> list[Turn]:
        chat = self._chats[turn.ask.home]
        is_there = any(
            place.turn is turn or place.key == turn.key is not None for place in chat.own
        )
        # A turn without a place, as after a reset, stands on nothing.
        return self._until(chat, turn.key, turn) if is_there else []

    def _until(self, chat: Chat, key: Key | None, turn: Turn | None = None) -> list[Turn]:
        def is_earlier(place: Place) -> bool:
            return place.key != key if key else turn is None or place.turn is not turn

        places = [*chat.shared, *takewhile(is_earlier, chat.own)]
        return [p.turn for p in places if p.turn and not p.turn.is_left_over]

    def _past(self, turn: Turn) -> list[Turn]:
        if turn.ask.opens:
            return []
        kept = in_sight(self._before(turn))
        if turn.ask.retries:
            del kept[-1:]  # it stands in for that one
        return [turn for turn in kept if turn.is_sendable]
