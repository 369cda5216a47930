"""Code in the notebook's own colours."""

from __future__ import annotations

from functools import cache
from html import escape
from itertools import chain, islice
from time import thread_time
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Error, Keyword, Number, Operator, Punctuation, String

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pygments.lexer import Lexer

    # It has no other name.
    from pygments.token import _TokenType  # pyright: ignore[reportPrivateUsage]

    # Where it stands, its kind, and its text.
    Token = tuple[int, _TokenType, str]

__all__ = ["CODE_CHARS", "COLOURING_S", "LANGUAGES", "Colouring"]

CODE_CHARS = 8_000
"""Longer code stays uncoloured."""

COLOURING_S = 0.04
"""CPU seconds for one step of rendering; what isn't coloured by then stays plain.

Most lexers are quadratic somewhere: 8,000 newlines cost the one for C three seconds. No
cap on length is low enough for that and high enough for honest code (3 ms per KB).
"""

TOKENS_A_LOOK = 8
"""How many tokens are taken between two looks at the clock."""

# What follows the fence is foreign: only these lexers are ever loaded. Left out are those
# that on hostile code hold the clock for long (ini, console, pycon) or take more than a
# tenth of a second to load (julia, scala); two of them have a near relation.
_NAMES = """
bash c c++ cpp cs csharp css diff docker dockerfile go html java javascript js json kotlin
latex lua make makefile markdown md perl php powershell ps1 py python python3 r rb rs ruby
rust sh shell sql swift tex toml ts typescript xml yaml zsh
"""
_RELATIONS = {
    "yml": "yaml",
    "ipython": "python",
    "ipython3": "python",
    "pycon": "python",
    "console": "bash",
}
_PYTHON = {"py", "python", "python3"}
LANGUAGES = frozenset({*_NAMES.split(), *_RELATIONS})

# The classes that jupyterlab_pygments colours in JupyterLab and Notebook 7 (and that
# nbconvert's templates carry) with the theme's variables, light or dark: one colour a
# family, so a class a family is enough. They survive JupyterLab's sanitiser.
_FAMILIES = {
    "c": Comment,
    "k": Keyword,
    "o": Operator,
    "p": Punctuation,
    "m": Number,
    "s": String,
    "err": Error,
}
_BOX = '<pre class="highlight"><span></span>{}</pre>\n'  # the span saves a first newline


class Colouring:
    """The colouring of one text, which ends with its time."""

    def __init__(self, budget_s: float = COLOURING_S) -> None:
        """Start with the CPU seconds that all code of the text may cost together."""
        self._left_s = budget_s

    def block(self, code: str, info: str = "") -> str:
        """Write code as an HTML block, coloured where the language is a known one.

        Args:
            code: the code, of any length; above CODE_CHARS it stays uncoloured.
            info: the fence's info string, foreign: its first word is looked up, never shown.

        Returns:
            A `pre` of class `highlight`.
        """
        name = info.strip().lower().partition(" ")[0]
        if name not in LANGUAGES or len(code) > CODE_CHARS:
            return _BOX.format(escape(code))
        return _BOX.format("".join(self._coloured(code, _lexer(name))))

    def _coloured(self, code: str, lexer: Lexer) -> Iterator[str]:
        """Give the code in runs of one colour; what there is no time for comes last, plain."""
        start = end = 0
        latest = ""
        # Not get_tokens, which mends line ends first; they are mended by now.
        tokens = self._in_time(lexer.get_tokens_unprocessed(code))
        for _, kind, text in chain.from_iterable(tokens):
            if (name := _class(kind)) != latest:
                yield _span(latest, code[start:end])
                start, latest = end, name
            end += len(text)
        yield _span(latest, code[start:end]) + escape(code[end:], quote=False)

    def _in_time(self, tokens: Iterator[Token]) -> Iterator[list[Token]]:
        start_s = thread_time()
        # To ask the system for the time costs as much as a token.
        while some := list(islice(tokens, TOKENS_A_LOOK)):
            if thread_time() - start_s > self._left_s:
                break
            yield some
        self._left_s -= thread_time() - start_s


@cache
def _class(kind: _TokenType) -> str:
    return next((name for name, family in _FAMILIES.items() if kind[: len(family)] == family), "")


@cache
def _lexer(name: str) -> Lexer:
    name = _RELATIONS.get(name, name)
    if name in _PYTHON:
        from cromicle_magic.render.python_lexer import python_lexer  # noqa: PLC0415 - heavy

        return python_lexer()
    return get_lexer_by_name(name)


def _span(name: str, code: str) -> str:
    html = escape(code, quote=False)
    return f'<span class="{name}">{html}</span>' if name and html.strip() else html
