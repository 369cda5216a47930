"""Code or JSON taken out of an answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from cromicle_magic.errors import SettingError
from cromicle_magic.languages import is_json, is_python, proper
from cromicle_magic.render.counts import counted
from cromicle_magic.render.terminal import quoted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cromicle_magic.render.fences import Fence

__all__ = ["Extract", "extract", "take"]

# Each may be read up to the end of the answer, in vain.
MOST_JSON_STARTS = 200
MOST_DEPTH = 3

_NUMBER = re.compile(r"[+-]?\d{1,6}")


class Extract(NamedTuple):
    """What was taken out.

    Attributes:
        text: The code, without its fences and the newline at its end.
        language: Its language, "" if the answer does not say.
        number: Which of the answer's blocks it is, from 1; 0 if it was in none.
        blocks: How many there are.
    """

    text: str
    language: str
    number: int
    blocks: int

    @property
    def note(self) -> str:
        """What a footer says of it.

        >>> Extract("x", "python", 1, 3).note, Extract("{}", "json", 0, 0).note
        ('took block 1 of 3 (python)', 'took the json in the text')
        """
        if not self.number:
            return f"took the {visible(self.language or 'code')} in the text"
        language = f" ({visible(self.language)})" if self.language else ""
        return f"took block {self.number} of {self.blocks}{language}"


def extract(text: str, want: str = "") -> str:
    r"""Take code or JSON out of an answer.

    Args:
        text: The answer, Markdown.
        want: See ``take``.

    Returns:
        The code alone.

    Raises:
        SettingError: There is no such code.

    >>> extract("So:\n```python\nx = 1\n```\nor\n```sh\nls\n```", "bash")
    'ls'
    """
    return take(text, want).text


def take(text: str, want: str = "") -> Extract:
    r"""Take code or JSON out of an answer, and say where it was.

    Args:
        text: The answer, Markdown; a fence may be of any length, in a list, or still open.
        want: A language, for its first block; a number, for that block, from 1, or from -1
            backwards; "" for the first block. Where nothing is fenced, code that is indented is
            taken for a block. JSON and Python are found without a fence too: Python where the whole
            answer is nothing else, JSON as the longest one in the text.

    Returns:
        The code, and where it was.

    Raises:
        SettingError: There is no such code; the sentence says what there is instead.

    >>> take("```sh\nls\n```\n\n```python\nx = 1\n```", "-1")
    Extract(text='x = 1', language='python', number=2, blocks=2)
    """
    blocks = _blocks(text)
    if _NUMBER.fullmatch(want):
        number = int(want)
        at = number - 1 if number > 0 else len(blocks) + number
        if number and 0 <= at < len(blocks):
            return _of(blocks, at)
    elif not want and blocks:
        return _of(blocks, 0)
    elif want:
        found = _of_language(text, blocks, proper(want))
        if found:
            return found
    raise SettingError(_missing(text, blocks, want))


def _blocks(text: str, depth: int = 0) -> list[Fence]:
    """Give the fenced blocks, and behind them those within blocks of Markdown."""
    # Imported here, for it brings the Markdown parser along.
    from cromicle_magic.render.fences import Fence, blocks, indented, nested  # noqa: PLC0415

    found = blocks(nested(text))
    if not found and not depth:
        return [Fence("", content, 0, 0) for content in indented(text)]
    inner = [block for block in found if proper(block.language) == "markdown"]
    if depth < MOST_DEPTH:
        found += [each for block in inner for each in _blocks(block.content, depth + 1)]
    return found


def _of(blocks: Sequence[Fence], at: int) -> Extract:
    block = blocks[at]
    return Extract(block.content.removesuffix("\n"), block.language, at + 1, len(blocks))


def _of_language(text: str, blocks: Sequence[Fence], language: str) -> Extract | None:
    # A block that names no language may be of it; then its content tells.
    tells = {"python": is_python, "json": is_json}
    names = [proper(block.language) for block in blocks]
    if language in names:
        return _of(blocks, names.index(language))
    is_it = tells.get(language)
    if not is_it:
        return None
    for at, block in enumerate(blocks):
        if not block.language and is_it(block.content):
            return _of(blocks, at)
    if language == "json":
        found = _json_in(text)
    else:
        found = text.strip() if not blocks and is_python(text) else ""
    return Extract(found, language, 0, len(blocks)) if found else None


def _json_in(text: str) -> str:
    """Give the longest JSON object or array in a text, "" if there is none."""
    if is_json(text):
        return text.strip()
    decoder = json.JSONDecoder()
    longest, at = "", 0
    for _ in range(MOST_JSON_STARTS):
        match = re.compile(r"[{\[]").search(text, at)
        if not match:
            break
        start = match.start()
        try:
            at = decoder.raw_decode(text, start)[1]
            longest = max(longest, text[start:at], key=len)
        except (ValueError, RecursionError):
            at = start + 1
    return longest


def _missing(text: str, blocks: Sequence[Fence], want: str) -> str:
    what = (
        f"block {want}" if _NUMBER.fullmatch(want) else f"{visible(want)} block" if want else "code"
    )
    if not text.strip():
        return f"The answer has no {what}: it is empty."
    if not blocks:
        return f"The answer has no {what}: nothing in it is fenced; it begins {quoted(text, 60)}."
    names = ", ".join(visible(block.language or "no language") for block in blocks[:10])
    there = f"{counted(len(blocks), 'block')}: {names}"
    return f"The answer has no {what}; it has {there}. Choose by --extract LANG or --extract N."
