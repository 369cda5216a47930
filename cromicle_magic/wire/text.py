"""Bytes and code units to text, never half a character."""

from __future__ import annotations

import codecs
import re

from cromicle_magic.errors import SettingError

__all__ = ["PairDecoder", "TextDecoder", "utf8"]

_SURROGATE = re.compile("[\ud800-\udfff]")
_HIGH = re.compile("[\ud800-\udbff]\\Z")


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


class PairDecoder:
    r"""Join the halves of characters in texts that were cut between UTF-16 code units.

    JSON can carry half a character, and a server whose language counts in such units cuts there.
    A half that never meets its other becomes U+FFFD.

    >>> decoder = PairDecoder()
    >>> decoder.decode("ok \ud83d"), decoder.decode("\ude00"), decoder.flush()
    ('ok ', '😀', '')
    """

    def __init__(self) -> None:
        self._held = ""

    def decode(self, text: str) -> str:
        """Give the characters that are complete so far, as ``TextDecoder`` does."""
        if not text or not (self._held or _SURROGATE.search(text)):
            return text
        text, self._held = self._held + text, ""
        if _HIGH.search(text):
            text, self._held = text[:-1], text[-1]
        return _paired(text)

    def flush(self) -> str:
        """Give what the end leaves over: U+FFFD for a half character."""
        held, self._held = self._held, ""
        return _paired(held)


def utf8(text: str) -> bytes:
    """Give a text that the user wrote as bytes.

    Args:
        text: Any text.

    Raises:
        SettingError: The text holds half of a surrogate pair, which has no UTF-8 form.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        lone = f"U+{ord(error.object[error.start]):04X}"
        said = (
            f"The prompt holds half a character ({lone}) that no UTF-8 text can carry; remove it."
        )
        raise SettingError(said) from None


def _paired(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
