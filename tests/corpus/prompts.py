"""The prompts that hold braces of other languages, as they would be typed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["prompts"]

FOLDER: Final = Path(__file__).parent / "prompts"
_HEAD: Final = re.compile(r"^──── (.+)\n", re.MULTILINE)


def prompts(*, ours: bool) -> dict[str, str]:
    """Return the prompts by name.

    Args:
        ours: Whether to return those that look exactly like ours, and can be told from them only
            by names that nobody has; else all others.
    """
    found = {}
    for path in sorted(FOLDER.glob("*.txt")):
        if (path.stem == "ours") is ours:
            _, *parts = _HEAD.split(path.read_text(encoding="utf-8"))
            pairs = zip(parts[::2], parts[1::2], strict=True)
            found |= {f"{path.stem}: {name}": text.removesuffix("\n") for name, text in pairs}
    return found
