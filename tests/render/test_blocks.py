"""Cuts that change nothing."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.texts import chunked, markdown_texts

from cromicle_magic.render.blocks import Blocks, split
from cromicle_magic.render.markdown import to_html

ANSWER = (
    "# Title\n\nWords.\n\n1. one\n\n   ```py\n   x\n\n   y\n   ```\n\n2. two\n\nLast *words*.\n"
)


def fed(chunks: list[str]) -> Blocks:
    """Feed chunks one after another."""
    blocks = Blocks()
    for chunk in chunks:
        blocks.feed(chunk)
    return blocks


def test_an_answer_is_cut_between_its_blocks() -> None:
    """Headings, paragraphs and lists each become a piece."""
    assert split(ANSWER) == [
        "# Title\n\n",
        "Words.\n\n",
        "1. one\n\n   ```py\n   x\n\n   y\n   ```\n\n2. two\n\n",
        "Last *words*.\n",
    ]


@pytest.mark.parametrize(
    "whole",
    [
        "```\na\n\nb\n```\n",
        "~~~ py\n```\n\nb\n~~~\n",
        "````\n```\n\nb\n",
        "- a\n\n- b\n\n  c\n",
        "1. a\n\n2. b\n\n       code\n",
        "    code\n\n    more\n",
        "$$\na\n- b\n$$\n",
        "> a\n> b\nlazy\n",
        "| a |\n|---|\n| b |\n",
        "- a\n```\nb\n\nc\n```\n",
        "p\n2. no list\n   ```\n\nb\n   ```\n",
        "$$\n- no list $$\n\n  ```\n\nb\n  ```\n",
    ],
)
def test_nothing_is_cut_inside(whole: str) -> None:
    """A fence, list, quote, table, formula or indented code stays whole."""
    assert split(whole) == [whole]
    assert split(whole + "\nEnd.\n") in ([whole + "\n", "End.\n"], [whole + "\nEnd.\n"])


def test_a_block_is_settled_by_the_first_letter_after_it() -> None:
    """A paragraph of one long line doesn't hold back the block before it."""
    blocks = fed(["Words.\n", "\n", "M"])
    assert (blocks.settled, blocks.tail) == (["Words.\n\n"], "M")


def test_a_possible_item_is_waited_for() -> None:
    """After a list a digit may begin its next item or a paragraph."""
    blocks = fed(["1. a\n\n2"])
    assert blocks.settled == []
    blocks.feed("0 years\n")
    assert blocks.settled == ["1. a\n\n"]


def test_half_a_line_end_is_waited_for() -> None:
    """A carriage return at the end of a chunk may be half of a line end."""
    blocks = fed(["a\r", "\n\r", "\nb"])
    assert (blocks.settled, blocks.tail) == (["a\r\n\r\n"], "b")


@settings(max_examples=300, deadline=None)
@given(markdown_texts(), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_any_chunks_give_the_same_cuts(text: str, sizes: list[int]) -> None:
    """However a text is split into chunks, its cuts and its tail are the same."""
    whole, parts = fed([text]), fed(chunked(text, sizes))
    assert (whole.settled, whole.tail) == (parts.settled, parts.tail)
    assert "".join(parts.settled) + parts.tail == text


@settings(max_examples=600, deadline=None)
@given(markdown_texts())
def test_pieces_say_what_the_whole_says(text: str) -> None:
    """Rendered one by one the pieces give the HTML of the whole."""
    assert "".join(map(to_html, split(text))) == to_html(text)


def calls(blocks: Blocks, line: str, times: int) -> int:
    """Count the function calls that feeding a line again and again costs."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    for _ in range(times):
        blocks.feed(line)
    sys.setprofile(None)
    return counted


@pytest.mark.parametrize(
    "line", ["word ", "- a\n", "a\n", "```\n", "$$\n", "\r", "> a\n\n", "  - a\n"]
)
def test_the_work_does_not_grow_with_the_text(line: str) -> None:
    """A line costs the same at the end of a long text as at its beginning."""
    blocks = Blocks()
    calls(blocks, line, 100)
    assert calls(blocks, line, 1_000) == pytest.approx(calls(blocks, line, 1_000), rel=0.01)
