"""Python's tokens, the most frequent ones tried first."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers.python import PythonLexer

from cromicle_magic.render.python_lexer import python_lexer

ATOMS = (
    *("\n", " ", "    ", "\t", "x", "self", "def f", "match", "case", "class", "from a import b"),
    *('"""', "'''", '"', "'", 'r"', "f'", "{", "}", "{x!r:>{w}}", "#", "\\", "\\\n", "\u00a0"),
    *(".", "..", "...", ".5", "1.", "1e-3", "0x1f", ":", ":=", "->", "=", "==", "!=", "!", "<<"),
    *("@", "@a", "%", "%%", "*", "**", "|", "~", "(", ")", "[", "]", ",", ";", "?", "$", "é", "😀"),
    *("not in", "lambda", "await", "type X", "print(", "__init__", ">>> ", "\x0c", "\u2028"),
)
OURS, PYGMENTS = python_lexer(), PythonLexer()


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(ATOMS), st.text(max_size=3)), max_size=20).map("".join))
def test_the_tokens_are_those_of_pygments(code: str) -> None:
    """What is tried first would have matched in any case."""
    theirs = list(PYGMENTS.get_tokens_unprocessed(code))
    assert list(OURS.get_tokens_unprocessed(code)) == theirs


def test_real_code_has_the_same_tokens() -> None:
    """Also where states follow each other as in a whole file."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code = path.read_text("utf-8")
        theirs = list(PYGMENTS.get_tokens_unprocessed(code))
        assert list(OURS.get_tokens_unprocessed(code)) == theirs
