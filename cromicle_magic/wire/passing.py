"""Whole events out of a reply that is passed on as it came."""

from __future__ import annotations

import re
from codecs import BOM_UTF8

__all__ = ["Passage"]

# What ends a line, and then empty ones, in a stream of events; a CR may be half of a CRLF.
_END = re.compile(rb"(?:\n\r?\n|\r\r|\n\r(?=[^\n]))[\r\n]*")
# Nothing of it means anything before the first event or the object.
_BLANKS = b" \t\r\n" + BOM_UTF8


class Passage:
    r"""Hold back what is not complete, so that an error can follow without cutting an event in two.

    A reply that begins like JSON, by a brace or a bracket, is one object and complete at its end.

    >>> passage = Passage()
    >>> passage.feed(b"data: 1\n\ndata: "), passage.feed(b"2\n"), passage.flush()
    (b'data: 1\n\n', b'', b'data: 2\n\n\n')
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._has_begun = self._is_object = False

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes, cut anywhere.

        Args:
            data: The bytes.

        Returns:
            The bytes of all events that are complete now, as they came.
        """
        if not self._has_begun:
            data = data.lstrip(_BLANKS)
            self._has_begun = bool(data)
            self._is_object = data.startswith((b"{", b"["))
        # An end may lie across the cut; what was looked at before is not looked at again.
        start = max(len(self._held) - 2, 0)
        self._held += data
        if self._is_object:
            return b""
        end = max((match.end() for match in _END.finditer(self._held, start)), default=0)
        whole = bytes(self._held[:end])
        del self._held[:end]
        return whole

    def flush(self) -> bytes:
        """Give what the end leaves over: the object, or an event that no blank line has ended."""
        held = bytes(self._held)
        self._held.clear()
        return held if self._is_object or not held else held + b"\n\n"
