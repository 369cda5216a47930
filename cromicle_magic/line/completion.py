"""What Tab offers on the magic line: options, commands, engines, chats, models and aliases."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.completer import SimpleCompletion

from cromicle_magic.caught import Caught
from cromicle_magic.errors import CromicleError
from cromicle_magic.line.vocabulary import COMMANDS, option_spelled, spellings
from cromicle_magic.manual.pages import topics
from cromicle_magic.providers.calls import WAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from IPython.core.completer import CompletionContext

    from cromicle_magic.notebook import Notebook

__all__ = ["Names", "completions", "offers"]

_LINE = re.compile(r"\s*(?:[\w\[\]., ]+=\s*)?(?P<marks>%%?)cromicle\s+(?P<rest>.*)", re.DOTALL)
_ABOUT_ENGINES = {row.name for row in COMMANDS if row.metavar == "[ENGINE]"}
_ABOUT_CHATS = {row.name for row in COMMANDS if row.metavar.startswith("[NAME")}


class Names(NamedTuple):
    """What the values on a line may be.

    Attributes:
        engines: Gives the names of engines.
        models: Gives the models that can be asked for, and their aliases.
        chats: Gives the names of the chats.
    """

    engines: Callable[[], Iterable[str]]
    models: Callable[[], Iterable[str]]
    chats: Callable[[], Iterable[str]]


def completions(context: CompletionContext, notebook: Notebook) -> dict[str, Any]:
    """Give what a matcher of IPython's gives for a place in a cell.

    Args:
        context: The cell and the place.
        notebook: Whose engines, models and chats are offered.
    """
    names = Names(lambda: _engines(notebook), lambda: _models(notebook), notebook.chats.names)
    word, found = offers(context.full_text, context.cursor_line, context.cursor_position, names)
    possible = [SimpleCompletion(text, type="option") for text in found]
    # Where one of ours fits, no file and no name of Python's does.
    return {"completions": possible, "matched_fragment": word, "suppress": bool(found)}


def offers(text: str, row: int, column: int, names: Names) -> tuple[str, list[str]]:
    """Give what can stand at the cursor, if that is on a line of our magic and before the prompt.

    Args:
        text: The whole cell.
        row: The cursor's line, counted from 0.
        column: The cursor's place on it.
        names: What the values may be.

    Returns:
        The word at the cursor, as far as it is typed, and the words that begin so.
    """
    lines = text.split("\n")
    found = _LINE.fullmatch(lines[row][:column])
    above = next((line for line in lines[:row] if line.strip()), "")
    if not found or above.startswith("%%cromicle") or (above and found["marks"] == "%%"):
        return "", []
    *before, word = re.split(r"\s+", found["rest"])
    option, equals, value = word.partition("=")
    if equals and option.startswith("-"):
        before, word = [*before, option], value
    known = _possible(before, names, is_line=found["marks"] == "%")
    return word, [each for each in known if each.startswith(word)]


def _possible(before: list[str], names: Names, *, is_line: bool) -> Iterable[str]:
    """Give the words that can follow these."""
    if is_line and before[:1] and before[0] in {command.name for command in COMMANDS}:
        return _about(before, names)
    waiting = 0
    option = None
    for word in before:
        if waiting:
            waiting -= 1
        elif option := option_spelled(word.partition("=")[0]):
            waiting = len(option.metavar.split()) - ("=" in word)
        else:
            return ()  # the prompt has begun
    if not waiting:
        commands = [command.name for command in COMMANDS] if is_line and not before else []
        return [*commands, *spellings()]
    values = {"engine": names.engines, "model": names.models, "chat": names.chats}
    return values[option.name]() if option and option.name in values else ()


def _about(before: list[str], names: Names) -> Iterable[str]:
    """Give the words that can follow a command and what is behind it already."""
    command, place = before[0], len(before)
    if command == "help" and place == 1:
        return topics()
    if command in _ABOUT_ENGINES and place == 1:
        return names.engines()
    if (command in _ABOUT_CHATS and place == 1) or (command == "export" and place == 2):
        return [*names.chats(), *(["all"] if command == "reset" else [])]
    return ()


def _engines(notebook: Notebook) -> list[str]:
    from cromicle_magic.providers.names import known  # noqa: PLC0415 - it brings aiohttp along

    classes = (name for name, value in notebook.shell.user_ns.items() if _is_provider(value))
    return sorted({*known(), *classes})


def _models(notebook: Notebook) -> list[str]:
    from cromicle_magic.providers import engines  # noqa: PLC0415 - it brings aiohttp along

    try:
        settings = notebook.settings()
        if not engines.known_models():
            # In a thread, for Tab is no coroutine, and the notebook's loop runs.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(asyncio.run, engines.others(settings)).result()
    except CromicleError:
        return []
    return sorted({*engines.known_models(), *(settings.aliases or {})})


def _is_provider(value: object) -> bool:
    with Caught():  # a metaclass may raise anything
        return isinstance(value, type) and any(hasattr(value, way) for way in WAYS)
    return False
