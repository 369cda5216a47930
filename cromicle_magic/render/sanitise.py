"""The last gate: only harmless HTML leaves this room."""

from __future__ import annotations

import nh3

from cromicle_magic.render.controls import pictured_in_html

__all__ = ["ALIGNMENTS", "MATH", "SCHEMES", "clean"]

SCHEMES = frozenset({"http", "https", "mailto"})

MATH = "mathjax_process tex2jax_process"
"""Classes of our formulas: MathJax 3 and 2 obey them where a page is set to be ignored."""

ALIGNMENTS = frozenset(f"text-align:{side}" for side in ("left", "center", "right"))

_TAGS = """
a blockquote br code del div em h1 h2 h3 h4 h5 h6 hr li ol p pre s span strong
table tbody td th thead tr ul
"""
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
_VALUES = {cell: {"style": set(ALIGNMENTS)} for cell in ("td", "th")}
_COLOURS = {"c", "k", "o", "p", "m", "s", "err"}
_CLASSES = {"pre": {"highlight"}, "div": set(MATH.split()), "span": _COLOURS | set(MATH.split())}

_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes=_ATTRIBUTES,
    tag_attribute_values=_VALUES,
    allowed_classes=_CLASSES,
    url_schemes=set(SCHEMES),
    link_rel="noopener noreferrer nofollow",
)


def clean(html: str) -> str:
    """Let through what the allowlist names, and nothing that acts unseen.

    No scripts, styles, forms, images, ids, names or data attributes; classes only
    those of our formulas and of Pygments; links only http, https and mailto.

    Args:
        html: HTML of our own making, with foreign words inside.

    Returns:
        HTML that fetches nothing and runs nothing when shown.
    """
    # A character reference such as &#x202E; is a control again by now.
    return _CLEANER.clean(pictured_in_html(html))
