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
        address: The server's address, as ``options.public_address`` gives it, or "".
        status: The HTTP status, if one was received.

    Attributes:
        partial: The text received before the error, "" if there was none.
    """

    def __init__(self, message: str, *, address: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.address = address
        self.status = status
        self.partial = ""

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
    """The server replied with an HTTP status that is no success, or with an error as its answer."""


class TruncatedError(RemoteError):
    """The answer broke off before its end."""


class EmptyError(RemoteError):
    """The answer ended without a single character."""


class DeadlineError(RemoteError, TimeoutError):
    """Nothing came for longer than the deadline."""


class ProtocolError(RemoteError):
    """What came is not an answer in this protocol."""


class ForeignError(RemoteError):
    """A provider from elsewhere failed by its own error, which the message quotes."""
