"""Code shown as a block of its own, where no frontend can put it into a cell."""

from __future__ import annotations

import re

from cromicle_magic.render.fenced import fenced
from cromicle_magic.render.markdown import to_html
from cromicle_magic.render.terminal import visible

__all__ = ["listing"]


def listing(code: str, language: str = "") -> dict[str, str]:
    """Give code as a MIME bundle, coloured and sanitised like the code in an answer.

    Args:
        code: The code; foreign text.
        language: Its language; foreign text, of which only a plain name is used.

    Returns:
        ``text/html``, and ``text/plain`` with exactly the code.
    """
    name = language if re.fullmatch(r"[\w+#.-]{1,30}", language) else ""
    return {"text/html": to_html(fenced(code, name)), "text/plain": visible(code)}
