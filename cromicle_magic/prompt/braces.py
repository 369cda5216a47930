"""Where a prompt holds ``{{ expression }}``: found without running anything; pure."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cromicle_magic.prompt.templates import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

__all__ = ["Braces", "find"]

# Longer ones are no expressions that somebody wrote into a sentence.
EXPRESSION_CHARS = 1_000
# How often a dictionary's own braces may end an expression too early.
MOST_ENDS = 8

_OPEN = re.compile(r"(?<!\{)\{\{(?!\{)")
_WORKING = (ast.Name, ast.BinOp, ast.BoolOp, ast.Compare, ast.Call)


@dataclass(frozen=True, slots=True)
class Braces:
    """Double braces that may be meant for us.

    Attributes:
        start, end: Where they are in the prompt, the braces included.
        source: What is between them, without the blanks at its ends.
        code: That, if it is one Python expression, ready to be evaluated; else None.
        names: The names that it takes from outside.
        foreign: Why they are not ours after all, "" if they are.
    """

    start: int
    end: int
    source: str
    code: CodeType | None = None
    names: frozenset[str] = frozenset()
    foreign: str = ""


def find(text: str) -> Iterator[Braces]:
    """Find the double braces of a prompt that a reader may have meant for us.

    Args:
        text: The prompt.

    Yields:
        Those that hold a Python expression which works with names, and those that hold none but
        are written as ours are, with blanks at both ends. Whatever is clearly no such thing, like
        numbers in braces or three braces in a row, is not among them.
    """
    if "{{" not in text:
        return
    around = Surroundings(text)
    at = 0
    while match := _OPEN.search(text, at):
        found = _at(text, match.start(), around)
        if found:
            yield found
        at = found.end if found else match.end()


def _at(text: str, start: int, around: Surroundings) -> Braces | None:
    first = None
    for end in _ends(text, start):
        inside = text[start + 2 : end - 2]
        source, is_spaced = inside.strip(), _is_spaced(inside)
        first = first or end
        if text[end : end + 1] == "}" and not is_spaced:
            continue  # the closing braces are three: a dictionary's, or no braces of ours
        tree = _parsed(source)
        if tree:
            return _judged(text, (start, end), tree, around)
    if first is None or not _is_spaced(text[start + 2 : first - 2]) or around.reason(start):
        return None
    return Braces(start, first, text[start + 2 : first - 2].strip())


def _judged(
    text: str, span: tuple[int, int], tree: ast.expr, around: Surroundings
) -> Braces | None:
    start, end = span
    inside = text[start + 2 : end - 2]
    source, is_spaced = inside.strip(), _is_spaced(inside)
    kinds = _WORKING if is_spaced else ast.Name
    if not any(isinstance(node, kinds) for node in ast.walk(tree)) or _is_row(source, tree):
        return None
    foreign = around.reason(start) or ("" if is_spaced else around.doubt(start, end))
    if not foreign and _is_filter(tree):
        foreign = "its | is a filter's; put parentheses around it"
    return Braces(start, end, source, _compiled(source), _names(tree), foreign)


def _ends(text: str, start: int) -> Iterator[int]:
    """Give the places behind closing braces that could belong to opening ones."""
    limit = min(len(text), start + EXPRESSION_CHARS)
    # An expression holds no second pair of opening braces; without this, a broken one would
    # swallow the next.
    following = _OPEN.search(text, start + 2, limit)
    limit = following.start() if following else limit
    at = start + 2
    for _ in range(MOST_ENDS):
        at = text.find("}}", at, limit)
        if at < 0:
            return
        yield at + 2
        at += 1


def _is_spaced(inside: str) -> bool:
    return inside[:1].isspace() and inside[-1:].isspace() and bool(inside.strip())


@lru_cache(256)  # the same name often stands there many times
def _parsed(source: str) -> ast.expr | None:
    # An await or a yield outside of a function parses, and does not compile.
    return ast.parse(source, mode="eval").body if _compiled(source) else None


@lru_cache(256)
def _compiled(source: str) -> CodeType | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about code that is perhaps not even Python
            return compile(source, "<prompt>", "eval", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _names(tree: ast.expr) -> frozenset[str]:
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return frozenset(node.id for node in names) - own


def _is_row(source: str, tree: ast.expr) -> bool:
    """Tell whether it is a row of values without parentheses: C++, Mathematica, a set of sets."""
    if not isinstance(tree, ast.Tuple):
        return False
    whole = _parsed(f"[{source}]")
    return not (isinstance(whole, ast.List) and isinstance(whole.elts[0], ast.Tuple))


def _is_filter(tree: ast.expr) -> bool:
    is_or = isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.BitOr)
    # One in parentheses begins behind them.
    return is_or and tree.col_offset == 0
