"""Foreign words for a terminal: what would act on it is shown instead."""

from __future__ import annotations

from cromicle_magic.render.controls import pictured

__all__ = ["quoted", "visible"]

_ENDS = {0x0A: "\u240a", 0x09: "\u2409"}
_ELLIPSIS = "…"


def visible(text: str) -> str:
    r"""Replace each character that could act on a terminal by a picture.

    Newline and tab stay. C0 controls and DEL become their Unicode picture (ESC is
    U+241B); C1 controls, BIDI controls, line separators, tag characters and lone
    surrogates become `⟨U+202E⟩`. Emoji joined by ZWJ stay whole.

    Characters are replaced one by one, so a text may be cut anywhere and the parts
    shown one after another. For the same reason CR is always shown, also before LF:
    in `\r\n` split over two pieces nobody could know. Whoever expects CRLF
    turns it into LF where the bytes become text.

    Args:
        text: any text, or any piece of one.

    Returns:
        A text that can be encoded and holds no control but newline and tab.
    """
    return pictured(text)


def quoted(text: str, limit: int = 200) -> str:
    """Quote foreign text on one line, for an error message.

    Args:
        text: any text; only as much of it is looked at as can be shown.
        limit: the most characters between the quotation marks, the ellipsis included.

    Returns:
        The beginning of the text in double quotation marks, with newlines and tabs
        as pictures too, and an ellipsis where something was left out.
    """
    line = visible(text[: limit + 1]).translate(_ENDS)
    if len(line) > limit:
        line = line[: max(limit - 1, 0)] + _ELLIPSIS
    return f'"{line}"'
