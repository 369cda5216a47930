"""Bytes to text, never half a character."""

from __future__ import annotations

import codecs

__all__ = ["TextDecoder"]


class TextDecoder:
    r"""Decode UTF-8 that arrives in pieces cut anywhere, even within a character.

    Bytes that are no UTF-8 become U+FFFD in their place, and decoding goes on. A byte order mark
    is text like any other, so the pieces joined are always ``data.decode("utf-8", "replace")``.

    >>> decoder = TextDecoder()
    >>> decoder.decode(b"caf\xc3"), decoder.decode(b"\xa9"), decoder.flush()
    ('caf', 'é', '')
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def decode(self, data: bytes) -> str:
        """Give the characters that are complete so far.

        Args:
            data: The next bytes, any number of them.

        Returns:
            The text; "" does not mean the end, only that no character is complete yet.
        """
        return self._decoder.decode(data)

    def flush(self) -> str:
        """Give what the end leaves over: U+FFFD for a character that never became complete."""
        return self._decoder.decode(b"", final=True)
