"""Where turns stand in a chat, and which of them later prompts go out with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cromicle_magic.conversation.turn import Cell, Key, Turn

__all__ = ["Chat", "Place", "in_sight", "sent", "serials"]


@dataclass(slots=True, eq=False)
class Place:
    """Where a cell's turn belongs; kept, though empty, after a reset.

    Attributes:
        key: The cell that has it, None for one without an id.
        turn: The turn that stands there, if any.
    """

    key: Key | None
    turn: Turn | None = None

    def was_left_by(self, cell: Cell) -> bool:
        """Tell whether a cell asked here the last time it ran, and not again so far."""
        is_its = bool(self.key and self.key[0] == cell.id)
        return is_its and self.turn is not None and self.turn.is_left_over


@dataclass(slots=True)
class Chat:
    """A chat: places that it shares with the one it was forked from, then its own.

    Attributes:
        parent: The chat that it was forked from, "" if it was not.
        point: How many places of that one it began with.
        shared: Those.
        own: The places of its own.
    """

    parent: str = ""
    point: int = 0
    shared: list[Place] = field(default_factory=list)
    own: list[Place] = field(default_factory=list)

    def places(self) -> Iterator[Place]:
        """Give all places, in their order.

        Yields:
            Those that it shares, then its own.
        """
        yield from self.shared
        yield from self.own

    def has_turns(self) -> bool:
        """Tell whether any turn stands in it."""
        return any(place.turn for place in self.places())


def sent(turns: Iterable[Turn]) -> list[Turn]:
    """Give those of a chat's turns that go out with what comes after them, before any budget."""
    return [turn for turn in in_sight(turns) if turn.is_sendable]


def in_sight(turns: Iterable[Turn]) -> list[Turn]:
    """Give those of a chat's turns that would go out, if they have an answer."""
    kept: list[Turn] = []
    for turn in turns:
        if turn.is_left_over:
            continue
        if turn.ask.opens:
            kept.clear()
        elif turn.ask.retries and turn.is_sendable and kept:
            kept.pop()
        kept.append(turn)
    return kept


def serials(turns: Iterable[Turn]) -> tuple[int, ...]:
    """Give the numbers of turns, by which what a request stood on is told."""
    return tuple(turn.serial for turn in turns)
