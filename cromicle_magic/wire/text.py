"""Bytes and code units to text, never half a character."""

from __future__ import annotations

import codecs
import re

from cromicle_magic.errors import SettingError

__all__ = ["PairDecoder", "TextDecoder", "utf8"]

_SURROGATE = re.compile("[\ud800-\udfff]")
_HIGH = re.compile("[\ud800-\udbff]\\Z")
_BYTES = bytes(range(256))
# Python's names for encodings of texts; others that it calls so are escapes or compressions.
_FOREIGN = re.compile("utf-16|utf-32|gb|big5|shift_jis|euc_|iso2022|iso8859|cp|koi8|mac|tis")


class TextDecoder:
    r"""Decode text that arrives in pieces cut anywhere, even within a character.

    It is UTF-8. Bytes that are none become U+FFFD in their place, and decoding goes on. A byte
    order mark is text like any other, so the pieces joined are always
    ``data.decode("utf-8", "replace")``. A server may name another encoding, and then is taken at
    its word; except for those of one byte a character, which many a server names by default: there
    the text is UTF-8 until a byte shows that it isn't.

    Args:
        charset: The encoding that the server names, "" for none; an unknown one counts as none.

    >>> decoder = TextDecoder()
    >>> decoder.decode(b"caf\xc3"), decoder.decode(b"\xa9"), decoder.flush()
    ('caf', 'é', '')
    >>> [TextDecoder("latin-1").decode(data) for data in (b"caf\xe9!", b"caf\xc3\xa9!")]
    ['café!', 'café!']
    """

    def __init__(self, charset: str = "") -> None:
        foreign = _foreign(charset)
        is_doubted = foreign is not None and len(_BYTES.decode(foreign, "replace")) == len(_BYTES)
        self._fallback = foreign if is_doubted else None
        first = "utf-8" if is_doubted else foreign or "utf-8"
        self._decoder = _decoder(first, "strict" if is_doubted else "replace")
        self._name = first

    def decode(self, data: bytes) -> str:
        """Give the characters that are complete so far.

        Args:
            data: The next bytes, any number of them.

        Returns:
            The text; "" does not mean the end, only that no character is complete yet.
        """
        return self._decode(data, final=False)

    def flush(self) -> str:
        """Give what the end leaves over: U+FFFD for a character that never became complete."""
        return self._decode(b"", final=True)

    def _decode(self, data: bytes, *, final: bool) -> str:
        try:
            return self._decoder.decode(data, final)
        except UnicodeError as error:
            whole, start = self._decoder.getstate()[0] + data, 0
            if self._fallback and isinstance(error, UnicodeDecodeError):
                whole, start = error.object, error.start
        # Only the strict decoder of a doubted label raises, and those of UTF-16 and UTF-32, where
        # no mark tells the order of bytes: then the WHATWG's Encoding Standard takes little-endian.
        self._decoder = _decoder(self._fallback or f"{self._name}-le", "replace")
        return whole[:start].decode() + self._decoder.decode(whole[start:], final)


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


def _foreign(charset: str) -> str | None:
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return None
    return name if _FOREIGN.match(name) else None


def _decoder(name: str, errors: str) -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder(name)(errors=errors)


def _paired(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
