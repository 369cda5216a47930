"""What may be clicked: web and mail links with a text to be seen, images only by name."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cromicle_magic.render.sanitise import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markdown_it.rules_core import StateCore

__all__ = ["LinkParser", "tame_links"]

# Own rule instead of linkify-it-py: answers write their bare links with a scheme, and
# what is only guessed (example.com, a.py) is better left unlinked.
_BARE = re.compile(r"(?<![\w/])https?://[^\s<>\"`⟨⟩]+")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")  # names are in Punycode by now; IPv6
# What markdown-it would leave as it is, and nearly every address of an answer.
_NORMAL = re.compile(r"https?://[a-z0-9]+(?:\.[a-z0-9]+)+(?:/[A-Za-z0-9./_-]*)?")
_TRAILING = "?!.,:;*_~'\")]}"
_LINKED = {"link_open", "image"}
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols that show nothing


class LinkParser(MarkdownIt):
    """A parser that takes an address for normal at a glance."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - markdown-it's name for it
        """Give an address as a browser would write it."""
        return url if _NORMAL.fullmatch(url) else super().normalizeLink(url)


def tame_links(state: StateCore) -> None:
    """Make every link safe and legible (a rule of markdown-it's core ruler).

    Images become links to themselves whose text names them and their host, bare web
    addresses become links, links elsewhere lose their target, empty ones show it.
    """
    for token in state.tokens:
        children = token.children or ()
        # Most of a text leads nowhere, and is passed over at once.
        if any(child.type in _LINKED or "://" in child.content for child in children):
            token.children = list(_tamed(state, children))


def _tamed(state: StateCore, tokens: Iterable[Token]) -> Iterator[Token]:
    opened: Token | None = None
    seen = False
    for token in tokens:
        if token.type == "link_open":
            opened, seen = token, False
            if _is_allowed(_target(token)):
                yield token
        elif token.type == "link_close":
            yield from _closed(token, opened, seen)
            opened = None
        else:
            seen = seen or _is_seen(token)
            yield from _within(state, token, opened is not None)


def _closed(token: Token, opened: Token | None, seen: bool) -> Iterator[Token]:
    href = _target(opened) if opened else ""
    if not seen:
        yield _text(href or "(empty link)")
    if _is_allowed(href):
        yield token


def _within(state: StateCore, token: Token, is_linked: bool) -> Iterator[Token]:
    if token.type == "image":
        yield from _named(token, is_linked)
    elif token.type == "text" and not is_linked and "://" in token.content:
        yield from _autolinked(state, token.content)
    else:
        yield token


def _named(image: Token, is_linked: bool) -> Iterator[Token]:
    source = str(image.attrs.get("src", ""))
    host = _host(source) or source.partition(":")[0][:40]
    text = _text(": ".join(filter(None, ("image", _alternative(image)))) + f" ({host})")
    if is_linked or not _is_allowed(source):
        yield text
    else:
        yield from _link(source, text)


def _alternative(image: Token) -> str:
    return "".join(child.content for child in image.children or ()).strip()


def _autolinked(state: StateCore, text: str) -> Iterator[Token]:
    start = 0
    for match in _BARE.finditer(text):
        address = _trimmed(match[0])
        href = state.md.normalizeLink(address)
        if not (_is_allowed(href) and state.md.validateLink(href)):
            continue
        yield _text(text[start : match.start()])
        yield from _link(href, _text(address))
        start = match.start() + len(address)
    yield _text(text[start:])


def _trimmed(address: str) -> str:
    end = len(address)
    spare = address.count(")") - address.count("(")
    while end and address[end - 1] in _TRAILING:
        if address[end - 1] == ")":
            if spare <= 0:  # the bracket belongs to the address: /wiki/A_(b)
                break
            spare -= 1
        end -= 1
    return address[:end]


def _is_allowed(href: str) -> bool:
    scheme = href.partition(":")[0].lower()
    if scheme == "mailto":
        return True
    return scheme in SCHEMES and _host(href) != ""


def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
        return host if _HOST.fullmatch(host) else ""
    except ValueError:  # an opened bracket, as in http://[
        return ""


def _is_seen(token: Token) -> bool:
    text = token.content or ("image" if token.type == "image" else "")
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK for char in text)


def _target(link: Token) -> str:
    return str(link.attrs.get("href", ""))


def _link(href: str, text: Token) -> tuple[Token, Token, Token]:
    return Token("link_open", "a", 1, attrs={"href": href}), text, Token("link_close", "a", -1)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
