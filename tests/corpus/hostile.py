"""The hostile texts: answers that try to run, fetch, restyle, shadow or command."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["CANARY", "Hostile", "case_in", "hostile_texts", "macro_of"]

FOLDER: Final = Path(__file__).parent / "hostile"
# ".invalid" never resolves (RFC 2606), so a fetch has nobody to reach.
CANARY: Final = ".canary.invalid"
LONG_CHARS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Hostile:
    """One hostile text and how to tell that it won.

    Attributes:
        name: Unique; the host it fetches from, the value it pushes to __pwned,
            the CSS variable it sets on the page, the class of its overlay.
        category: The file it stands in.
        intent: What it tries, in a sentence.
        text: The answer as a model would send it.
        clobbers: A JavaScript expression that must not lead into an output.
        leaks: Whether it defines the macro `macro_of(name)` for later formulas.
        alone: Whether it ruins the page for its neighbours when it wins.
    """

    name: str
    category: str
    intent: str
    text: str
    clobbers: str = ""
    leaks: bool = False
    alone: bool = False


def hostile_texts() -> tuple[Hostile, ...]:
    """Return every hostile text, in the order of the files."""
    return tuple(
        written(name, path.stem, fields)
        for path in sorted(FOLDER.glob("*.toml"))
        for name, fields in tomllib.loads(path.read_text(encoding="utf-8")).items()
    )


def macro_of(name: str) -> str:
    """Return the macro that the case `name` defines, without its backslash."""
    return "pwn" + re.sub(r"[^a-z]", "", name)


def case_in(address: str) -> str | None:
    """Return the case that fetches from `address`, if any does."""
    found = re.match(r"[a-z]+:/*([a-z0-9-]+)" + re.escape(CANARY), address, re.IGNORECASE)
    return found.group(1).lower() if found else None


def written(name: str, category: str, fields: dict[str, str | bool]) -> Hostile:
    """Return the case of a table, its placeholders filled in."""
    unit = str(fields.get("long", ""))
    values = {
        "@RUN@": f"__pwned.push(/{name}/.source)",
        "@URL@": f"http://{name}{CANARY}/x",
        "@HOST@": f"{name}{CANARY}",
        "@NAME@": name,
        "@MACRO@": macro_of(name),
        "@LONG@": unit * (LONG_CHARS // max(len(unit), 1)),
    }
    text = re.sub(
        "@(RUN|URL|HOST|NAME|MACRO|LONG)@", lambda found: values[found.group()], str(fields["text"])
    )
    return Hostile(
        name,
        category,
        str(fields["intent"]),
        text,
        clobbers=str(fields.get("clobbers", "")),
        leaks=bool(fields.get("leaks")),
        alone=bool(fields.get("alone")),
    )
