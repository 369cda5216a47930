"""Addresses taken for normal at a glance."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cromicle_magic.render.links import LinkParser

THEIRS, OURS = MarkdownIt(), LinkParser()
HOSTS = st.text("ab09.:-A@%é", max_size=8)
PATHS = st.text("aZ0/._-~%?#é []:", max_size=8)


@settings(max_examples=500)
@given(st.sampled_from(("http", "https", "HTTP", "ftp")), HOSTS, PATHS)
@example("https", "example.invalid", "")
@example("https", "a.b", "/../c//.d")
def test_an_address_becomes_what_it_did(scheme: str, host: str, path: str) -> None:
    """What is passed over is what markdown-it would leave as it is."""
    url = f"{scheme}://{host}{path}"
    assert OURS.normalizeLink(url) == THEIRS.normalizeLink(url)
