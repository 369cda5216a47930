"""The chats as tables of plain text, and as files that others read."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Literal

from cromicle_magic.conversation.turn import MAIN
from cromicle_magic.errors import SettingError
from cromicle_magic.render.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cromicle_magic.conversation.chats import Chats
    from cromicle_magic.conversation.turn import Turn

__all__ = ["chats_table", "export", "history_table"]

# A table of prompt and answer that fits a screen of 120 columns.
COLUMN_CHARS = 40
_ELLIPSIS = "…"

_CHATS = ("chat", "turns", "sent next", "characters", "forked from", "last")
_HISTORY = ("", "cell", "time", "state", "", "prompt", "answer")


def chats_table(chats: Chats) -> str:
    """Give a table of all chats: their turns, what goes out with the next prompt, the last time."""
    if not chats.names():
        return "No chat has a turn yet; %%cromicle begins one."
    return _table([_CHATS, *(_chat_row(chats, name) for name in chats.names())])


def history_table(chats: Chats, chat: str = MAIN) -> str:
    """Give a table of a chat's turns, oldest first, each in one line.

    Args:
        chats: The chats.
        chat: The name of one.

    Returns:
        Plain text; a note says which turns are stale, left out of what is sent, or where the chat
        begins anew.

    Raises:
        SettingError: There is no chat of this name.
    """
    turns = chats.turns(chat)
    if not turns:
        return f"The chat {visible(chat)} has no turn yet."
    sent = chats.sent_next(chat)
    chars = sum(map(_chars, sent))
    head = (
        f"{visible(chat)}: {_turns(len(turns))}; {len(sent):,} of them, {chars:,} characters, "
        "go out with the next prompt."
    )
    rows = [_row(number, turn, _note(chats, turn, sent)) for number, turn in enumerate(turns, 1)]
    return f"{head}\n\n{_table([_HISTORY, *rows])}"


def export(chats: Chats, names: Sequence[str], path: Path, *, mode: Literal["x", "w"] = "x") -> int:
    """Write chats to a file.

    Args:
        chats: The chats.
        names: Which of them.
        path: The file; ``.md`` for readers, ``.jsonl`` for programs, one turn a line.
        mode: As ``open`` has it: "x" makes a new file, "w" writes over one that is there.

    Returns:
        How many turns were written.

    Raises:
        SettingError: The file is of another kind, is there already or can't be written, or a chat
            is unknown.
    """
    kinds = {".md": _markdown, ".jsonl": _json_lines}
    if path.suffix not in kinds:
        raise SettingError(f"{str(path)!r} ends neither in .md nor in .jsonl; choose one of them.")
    text = "".join(kinds[path.suffix](chats, name) for name in names)
    try:
        # Half a surrogate pair, as a model may send it, can't be encoded.
        with path.open(mode, encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        advice = "choose another name, or write over it by export --force."
        raise SettingError(f"{str(path)!r} is there already; {advice}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingError(f"{str(path)!r} can't be written: {reason}.") from None
    return sum(len(chats.turns(name)) for name in names)


def _chat_row(chats: Chats, name: str) -> tuple[str, ...]:
    turns, sent = chats.turns(name), chats.sent_next(name)
    last = _clock(max(turn.began_s for turn in turns))
    counts = (f"{len(turns):,}", f"{len(sent):,}", f"{sum(map(_chars, sent)):,}")
    return (visible(name), *counts, visible(chats.parent(name)), last)


def _row(number: int, turn: Turn, note: str) -> tuple[str, ...]:
    count = f"[{turn.ask.cell.count}]" if turn.ask.cell.count else ""
    texts = (_cut(turn.ask.prompt), _cut(turn.answer))
    return (str(number), count, _clock(turn.began_s), turn.state, note, *texts)


def _note(chats: Chats, turn: Turn, sent: Sequence[Turn]) -> str:
    notes = []
    if turn.ask.opens:
        notes.append("anew")
    if turn.is_left_over:
        notes.append("left over")
    elif chats.is_stale(turn):
        notes.append("stale")
    if not turn.is_open and turn not in sent:
        notes.append("not sent")
    return ", ".join(notes)


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _cut(text: str) -> str:
    line = visible(" ".join(text[: 4 * COLUMN_CHARS].split()))
    is_whole = len(line) <= COLUMN_CHARS and len(text) <= 4 * COLUMN_CHARS
    return line if is_whole else line[: COLUMN_CHARS - 1] + _ELLIPSIS


def _markdown(chats: Chats, name: str) -> str:
    parts = [f"# {name}\n"]
    for number, turn in enumerate(chats.turns(name), 1):
        facts = [turn.state, turn.engine, turn.model, _iso(turn)]
        parts.append(f"## {number}. {' · '.join(filter(None, facts))}\n")
        if turn.ask.system:
            parts.append(f"System:\n\n{_quote(turn.ask.system)}\n")
        parts += [_quote(turn.ask.prompt) + "\n", turn.answer.rstrip() + "\n"]
    return "\n".join(parts) + "\n"


def _json_lines(chats: Chats, name: str) -> str:
    lines = [
        json.dumps(
            {
                "chat": name,
                "turn": number,
                "began": _iso(turn),
                "state": turn.state,
                "is_stale": chats.is_stale(turn),
                "is_left_over": turn.is_left_over,
                "engine": turn.engine,
                "model": turn.model,
                "cell": turn.ask.cell.id,
                "system": turn.ask.system,
                "prompt": turn.ask.prompt,
                "answer": turn.answer,
            }
        )
        for number, turn in enumerate(chats.turns(name), 1)
    ]
    return "".join(f"{line}\n" for line in lines)


def _quote(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _iso(turn: Turn) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(turn.began_s))


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M", time.localtime(seconds))


def _chars(turn: Turn) -> int:
    return len(turn.ask.prompt) + len(turn.answer)


def _turns(count: int) -> str:
    return f"{count:,} turn{'s' * (count != 1)}"
