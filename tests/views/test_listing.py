"""Code shown as a block: exactly the code, and safe."""

from __future__ import annotations

from cromicle_magic.views.listing import listing


def test_it_is_the_code_and_nothing_more() -> None:
    """Coloured in HTML, as it is in plain text; no fence of its own ends the block."""
    code = "x = '''\n````\n'''\n<b>y</b>"
    bundle = listing(code, "python")
    assert bundle["text/plain"] == code
    assert "````" in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]
    assert "<span" in bundle["text/html"]


def test_a_language_is_a_name() -> None:
    """Anything else is left away."""
    bundle = listing("x", "a\n```\n<img src=x>")
    assert "img" not in bundle["text/html"]


def test_a_terminal_gets_no_control_of_it() -> None:
    """Where nothing else shows the block, its plain text is printed as it stands."""
    assert listing("x = 1 # \x1b[2J")["text/plain"] == "x = 1 # ␛[2J"
