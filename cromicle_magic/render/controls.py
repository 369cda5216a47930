"""The characters that act instead of being seen, and the pictures that stand for them."""

from __future__ import annotations

import re

__all__ = ["pictured", "pictured_in_html"]

_PICTURES = 0x2400  # U+2400 pictures NUL, U+241B pictures ESC, and so on
_DELETE = 0x7F
_CONTROLS = (range(0x09), range(0x0B, 0x20))  # without tab and newline

# What Unicode calls Bidi_Control without the three marks, the two line separators that
# some terminals obey, deprecated format controls, interlinear annotation, halves of
# surrogate pairs (they can't be encoded), and tag characters (an invisible alphabet).
# Tag characters cost us the flags of England, Scotland and Wales; emoji with ZWJ stay.
_ACTING = (
    range(0x80, 0xA0),
    range(0x2028, 0x202F),
    range(0x2066, 0x2070),
    range(0xD800, 0xE000),
    range(0xFFF9, 0xFFFC),
    range(0xE0000, 0xE0080),
)

# ALM, LRM and RLM can't turn letters round; Arabic and Hebrew prose needs them, so
# HTML keeps them. A terminal has no paragraph direction for them to serve.
_MARKS = (range(0x061C, 0x061D), range(0x200E, 0x2010))


def pictured(text: str) -> str:
    """Put a picture in the place of every acting character but tab and newline."""
    return text if _HARMLESS.fullmatch(text) else text.translate(_TABLE)


def pictured_in_html(text: str) -> str:
    """Do the same, but leave the three marks."""
    return text if _HARMLESS.fullmatch(text) else text.translate(_HTML_TABLE)


def _pictures() -> dict[int, str]:
    table = {code: chr(_PICTURES + code) for codes in _CONTROLS for code in codes}
    table[_DELETE] = "\u2421"
    for codes in _ACTING:
        table.update({code: f"⟨U+{code:04X}⟩" for code in codes})
    return table


_HTML_TABLE = _pictures()
_TABLE = _HTML_TABLE | {code: f"⟨U+{code:04X}⟩" for codes in _MARKS for code in codes}

# To translate a text that isn't all ASCII takes twenty times as long as to see that it needn't be.
_RANGES = (*_CONTROLS, range(_DELETE, _DELETE + 1), *_ACTING, *_MARKS)
_HARMLESS = re.compile(f"[^{''.join(f'{chr(each[0])}-{chr(each[-1])}' for each in _RANGES)}]*")
