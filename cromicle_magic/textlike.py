"""What is used much like the text that it holds."""

from __future__ import annotations

from abc import ABC, abstractmethod

__all__ = ["TextLike"]


class TextLike(ABC):
    """Something with a text, for which ``len``, ``in``, ``+``, slices and f-strings take it."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The text."""

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)

    def __len__(self) -> int:
        return len(self.text)

    def __bool__(self) -> bool:
        return len(self) > 0

    def __contains__(self, part: str) -> bool:
        return part in self.text

    def __getitem__(self, at: int | slice) -> str:
        return self.text[at]

    def __add__(self, other: str | TextLike) -> str:
        return self.text + str(other)

    def __radd__(self, other: str) -> str:
        return other + self.text
