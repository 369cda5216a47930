"""Hostile Markdown in bounded time: figures are ten times what was measured."""

from __future__ import annotations

from time import thread_time

import pytest

from cromicle_magic.render.blocks import Blocks
from cromicle_magic.render.controls import pictured, pictured_in_html
from cromicle_magic.render.highlight import CODE_CHARS, LANGUAGES, Colouring
from cromicle_magic.render.markdown import PIECE_WEIGHT, to_html
from cromicle_magic.render.weight import weight

STEP_S = 0.5
ATOMS = (
    *(
        "[",
        "[[a]",
        "![",
        "[a](",
        "[a](b",
        "](",
        "> ",
        ">",
        "> a\n",
        "*_",
        "**a ",
        "a*",
        "`",
        "`a``b",
    ),
    *(
        "|",
        "|a|b|\n|-|-|\n",
        "~~",
        "$",
        "$a ",
        "$$a\n",
        "\\(",
        "\\[ a\n",
        "- ",
        "- - - a\n",
        "* a\n",
    ),
    *(
        "1. a\n",
        "#\n",
        "<",
        "<http://a",
        "&#x41;",
        "\\",
        "a\n",
        "\n",
        "http://a)",
        "![a](http://b) ",
    ),
    *(
        "[](http://b) ",
        "[a]: b\n",
        "[a]:",
        "[a\n",
        "- [ ] a\n",
        "\u202e",
        "\ud800",
        "```py\n",
        "a\n\n",
    ),
    *("---\n", "a\n===\n", "> - 1. a\n", "***a", "[a][", "{", "\x00", "a"),
)
CODE_ATOMS = (
    "(",
    '"',
    "\\",
    "a\n",
    "\n",
    "//",
    "<",
    "{{",
    "a::",
    "0x",
    "f'{",
    "- a: b\n",
    " ",
    "/*",
)


def longest(atom: str) -> str:
    """Repeat an atom up to the weight that one step may have."""
    return atom * int(PIECE_WEIGHT / weight(atom * 100) * 100)


def wide_table() -> str:
    """Write a table whose rows lack nearly all their cells."""
    return "|" + "a|" * 50 + "\n|" + "-|" * 50 + "\n" + "a\n" * 1_000


@pytest.mark.parametrize(
    "text", [*map(longest, ATOMS), wide_table()], ids=lambda text: repr(text[:10])
)
def test_no_step_is_long(text: str) -> None:
    """The heaviest text that a step may lay out takes its share of a second."""
    start = thread_time()
    html = to_html(text, PIECE_WEIGHT)
    assert thread_time() - start < STEP_S
    assert len(html) < 40 * len(text) + 1_000


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_lexer_is_long(language: str) -> None:
    """The colouring of hostile code ends with its time, in every language."""
    Colouring().block("a", language)
    for atom in CODE_ATOMS:
        code = (atom * CODE_CHARS)[:CODE_CHARS]
        start = thread_time()
        Colouring(0.005).block(code, language)
        assert thread_time() - start < STEP_S


def test_code_is_whole_when_its_time_is_over() -> None:
    """Without any time left the code is there, uncoloured."""
    assert Colouring(-1).block("def f(): 1 < 2", "py").endswith("</span>def f(): 1 &lt; 2</pre>\n")


@pytest.mark.parametrize("atom", ["a", "- a\n", "a\n", "```\n\n", "> a\n", "\r", "$$\n"])
def test_feeding_is_linear(atom: str) -> None:
    """A hundred thousand characters without a cut, fed one by one, take a second at most."""
    blocks, start = Blocks(), thread_time()
    for char in atom * (100_000 // len(atom)):
        blocks.feed(char)
    assert thread_time() - start < 1.5


@pytest.mark.parametrize("letter", ["a", "é", "字", "😀"])
def test_every_alphabet_is_looked_through_quickly(letter: str) -> None:
    """A million harmless letters take a hundredth of a second, also beyond ASCII."""
    text, start = letter * 1_000_000, thread_time()
    assert pictured(text) == pictured_in_html(text) == text
    assert thread_time() - start < 0.08
