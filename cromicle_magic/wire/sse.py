"""Bytes to server-sent events, by the written standard.

The source of every fact here is the WHATWG's HTML standard, section 9.2, "Server-sent events".
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import NamedTuple

from cromicle_magic.errors import ProtocolError

__all__ = ["MAX_EVENT_BYTES", "Event", "EventDecoder"]

# No engine's event comes near. A peer that never ends its line must not fill the memory, and to
# read an event can take ten times its size.
MAX_EVENT_BYTES = 5 * 2**20

_USUAL = b"data: "


class Event(NamedTuple):
    """One event; its id is left out, for it serves reconnecting, and a prompt is sent once.

    Attributes:
        data: The lines of its data, joined by newlines.
        type: What kind of event it says it is.
    """

    data: str
    type: str = "message"


class EventDecoder:
    r"""Read events from a stream whose bytes are cut anywhere.

    A line ends in CR, LF or CRLF and in nothing else: U+2028 is data. Bytes that are no UTF-8
    become U+FFFD in their place. One byte order mark at the start is dropped. Each byte is looked
    at a fixed number of times, however the stream is cut.

    >>> decoder = EventDecoder()
    >>> decoder.decode(b': hi\ndata: {"a"'), decoder.decode(b": 1}\n\ndata"), decoder.flush()
    ([], [Event(data='{"a": 1}', type='message')], [Event(data='', type='message')])
    """

    def __init__(self) -> None:
        self._line = bytearray()  # of a line that has not ended
        self._data: list[bytes] = []  # the lines of data of an event that has not ended
        self._waiting_bytes = 0
        self._type = b""
        self._has_begun = self._is_after_cr = False

    def decode(self, data: bytes) -> list[Event]:
        """Give the events that are complete so far.

        Args:
            data: The next bytes, any number of them.

        Returns:
            The events; none does not mean the end.

        Raises:
            ProtocolError: An event grew beyond ``MAX_EVENT_BYTES``.
        """
        *lines, rest = self._in_lines(data)
        if lines:
            lines[0] = self._ended(lines[0])
        events = self._read(lines)
        self._line += rest
        self._grow(len(rest))
        return events

    def flush(self) -> list[Event]:
        """Give the event that the end leaves over, if any.

        The standard drops an event that no blank line ends. Some engines close right behind their
        last one, so here it counts; it may be cut short, which whoever reads its data will see.
        """
        return self._read([self._ended(b""), b""])

    def _in_lines(self, data: bytes) -> list[bytes]:
        """Part bytes at every line's end; a CRLF may be cut in two."""
        if not data:
            return [b""]
        if self._is_after_cr:
            data = data.removeprefix(b"\n")
        self._is_after_cr = data.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data.split(b"\n")

    def _ended(self, rest: bytes) -> bytes:
        """Give the whole of a line whose last piece has come."""
        line = bytes(self._line) + rest
        self._waiting_bytes -= len(self._line)
        self._line.clear()
        if not self._has_begun:
            self._has_begun = True
            return line.removeprefix(BOM_UTF8)
        return line

    def _read(self, lines: list[bytes]) -> list[Event]:
        events: list[Event] = []
        for line in lines:
            if line.startswith(_USUAL):
                self._data.append(line[6:])
                self._grow(len(line))
            elif line:
                self._take(line)
            elif self._data:
                events.append(self._event())
            else:
                self._type = b""
        return events

    def _take(self, line: bytes) -> None:
        """Take one line of a rarer kind; comments, ids, retry times and the unknown say nothing."""
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._grow(len(line))
        elif name == b"event":
            self._type = value

    def _event(self) -> Event:
        data = b"\n".join(self._data).decode("utf-8", "replace")
        kind = self._type.decode("utf-8", "replace") or "message"
        self._data.clear()
        self._waiting_bytes, self._type = 0, b""
        return Event(data, kind)

    def _grow(self, size: int) -> None:
        self._waiting_bytes += size
        if self._waiting_bytes > MAX_EVENT_BYTES:
            most = f"{MAX_EVENT_BYTES // 2**20} MiB"
            raise ProtocolError(f"An event of more than {most} came, no answer; check the url.")
