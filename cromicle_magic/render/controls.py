"""The characters that act instead of being seen, and the pictures that stand for them."""

from __future__ import annotations

__all__ = ["HIDDEN", "HIDDEN_IN_HTML"]

_PICTURES = 0x2400  # U+2400 pictures NUL, U+241B pictures ESC, and so on
_DELETE = 0x7F
_TAB, _NEWLINE = 0x09, 0x0A

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
_MARKS = (0x061C, 0x200E, 0x200F)


def _pictures() -> dict[int, str]:
    table = {code: chr(_PICTURES + code) for code in range(0x20) if code not in (_TAB, _NEWLINE)}
    table[_DELETE] = "\u2421"
    for codes in _ACTING:
        table.update({code: f"⟨U+{code:04X}⟩" for code in codes})
    return table


HIDDEN_IN_HTML = _pictures()
"""For `str.translate`: every acting character but tab, newline and the three marks."""

HIDDEN = HIDDEN_IN_HTML | {code: f"⟨U+{code:04X}⟩" for code in _MARKS}
"""For `str.translate`: every acting character but tab and newline."""
