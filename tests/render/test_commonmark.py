"""The examples of the CommonMark Spec, with raw HTML off."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from cromicle_magic.render.blocks import split
from cromicle_magic.render.markdown import to_html

EXAMPLES = json.loads((Path(__file__).parent / "fixtures/commonmark.json").read_text("utf-8"))
ALLOWED = re.compile(r"https?://[^/?#]|mailto:")
OTHERWISE = {
    12: r"a backslash before a bracket opens a formula",
    346: "no host is called foo.bar.`baz",
    **dict.fromkeys((602, 608, 611), "bare web addresses are links, as on GitHub"),
}


def has_raw_html(markdown: str) -> bool:
    """Tell whether an example shows what raw HTML does: then it looks different without."""
    on, off = (MarkdownIt("commonmark", {"html": html}).render(markdown) for html in (True, False))
    return bool(on != off)


class Meaning(HTMLParser):
    """HTML as tags and texts, with our rules for links, images and code applied to both sides."""

    def __init__(self) -> None:
        """Start with nothing read."""
        super().__init__(convert_charrefs=True)
        self.said: list[list[str]] = []
        self.link: str | None = None
        self.link_start = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag; spans, the code in a pre and refused links are none."""
        given = dict(attrs)
        if tag == "img":
            self._image(given.get("src") or "", given.get("alt") or "")
        elif tag == "a":
            self._open_link(given.get("href") or "")
        elif tag != "span" and not (tag == "code" and self.said[-1:] == [["tag", "pre", ""]]):
            self.said.append(["tag", tag, given.get("start") or ""])

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a tag."""
        if tag == "a":
            self._close_link()
        elif tag not in ("span", "code", "hr", "br", "img"):
            self.said.append(["tag", "/" + tag])

    def handle_data(self, data: str) -> None:
        """Note a text, joined to the one before."""
        if self.said and self.said[-1][0] == "text":
            self.said[-1][1] += data
        else:
            self.said.append(["text", data])

    def _open_link(self, href: str) -> None:
        self.link = href
        if ALLOWED.match(href):
            self.said.append(["tag", "a", href])
        self.link_start = len(self.said)
        self.said.append(["text", ""])

    def _close_link(self) -> None:
        href, self.link = self.link or "", None
        if not any(part[1].strip() for part in self.said[self.link_start :] if part[0] == "text"):
            self.handle_data(href or "(empty link)")
        if ALLOWED.match(href):
            self.said.append(["tag", "/a"])

    def _image(self, source: str, alternative: str) -> None:
        host = source.split("/")[2] if "://" in source else source.partition(":")[0][:40]
        text = ": ".join(filter(None, ("image", alternative))) + f" ({host})"
        is_link = self.link is None and ALLOWED.match(source)
        if is_link:
            self._open_link(source)
        self.handle_data(text)
        if is_link:
            self._close_link()


def meaning(html: str) -> list[list[str]]:
    """Read HTML down to what it says; line ends between blocks say nothing."""
    reader = Meaning()
    reader.feed(html)
    reader.close()
    joined: list[list[str]] = []
    for part in reader.said:
        if part[0] == "text" and joined and joined[-1][0] == "text":
            joined[-1] = ["text", joined[-1][1] + part[1]]
        else:
            joined.append(part)
    stripped = ([*part[:1], part[1].strip("\n"), *part[2:]] for part in joined)
    return [part for part in stripped if part[1]]


KEPT = [
    example
    for example in EXAMPLES
    if example["example"] not in OTHERWISE and not has_raw_html(example["markdown"])
]


def test_the_rule_leaves_out_few_examples() -> None:
    """Only examples of raw HTML are left out."""
    assert len(EXAMPLES) == 652
    assert len(KEPT) > 560


@pytest.mark.parametrize("example", KEPT, ids=lambda example: str(example["example"]))
def test_an_example_means_the_same(example: dict[str, str]) -> None:
    """Every example says what the Spec says, but for links, images and colours."""
    assert meaning(to_html(example["markdown"])) == meaning(example["html"])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["example"]))
def test_an_example_can_be_cut(example: dict[str, str]) -> None:
    """Cut into pieces every example gives the HTML of the whole, references excepted."""
    text = example["markdown"] + "\nmore\n\n" + example["markdown"]
    if "]:" not in text:
        assert "".join(map(to_html, split(text))) == to_html(text)
