"""Pygments' lexer for Python, but what is most frequent is tried first; slow to import."""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import inherit
from pygments.lexers.python import PythonLexer
from pygments.token import Operator, Punctuation, Text

__all__ = ["QuickPythonLexer"]


class QuickPythonLexer(PythonLexer):
    """Gives the same tokens as Pygments' own.

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
