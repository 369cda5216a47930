"""A reply in plain text, and how a page or an object in its place is told from it."""

from __future__ import annotations

import re

from cromicle_magic.errors import ProtocolError
from cromicle_magic.render.terminal import quoted
from cromicle_magic.wire.faults import Fault, fault_of
from cromicle_magic.wire.objects import object_in
from cromicle_magic.wire.text import TextDecoder

__all__ = ["PlainDecoder"]

# Enough to tell a page by.
_PAGE_CHARS = 16
# Enough of an object to find the sentence in it, and more blanks than stand before any page.
_OPENING_CHARS = 4096
_BLANKS = "\ufeff \t\r\n"

_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_PAGE = re.compile(r"<(!doctype\b|html\b|head\b|\?xml\b)", re.IGNORECASE)


class PlainDecoder:
    r"""Decode text that arrives in pieces cut anywhere, and notice what is no answer.

    Frameworks label any text ``text/html``, and models write HTML and JSON when asked to. So only
    what is labelled as a page or an object, and begins like one, is taken for a portal's login, a
    proxy's apology or an API's error.

    Args:
        content_type: What the server says that it sends, "" if it doesn't.

    Attributes:
        fault: What is wrong with the reply, if anything; nothing is read behind it.

    >>> plain = PlainDecoder("text/plain")
    >>> plain.decode(b"H\xc3"), plain.decode(b"\xa9!"), plain.flush()
    ('H', 'é!', '')
    """

    def __init__(self, content_type: str = "") -> None:
        kind = content_type.partition(";")[0].strip().lower()
        charset = _CHARSET.search(content_type)
        self._decoder = TextDecoder(charset[1] if charset else "")
        self._is_page = "html" in kind or "xml" in kind
        self._is_object = "json" in kind
        self._held = ""
        self.fault: Fault | None = None

    def decode(self, data: bytes) -> str:
        """Give the text that is complete so far; "" does not mean the end."""
        return self._sifted(self._decoder.decode(data), is_end=False)

    def flush(self) -> str:
        """Give what the end leaves over."""
        return self._sifted(self._decoder.flush(), is_end=True)

    def _sifted(self, text: str, *, is_end: bool) -> str:
        """Hold the beginning back until it shows what it is."""
        if not (self._is_page or self._is_object):
            return text
        if self.fault:
            return ""
        self._held += text
        opening = self._held[:_OPENING_CHARS]
        begins = opening.lstrip(_BLANKS)
        if not is_end and len(opening) < _OPENING_CHARS and self._is_open(begins):
            return ""
        self.fault = self._judged(begins)
        if self.fault:
            return ""
        self._is_page = self._is_object = False
        held, self._held = self._held, ""
        return held

    def _is_open(self, begins: str) -> bool:
        """Tell whether more of a beginning may show something else."""
        if self._is_object and begins.startswith(("{", "[")):
            return True
        return not begins or (
            self._is_page and begins.startswith("<") and len(begins) < _PAGE_CHARS
        )

    def _judged(self, begins: str) -> Fault | None:
        if self._is_page and _PAGE.match(begins):
            said = f"sent a web page, no answer; check the url. It begins: {quoted(begins)}"
            return Fault(said, ProtocolError)
        is_object = self._is_object and begins.startswith(("{", "["))
        return _fault(begins) if is_object else None


def _fault(said: str) -> Fault:
    fields = object_in(said)
    fault = fault_of(fields) if fields else None
    text = f"sent JSON, where text was due; check the url. It begins: {quoted(said)}"
    return fault or Fault(text, ProtocolError)
