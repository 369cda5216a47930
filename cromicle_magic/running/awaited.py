"""The cell rewritten: its prompt kept as typed, its call awaited where it can be."""

from __future__ import annotations

import ast
import re
from itertools import takewhile
from traceback import walk_stack

from IPython.core.inputtransformer2 import make_tokens_by_line
from IPython.core.interactiveshell import InteractiveShell

__all__ = ["AwaitCell", "keep_prompt"]

_CELL = re.compile(r"%%cromicle(?P<line>\s.*)?$")
_AROUND = re.compile(r"%%(time|capture)\b")
_QUESTION = re.compile(r"(?P<before>\s*(?:\w+\s*=\s*)?)%cromicle\s+(?P<line>.*\?)\s*$")
_CALLS = tuple(f"get_ipython().run_{kind}_magic('cromicle', " for kind in ("cell", "line"))
_AWAITED = "await get_ipython().magics_manager.registry['CromicleMagics'].run_alone({})\n"


def keep_prompt(lines: list[str]) -> list[str]:
    """Take prompts out of IPython's hands before it rewrites them as if they were Python.

    IPython strips ``>>>`` from a cell whose second line begins with it, takes the line
    ``%cromicle What is this?`` for a question about the name ``this``, and under ``%%time``
    refuses a prompt whose quotes don't match.

    Args:
        lines: The cell's lines, as typed.

    Returns:
        The lines; a ``%%cromicle`` cell as the call of its magic, and so each ``%cromicle`` line
        that ends with a question mark.
    """
    blank = sum(1 for _ in takewhile(lambda line: not line.strip(), lines))
    head, body = "".join(lines[blank : blank + 1]).rstrip(), lines[blank + 1 :]
    if match := _CELL.match(head):
        line, cell = (match["line"] or "").strip(), "".join(body)
        return [f"get_ipython().run_cell_magic('cromicle', {line!r}, {cell!r})\n"]
    if _AROUND.match(head):
        return [f"{head}\n", *keep_prompt(body)]
    if head.lstrip().startswith("%%"):
        return lines  # another magic's cell is that magic's text
    if not any(_QUESTION.match(line) for line in lines):
        return lines
    # A line within a text of several lines begins no row of tokens, and stays as it is.
    starts = {row[0].start[0] for row in make_tokens_by_line(lines) if row}
    return [
        _QUESTION.sub(_line_call, line) if number in starts else line
        for number, line in enumerate(lines, 1)
    ]


# Else IPython, asking whether a cell is complete, sees a call where it knows a cell magic.
keep_prompt.has_side_effects = True  # type: ignore[attr-defined]


class AwaitCell:
    """Turns a cell that is one call of our magic into a top-level await.

    IPython has no asynchronous magics, yet awaits what a cell awaits; so the answer runs on the
    notebook's own loop, and everything else on it goes on.

    Args:
        shell: The IPython whose cells these are.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    def __call__(self, lines: list[str]) -> list[str]:
        """Rewrite a cell, given as lines of Python, if it is such a call and can be awaited."""
        if len(lines) != 1 or not lines[0].startswith(_CALLS) or not self._can_await():
            return lines
        texts = _constants(lines[0])
        return lines if texts is None else [_AWAITED.format(", ".join(map(repr, texts[1:])))]

    def _can_await(self) -> bool:
        shell = self._shell
        if not shell.autoawait or shell.loop_runner is not shell.loop_runner_map["asyncio"][0]:
            return False
        # Within %%time, %%capture or run_cell the cell around is already running, and whoever
        # runs the inner one does not await it.
        running = InteractiveShell.run_code.__code__
        return all(frame.f_code is not running for frame, _ in walk_stack(None))


def _line_call(match: re.Match[str]) -> str:
    return f"{match['before']}get_ipython().run_line_magic('cromicle', {match['line']!r})\n"


def _constants(call: str) -> list[object] | None:
    """Give the arguments of a line that is one call with plain texts, else None."""
    try:
        match ast.parse(call).body:
            case [ast.Expr(ast.Call(args=arguments, keywords=[]))]:
                return [ast.literal_eval(argument) for argument in arguments]
            case _:
                pass
    except (SyntaxError, ValueError):
        pass
    return None
