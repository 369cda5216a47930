"""A reply in plain text, and how a page or an object in its place is told from it."""

from __future__ import annotations

import re

from cromicle_magic.errors import ProtocolError
from cromicle_magic.render.terminal import quoted
from cromicle_magic.wire.faults import Fault, fault_of
from cromicle_magic.wire.objects import object_in
from cromicle_magic.wire.text import TextDecoder

__all__ = ["PlainDecoder"]

# Enough to tell a page by, and enough of an object to find the sentence in it.
_PAGE_CHARS = 16
_OBJECT_CHARS = 4096

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
        text = self._decoder.decode(data)
        if not (self._is_page or self._is_object):
            return text
        self._held += text
        return self._sift(_PAGE_CHARS, _OBJECT_CHARS)

    def flush(self) -> str:
        """Give what the end leaves over."""
        text = self._decoder.flush()
        if not (self._is_page or self._is_object):
            return text
        self._held += text
        return self._sift(0, 0)

    def _sift(self, page_chars: int, object_chars: int) -> str:
        """Hold the beginning back until it shows what it is."""
        begins = self._held.lstrip("\ufeff \t\r\n")
        if self.fault or (page_chars and not begins):
            return ""
        if self._is_page and _PAGE.match(begins):
            said = f"sent a web page, no answer; check the url. It begins: {quoted(begins)}"
            self.fault = Fault(said, ProtocolError)
        elif self._is_object and begins.startswith(("{", "[")):
            if len(begins) >= object_chars:
                self.fault = _fault(begins)
        elif not begins.startswith("<") or not self._is_page or len(begins) >= page_chars:
            self._is_page = self._is_object = False
            text, self._held = self._held, ""
            return text
        return ""


def _fault(said: str) -> Fault:
    fields = object_in(said)
    fault = fault_of(fields) if fields else None
    text = f"sent JSON, where text was due; check the url. It begins: {quoted(said)}"
    return fault or Fault(text, ProtocolError)
