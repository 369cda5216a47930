"""Whatever foreign code raises, taken as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Caught"]


class Caught:
    """A block of code that is not ours, such as a reader's expression or another's provider.

    It may raise anything, even ask the process to exit, and that is no failure of ours; an
    interrupt and a cancel go through.

    Attributes:
        error: What the block raised; None if it ended well.

    >>> with Caught() as block:
    ...     1 / 0
    >>> block.error
    ZeroDivisionError('division by zero')
    """

    def __init__(self) -> None:
        self.error: Exception | SystemExit | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, (Exception, SystemExit)):
            return False
        self.error = error
        return True
