r"""Mathematics in Markdown: what counts as a formula, and which formulas are refused.

A rule of our own instead of mdit-py-plugins': dollarmath knows no `\(` and no `\[`,
texmath no escapes, both take `$20 (US$)` for a formula, and both are one more dependency.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from cromicle_magic.render.sanitise import MATH

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

__all__ = ["FENCE", "FORMULA_CHARS", "block_formula", "formula", "inline_formula", "is_refused"]

FORMULA_CHARS = 4_000
DEEPEST_BRACES = 50  # MathJax recurses; nobody writes fifty

FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
"""A line that opens a fence; the cuts in blocks.py and the formulas must agree on it."""

# As in Pandoc, a dollar opens before a non-space and closes after one; more strictly, no
# letter or digit may touch it from outside (US$5, $HOME/$USER). Each pattern stops at
# the next opener, so that a thousand openers cost no more than one pass.
_INLINE = {
    "$$": re.compile(r"\$\$((?:[^\\$]|\\.|\$(?!\$))+)\$\$", re.DOTALL),
    "\\(": re.compile(r"\\\(((?:[^\\]|\\[^()])+)\\\)"),
    "\\[": re.compile(r"\\\[((?:[^\\]|\\[^\[\]])+)\\\]"),
}
_DOLLAR = re.compile(r"(?<![\w$])\$(?!\s)((?:[^\\$]|\\.)+)(?<!\s)\$(?![\w$])", re.DOTALL)
_PRICE = re.compile(r"\d[\d.,]*[kKmMbB]?\s+\(?[^\W\d_]{2,}")
_CLOSING = {"$$": re.compile(r"(?<!\\)\$\$"), "\\[": re.compile(r"(?<!\\)\\\]")}

# Commands that fetch, set attributes, or outlive their formula: definitions, labels and
# colours stay with MathJax until the page is left. Whole families by their first word.
_REFUSED = re.compile(
    r"\\(?:(?:re)?new(?!line)|provide|Declare|html|begingroup|(?:[egx]|math)?def(?![a-z])"
    r"|(?:let|futurelet|global|long|outer|require|autoload|href|url|class|cssId|style|data"
    r"|xmlClass|mmlToken|includegraphics|unicode|bbox|enclose|texttip|mathtip|tooltip|toggle"
    r"|definecolor|colorlet|label|ref|eqref|input|include|Newextarrow|newcolumntype"
    r"|usetagform|mathtoolsset|setcounter|setlength)(?![A-Za-z]))"
)


def is_refused(tex: str) -> bool:
    r"""Tell whether MathJax must not see a formula.

    Args:
        tex: the formula's source, with or without its delimiters.

    Returns:
        True if it holds a refused command, is too long or nested too deeply. A command's
        name right after a line break (`\\let`) is refused too: better once too often.
    """
    return len(tex) > FORMULA_CHARS or _REFUSED.search(tex) is not None or _is_deep(tex)


def formula(tex: str, tag: str) -> str:
    """Write a formula as HTML for MathJax to typeset, or as code if it is refused.

    Args:
        tex: the formula's source with its delimiters.
        tag: `span` or `div`.

    Returns:
        HTML; the only one of this package in which MathJax finds delimiters.
    """
    if is_refused(tex):
        return f"<code>{escape(tex)}</code>"
    return f'<{tag} class="{MATH}">{escape(tex)}</{tag}>'


def inline_formula(state: StateInline, silent: bool) -> bool:
    """Take a formula at the parser's position (a rule of markdown-it's inline ruler).

    Args:
        state: The parser's state, which gets a token.
        silent: Whether only to look.

    Returns:
        Whether there is a formula; the parser then stands behind it.
    """
    if state.src[state.pos] not in "$\\":
        return False
    pattern = _INLINE.get(state.src[state.pos : state.pos + 2], _DOLLAR)
    match = pattern.match(state.src, state.pos, state.posMax)
    if match is None or not match[1].strip() or (pattern is _DOLLAR and _PRICE.match(match[1])):
        return False
    if not silent:
        state.push("formula", "", 0).content = match[0]
    state.pos = match.end()
    return True


def block_formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take a display formula that has its lines to itself (a rule of the block ruler).

    As in LaTeX it never holds a blank line, so no cut between blocks can hit one.

    Args:
        state: The parser's state, which gets a token.
        start: The line to look at.
        end: The line behind the last one of the block around.
        silent: Whether only to look.

    Returns:
        Whether there is a formula.
    """
    first = state.bMarks[start] + state.tShift[start]
    # Asked before each line of a paragraph, so the usual answer has to be a quick one.
    if state.src[first : first + 2] not in _CLOSING or state.is_code_block(start):
        return False
    if (last := _last_line(state, start, end)) is None:
        return False
    if silent:
        return True
    token = state.push("formula_block", "", 0)
    token.content = state.getLines(start, last + 1, state.blkIndent, False).strip()
    token.map = [start, last + 1]
    state.line = last + 1
    return True


def _last_line(state: StateBlock, start: int, end: int) -> int | None:
    text = _line(state, start)
    opener, rest = text[:2], text[2:]
    closing = _CLOSING[opener]
    blank = not rest.strip()
    for number in range(start, end):
        if number > start:
            rest = _line(state, number)
            if _is_foreign(state, number, rest, opener):
                return None
        found = closing.search(rest)
        if found:
            whole = found.end() == len(rest) and not (blank and not rest[: found.start()].strip())
            return number if whole else None
        blank = blank and not rest.strip()
    return None


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _is_foreign(state: StateBlock, number: int, text: str, opener: str) -> bool:
    outside = not text or state.sCount[number] < state.blkIndent
    return outside or (opener == "\\[" and opener in text) or FENCE.match(text) is not None


def _is_deep(tex: str) -> bool:
    depth = 0
    for brace in re.findall(r"[{}]", tex):
        depth += 1 if brace == "{" else -1
        if depth > DEEPEST_BRACES:
            return True
    return False
