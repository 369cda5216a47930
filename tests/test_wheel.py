"""What the wheel says of itself."""

from __future__ import annotations

import email
from zipfile import ZipFile

from cromicle_magic.manual.pages import topics


def test_the_licence_is_in_it(wheel: str) -> None:
    """Its text, and where that stands, as PEP 639 has it."""
    with ZipFile(wheel) as file:
        (place,) = (name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(file.read(place))
        text = file.read(place.replace("METADATA", "licenses/cromicle_magic/LICENSE")).decode()
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "cromicle_magic/LICENSE"
    assert text.startswith("MIT License")
    assert "the authors of cromicle-magic" in text


def test_the_manual_is_in_it(wheel: str) -> None:
    """Each of its pages."""
    with ZipFile(wheel) as file:
        pages = {name for name in file.namelist() if name.endswith(".md")}
    assert pages == {f"cromicle_magic/manual/{topic}.md" for topic in topics()}
