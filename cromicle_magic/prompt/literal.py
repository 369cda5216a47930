"""A value written as Python would, whatever its size and however its own ``__repr__`` behaves."""

from __future__ import annotations

import dataclasses
import re
from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from cromicle_magic.prompt.attempt import Failure, attempt
from cromicle_magic.prompt.bounds import beginning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Literal"]

Item = TypeVar("Item")

MOST_ITEMS = 50
MOST_DEPTH = 6
# Of a text within a list, and of any other leaf.
LEAF_CHARS = 500
# A set's order differs from run to run, and to sort a huge one takes long.
MOST_SORTED = 1_000

_SEQUENCES = (list, tuple, deque, set, frozenset)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Literal:
    """A value written down.

    Args:
        value: Any object; of a collection only so much is looked at as can be shown.
        chars: About how long the text may be.

    Attributes:
        text: The text; an ellipsis stands for what was left out.
        is_whole: Whether nothing was.
        items: How many items of the collection itself are shown.
    """

    def __init__(self, value: object, chars: int) -> None:
        self.is_whole: bool = True
        self.items: int = 0
        self._room = chars
        self._parts: list[str] = []
        self._within: list[int] = []
        self._write(value)
        self.text: str = "".join(self._parts)

    def _write(self, value: object) -> None:
        if id(value) in self._within or len(self._within) > MOST_DEPTH:
            self._put_cut("…")
            return
        self._within.append(id(value))
        if isinstance(value, Mapping):
            self._row("{}", ((key, value[key]) for key in value), len(value), self._pair)
        elif isinstance(value, _SEQUENCES):
            self._sequence(value)
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            self._fields(value, [field.name for field in dataclasses.fields(value) if field.repr])
        else:
            self._leaf(value)
        self._within.pop()

    def _sequence(self, value: Any) -> None:
        is_set = isinstance(value, (set, frozenset))
        if is_set and not value:
            self._put("set()")
        elif isinstance(value, tuple) and hasattr(value, "_fields"):
            self._fields(value, getattr(value, "_fields", ()))
        else:
            items = sorted(value, key=_order) if is_set and len(value) <= MOST_SORTED else value
            closing = ",)" if len(value) == 1 else ")"
            brackets = ("(", closing) if isinstance(value, tuple) else "{}" if is_set else "[]"
            self._row(brackets, items, len(value), self._write)

    def _fields(self, value: object, names: Sequence[str]) -> None:
        self._put(type(value).__name__)
        fields = ((name, getattr(value, name, "…")) for name in names)
        self._row("()", fields, len(names), self._field)

    def _pair(self, pair: tuple[object, object]) -> None:
        self._write(pair[0])
        self._put(": ")
        self._write(pair[1])

    def _field(self, field: tuple[str, object]) -> None:
        self._put(f"{field[0]}=")
        self._write(field[1])

    def _row(
        self,
        brackets: Sequence[str],
        items: Iterable[Item],
        size: int,
        write: Callable[[Item], None],
    ) -> None:
        self._put(brackets[0])
        shown = 0
        for item in islice(items, MOST_ITEMS):
            if self._room <= 0:
                break
            self._put(", " if shown else "")
            write(item)
            shown += 1
        if shown < size:
            self._put_cut((", " if shown else "") + f"… {size - shown:,} more")
        if len(self._within) == 1:
            self.items = shown
        self._put(brackets[1])

    def _leaf(self, value: object) -> None:
        if isinstance(value, (str, bytes)) and len(value) > LEAF_CHARS:
            unit = "characters" if isinstance(value, str) else "bytes"
            self._put_cut(f"{value[:LEAF_CHARS]!r}… {len(value) - LEAF_CHARS:,} more {unit}")
            return
        text = attempt(lambda: repr(value))
        if isinstance(text, Failure):
            text = f"<{type(value).__name__} whose repr raised {text}>"
        # An object's address differs from run to run.
        line = _ADDRESS.sub("", text[: 2 * LEAF_CHARS]) if text.startswith("<") else text
        put = self._put if len(line) <= LEAF_CHARS else self._put_cut
        put(beginning(line, LEAF_CHARS))

    def _put(self, piece: str) -> None:
        self._room -= len(piece)
        self._parts.append(piece)

    def _put_cut(self, piece: str) -> None:
        self.is_whole = False
        self._put(piece)


def _order(item: object) -> str:
    text = attempt(lambda: repr(item))
    return str(text)
