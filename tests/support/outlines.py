"""HTML read back as a list of tags and texts, to compare and to search."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["Reader", "read"]

VOID = {"br", "hr", "img"}


class Reader(HTMLParser):
    """Reads HTML the way a browser would meet it: elements with attributes, and texts."""

    def __init__(self) -> None:
        """Start with nothing read."""
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, list[tuple[str, dict[str, str | None]]]]] = []
        self.open: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element of that name."""
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Note a text with the elements around it."""
        self.texts.append((data, list(self.open)))


def read(html: str) -> Reader:
    """Read a whole text."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader
