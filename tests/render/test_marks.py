"""Rules asked by their first characters only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from support.texts import hostile_texts, markdown_texts

from cromicle_magic.render.formulas import block_formula, inline_formula
from cromicle_magic.render.marks import sort_rules

EXAMPLES = json.loads((Path(__file__).parent / "fixtures/commonmark.json").read_text("utf-8"))
# Texts in which one block ends another, or does not.
ENDS = (
    "- a\n- b\n  - c\n- d",
    "a\n[b]: c\n# d",
    "> a\n- b",
    "- a\n# b",
    "1. a\n2. b\n3) c",
    "a\n2. b",
)


def parser() -> MarkdownIt:
    """Make a parser of our dialect, but for what the rules are sorted for."""
    md = MarkdownIt("commonmark", {"html": False})
    return md.enable(["table", "strikethrough"])


def asking_all() -> MarkdownIt:
    """Make a parser that asks all rules, in the order of markdown-it."""
    md = parser()
    md.inline.ruler.before("escape", "formula", inline_formula)
    ends = ("paragraph", "reference", "blockquote", "list")
    md.block.ruler.before("fence", "formula_block", block_formula, {"alt": list(ends)})
    return md


ALL, SORTED = asking_all(), parser()
sort_rules(SORTED)


@settings(max_examples=500, deadline=None)
@given(st.one_of(markdown_texts(), hostile_texts()))
@example("\n".join(ENDS))
def test_what_is_parsed_stays_the_same(text: str) -> None:
    """A rule that isn't asked would have said no, whatever the text."""
    assert SORTED.parse(text) == ALL.parse(text)


@pytest.mark.parametrize("text", [*ENDS, "\n\n".join(each["markdown"] for each in EXAMPLES)])
def test_an_example_is_parsed_the_same(text: str) -> None:
    """Lists, references and headings end what they should, and so do all of the Spec's examples."""
    assert SORTED.parse(text) == ALL.parse(text)
