"""The house: which way imports run, and what every file opens with."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cromicle_magic

if TYPE_CHECKING:
    from collections.abc import Iterable

HOUSE = Path(cromicle_magic.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))

# A file imports only from floors below its own.
FLOORS = {
    "caught": 0,
    "discretion": 0,
    "errors": 0,
    "kernel.fallback": 0,
    "kernel.parent": 0,
    "likeness": 0,
    "patience": 0,
    "privacy.leaks": 1,
    "prompt.bounds": 0,
    "providers.llama": 0,
    "providers.memory": 0,
    "reading": 0,
    "received": 0,
    "render.controls": 0,
    "render.counts": 0,
    "render.fenced": 0,
    "render.python_lexer": 0,
    "render.weight": 0,
    "server.answerer": 0,
    "server.rules": 0,
    "wire.completion": 0,
    "wire.objects": 0,
    "wire.retry_after": 0,
    "kernel.clicks": 1,
    "kernel.handles": 1,
    "kernel.shield": 1,
    "privacy.checkpoint": 2,
    "privacy.typed_keys": 2,
    "prompt.tables": 1,
    "render.fences": 1,
    "render.highlight": 1,
    "render.plain": 1,
    "render.sanitise": 1,
    "render.terminal": 1,
    "report": 1,
    "values": 2,
    "wire.passing": 1,
    "wire.reasoning": 1,
    "wire.sse": 1,
    "wire.text": 1,
    "wire.turns": 1,
    "answer": 2,
    "doctor.check": 2,
    "languages": 2,
    "manual.pages": 2,
    "options": 3,
    "privacy.keys": 2,
    "prompt.attempt": 2,
    "prompt.templates": 2,
    "providers.blocking": 2,
    "providers.calls": 2,
    "providers.local": 2,
    "providers.pool": 2,
    "render.columns": 2,
    "render.formulas": 2,
    "render.links": 2,
    "server.door": 2,
    "server.guard": 2,
    "server.intake": 2,
    "server.offline": 2,
    "server.replies": 2,
    "wire.cromicle": 2,
    "wire.faults": 2,
    "wire.request": 2,
    "environment": 4,
    "extraction": 3,
    "line.vocabulary": 4,
    "prompt.braces": 3,
    "prompt.context": 3,
    "prompt.failures": 3,
    "prompt.literal": 3,
    "providers.failures": 3,
    "providers.limits": 4,
    "providers.refusals": 3,
    "render.marks": 3,
    "render.outline": 3,
    "server.routes": 3,
    "views.intake": 3,
    "views.pace": 3,
    "views.slots": 3,
    "views.status": 3,
    "views.view": 3,
    "wire.openai": 3,
    "wire.plain": 3,
    "conversation.turn": 4,
    "kernel.insertion": 4,
    "line.commandline": 5,
    "manual.help": 5,
    "privacy.outgoing": 5,
    "prompt.mending": 4,
    "prompt.values": 4,
    "providers.chunks": 4,
    "providers.session": 5,
    "render.blocks": 4,
    "render.dialect": 4,
    "server.app": 4,
    "settings": 5,
    "views.terminal": 4,
    "wire.models": 4,
    "wire.reply": 4,
    "conversation.places": 5,
    "conversation.request": 5,
    "kernel.identity": 5,
    "prompt.fill": 5,
    "providers.attempts": 6,
    "providers.base": 6,
    "providers.discovery": 6,
    "providers.replies": 6,
    "render.markdown": 5,
    "render.tokens": 5,
    "running.awaited": 5,
    "running.interrupts": 5,
    "server.embedded": 5,
    "conversation.chats": 6,
    "kernel.cells": 6,
    "providers.cromicle": 7,
    "providers.foreign": 7,
    "providers.openai": 7,
    "running.follow": 6,
    "running.nested": 6,
    "running.typed": 6,
    "server.gateway": 7,
    "views.layout": 6,
    "views.listing": 6,
    "views.rich_terminal": 6,
    "cell.outcome": 7,
    "conversation.ledger": 7,
    "providers.doorway": 8,
    "providers.registry": 8,
    "running.jobs": 7,
    "server.serving": 8,
    "views.static": 7,
    "providers.names": 9,
    "views.box": 8,
    "providers.engines": 10,
    "views.choose": 9,
    "doctor.remedies": 11,
    "doctor.trial": 11,
    "exchange": 11,
    "notebook": 10,
    "asking": 12,
    "cell.question": 11,
    "doctor.line": 12,
    "doctor.speech": 12,
    "line.logins": 11,
    "cell.errand": 12,
    "doctor.route": 13,
    "line.completion": 12,
    "cell.answering": 13,
    "cell.sent": 13,
    "doctor.examination": 14,
    "doctor.console": 15,
    "line.chat_commands": 14,
    "line.commands": 15,
    "magics": 16,
    "__main__": 17,
    "entrance": 17,
    "installation": 18,
    "__init__": 19,
}


def room(path: Path) -> str:
    """Give a file's name in the table."""
    return ".".join(path.relative_to(HOUSE).with_suffix("").parts)


def imports(path: Path) -> set[str]:
    """Give the rooms that a file imports, at its top or later."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.removeprefix("cromicle_magic.") for name in names}
    return found & set(FLOORS)


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function's body, from behind its docstring on."""
    body = function.body[bool(ast.get_docstring(function)) :]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_every_room_has_its_floor() -> None:
    """The table above is the house, room for room."""
    rooms = {room(path) for path in FILES if path.name != "__init__.py"} | {"__init__"}
    assert rooms == set(FLOORS)


@pytest.mark.parametrize("path", [p for p in FILES if room(p) in FLOORS], ids=room)
def test_imports_run_one_way(path: Path) -> None:
    """Whatever a file imports, for types or late, lies below its own floor."""
    assert not {name for name in imports(path) if FLOORS[name] >= FLOORS[room(path)]}


def captionless(paths: Iterable[Path]) -> list[Path]:
    """Give the files whose first line is no sentence on one line that says what room this is."""
    firsts = ((path, path.read_text().partition("\n")[0].removeprefix("r")) for path in paths)
    return [
        path
        for path, first in firsts
        if not (first.startswith('"""') and first.rstrip('"').endswith((".", ":")))
    ]


def test_every_file_says_what_room_it_is() -> None:
    """Its first line is a caption, in the package and in the tests."""
    tests = sorted(Path(__file__).parent.rglob("*.py"))
    assert len(tests) > 100
    assert not captionless([*FILES, *tests])


def promised(path: Path) -> set[str]:
    """Give the names in a file's ``__all__``."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def test_a_room_gives_only_what_it_promises() -> None:
    """What a file takes by name from another room is in that one's ``__all__``."""
    names = {f"cromicle_magic.{room(path)}": promised(path) for path in FILES}
    taken = [
        (room(path), node.module, alias.name)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module in names
        for alias in node.names
    ]
    assert len(taken) > len(FILES)
    assert [each for each in taken if each[2] not in names[each[1]]] == []


def test_no_file_is_too_large_a_part_of_the_house() -> None:
    """None holds more than a tenth of the package's lines."""
    sizes = {room(path): len(path.read_text().splitlines()) for path in FILES}
    assert max(sizes.values()) * 10 <= sum(sizes.values())


def test_no_function_is_longer_than_a_screen() -> None:
    """Its body has 40 lines at most, and nine of ten have 24."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for path in FILES for node in ast.walk(ast.parse(path.read_text()))]
    lines = sorted(body_lines(node) for node in nodes if isinstance(node, kinds))
    assert lines[-1] <= 40
    assert lines[len(lines) * 9 // 10] <= 24


def test_broad_excepts_and_prints_are_rare() -> None:
    """Nobody prints, and at most two places catch everything, each with its reason beside it."""
    broad = [
        line for p in FILES for line in p.read_text().splitlines() if "except Exception" in line
    ]
    assert len(broad) <= 2
    assert all("# noqa: BLE001 - " in line for line in broad)
    calls = [
        n for p in FILES for n in ast.walk(ast.parse(p.read_text())) if isinstance(n, ast.Call)
    ]
    assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
