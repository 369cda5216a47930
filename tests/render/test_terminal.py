"""Foreign words on a terminal and in error messages."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.outlines import read

from cromicle_magic.render.plain import escaped
from cromicle_magic.render.terminal import quoted, visible

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ANY = st.text(st.characters(exclude_categories=[]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a␍\nb␍c"),
        ("\x00\x7f\x9b", "␀␡⟨U+009B⟩"),
        ("\u202eabc", "⟨U+202E⟩abc"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\ud83d", "⟨U+D83D⟩"),
        ("👩\u200d👩\u200d👧 é", "👩\u200d👩\u200d👧 é"),
    ],
)
def test_a_control_becomes_a_picture(text: str, shown: str) -> None:
    """What would act is shown, what would not stays."""
    assert visible(text) == shown


@given(ANY, st.integers(0, 20))
def test_a_text_may_be_cut_anywhere(text: str, at: int) -> None:
    """Shown in two parts a text looks as it does in one."""
    assert visible(text[:at]) + visible(text[at:]) == visible(text)


@given(ANY)
def test_nothing_acts(text: str) -> None:
    """No control, half character or BIDI control is left but newline and tab."""
    left = [
        char for char in visible(text) if unicodedata.category(char) in ("Cc", "Cs") or char in BIDI
    ]
    assert set(left) <= {"\n", "\t"}


@given(ANY, st.integers(1, 40))
def test_a_quotation_is_one_short_line(text: str, limit: int) -> None:
    """However long and wild, an excerpt is one line of the length asked for."""
    line = quoted(text, limit)
    assert len(line) <= limit + 2
    assert len(line.splitlines()) == 1
    assert line.isprintable() or "\t" not in line


def test_a_long_quotation_says_that_it_is_cut() -> None:
    """An ellipsis stands for what was left out, and only then."""
    assert quoted("abcdef", 4) == '"abc…"'
    assert quoted("abcd", 4) == '"abcd"'
    assert quoted("a\nb") == '"a␊b"'


@given(ANY)
def test_plain_html_shows_the_text_to_the_letter(text: str) -> None:
    """Read back, the sheet holds one text, and no markup of it."""
    seen = read(escaped(text))
    assert [tag for tag, _ in seen.elements] == ["pre"]
    shown = "".join(each for each, around in seen.texts if around)
    kept = text.replace("\r\n", "\n")
    if not set(kept) & set("\u061c\u200e\u200f"):
        kept = visible(kept)
        assert shown == "\n" + kept
