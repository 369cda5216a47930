"""Every error there is, split by who can mend it.

::

    CromicleError
    ├── LocalError            yours to mend: a setting, an address, a key
    │   ├── SettingError        a setting or an argument that cannot work
    │   ├── ConnectError        nothing answers at the address
    │   └── AccessError         the server wants another token or key (401, 403)
    └── RemoteError           theirs: refused, cut, too slow, not understood
        ├── StatusError         an HTTP status that is no success, or an error in an answer's place
        ├── TruncatedError      the answer broke off before its end
        ├── EmptyError          the answer ended without a single character
        ├── LimitError          more came than is kept
        ├── DeadlineError       nothing came for longer than the deadline
        ├── ProtocolError       what came is not an answer in this protocol
        └── ForeignError        a provider from elsewhere failed by its own error
"""

from __future__ import annotations

__all__ = [
    "AccessError",
    "ConnectError",
    "CromicleError",
    "DeadlineError",
    "EmptyError",
    "ForeignError",
    "LimitError",
    "LocalError",
    "ProtocolError",
    "RemoteError",
    "SettingError",
    "StatusError",
    "TruncatedError",
]


class CromicleError(Exception):
    """The family of all errors that this package raises.

    The message says what happened, the value, and what to try. An error pickles, and it holds
    neither a key nor an object of the HTTP library.

    Args:
        message: One sentence or two, printable: foreign text in it went through
            ``render.terminal.quoted``.
        address: The server's address, as ``discretion.public_address`` gives it, or "".
        status: The HTTP status, if one was received.
        retryable: Whether the same request, sent again, may well succeed though nobody mends
            anything; by default what is usual for the kind of error.

    Attributes:
        partial: The text received before the error, "" if there was none.
        retry_after_s: How long the server asks to be left alone, in seconds, if it does.
    """

    def __init__(
        self,
        message: str,
        *,
        address: str = "",
        status: int | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.address = address
        self.status = status
        self.retryable: bool = self._passes() if retryable is None else retryable
        self.retry_after_s: float | None = None
        self.partial = ""

    def _passes(self) -> bool:
        return False

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception for this before it builds a traceback; nbclient and papermill
        # show the same lines, so a failed run ends with one sentence.
        return [f"{type(self).__name__}: {self}"]


class LocalError(CromicleError):
    """Something that the reader can mend: a setting, an address, a key."""


class SettingError(LocalError, ValueError):
    """A setting or an argument that cannot work."""


class ConnectError(LocalError, ConnectionError):
    """Nothing answers at the address: refused, no such name, no route, no trust."""


class AccessError(LocalError):
    """The server wants another token or key (HTTP 401 or 403)."""


class RemoteError(CromicleError):
    """Something on the server's side."""


class StatusError(RemoteError):
    """The server replied with an HTTP status that is no success, or with an error as its answer.

    By their definition in RFC 9110 and 6585 the statuses 408, 429 and those from 500 on may pass.
    """

    def _passes(self) -> bool:
        return self.status in {408, 429} or 500 <= (self.status or 0) < 600


class TruncatedError(RemoteError):
    """The answer broke off before its end."""

    def _passes(self) -> bool:
        return True


class EmptyError(RemoteError):
    """The answer ended without a single character."""


class LimitError(RemoteError):
    """More came than is kept."""


class DeadlineError(RemoteError, TimeoutError):
    """Nothing came for longer than the deadline."""

    def _passes(self) -> bool:
        return True


class ProtocolError(RemoteError):
    """What came is not an answer in this protocol."""


class ForeignError(RemoteError):
    """A provider from elsewhere failed by its own error, which the message quotes."""
