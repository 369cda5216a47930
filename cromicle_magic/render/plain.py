"""Foreign words for a browser, letter by letter: no markup, no mathematics."""

from __future__ import annotations

import re
from html import escape

from cromicle_magic.render.controls import pictured_in_html

__all__ = ["escaped", "inline", "words"]

_DELIMITERS = re.compile(r"[$\\]")

# <pre> because MathJax never looks inside one, in any version and with any class stripped; wrapped,
# since an endless line must not widen the notebook, but not within a word, as JupyterLab does by
# itself. The parser of a browser drops the newline right after <pre>, so ours keeps the text's own.
_SHEET = '<pre style="white-space:pre-wrap;overflow-wrap:anywhere;word-break:normal">\n{}</pre>\n'


def escaped(text: str) -> str:
    r"""Write a text as HTML that shows exactly this text.

    Args:
        text: any text; `\r\n` counts as a newline, a lone `\r` as a control.

    Returns:
        One `<pre>` element: white space kept, mathematics not typeset, controls visible.
    """
    shown = pictured_in_html(text.replace("\r\n", "\n"))
    return _SHEET.format(escape(shown))


def inline(text: str) -> str:
    """Write a text as HTML within a line, so that no formula is found in it.

    Args:
        text: Any text.

    Returns:
        The text escaped, controls visible.
    """
    return words(pictured_in_html(text))


def words(text: str) -> str:
    """Write a text as ``inline`` does, where controls are made visible later on.

    Args:
        text: The text; foreign.

    Returns:
        HTML in which nothing is a tag or a formula.
    """
    # MathJax never looks for a formula across elements, so a delimiter alone in one is
    # no delimiter: needs no class that a sanitiser or another frontend might drop.
    return _DELIMITERS.sub(r"<span>\g<0></span>", escape(text))
