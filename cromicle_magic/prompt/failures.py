"""An exception as a short text: what it says, where it came from, and what caused it."""

from __future__ import annotations

import re
import traceback
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING

from cromicle_magic.prompt.attempt import Failure, attempt
from cromicle_magic.prompt.bounds import both_ends

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["failure_text"]

# The calls nearest to the error; what called them is rarely the reader's own.
MOST_CALLS = 6
# A recursion without an end has a thousand; walking over more takes long.
MOST_WALKED = 10_000
MOST_CAUSES = 3
MESSAGE_CHARS = 2_000

# How a kernel and a terminal name the files that cells are for Python; the first holds the
# kernel's process id, so it differs from run to run.
_CELL_FILE = re.compile(r"[^\s\"']*ipykernel_\d+[/\\]\d+\.py|<ipython-input-[^>]*>")
_MACHINERY = re.compile(r"[/\\](?:IPython|ipykernel|cromicle_magic)[/\\]")


def failure_text(error: BaseException) -> str:
    """Give an exception with its last calls, as Python would show them, shorter.

    Args:
        error: The exception; one that was never raised has no calls.

    Returns:
        Its type and message, the last calls up to it with their lines of code, and for each of
        its causes, up to three, type and message.
    """
    calls = [*_calls(error.__traceback__)]
    causes = [f"caused by {_message(cause)}" for cause in islice(_causes(error), MOST_CAUSES)]
    return "\n".join([*calls, _message(error), *causes])


def _message(error: BaseException) -> str:
    lines = attempt(lambda: "".join(traceback.format_exception_only(type(error), error)))
    text = type(error).__name__ if isinstance(lines, Failure) else _CELL_FILE.sub("cell", lines)
    return both_ends(text.strip("\n"), MESSAGE_CHARS)[0]


def _calls(last: TracebackType | None) -> Iterator[str]:
    found = [
        (frame, line)
        for frame, line in islice(traceback.walk_tb(last), MOST_WALKED)
        if not _MACHINERY.search(frame.f_code.co_filename)
    ]
    more = len(found) - MOST_CALLS
    if more > 0:
        yield f"[… {more:,} earlier calls left out …]"
    for call in traceback.StackSummary.extract(iter(found[-MOST_CALLS:])):
        is_cell = _CELL_FILE.fullmatch(call.filename)
        place = "cell" if is_cell else PurePath(call.filename).name
        yield f"{place}:{call.lineno}, in {call.name}\n    {call.line}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    while cause and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
