"""One line on how an answer is doing, while it grows and after; pure, the clock is an argument."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cromicle_magic.render.plain import inline
from cromicle_magic.render.terminal import visible

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer

__all__ = ["error_line", "footer", "noted", "status_line"]

# A pause of a model is no silence yet.
SILENCE_S = 3.0
# A name may be as long as whoever gave it likes.
NAME_CHARS = 80
# Three expressions that were put in, with what they gave.
NOTE_CHARS = 400

_PATH = re.compile(r"^(?:/|[A-Za-z]:\\).*[/\\](?=[^/\\])")
_FOOTER = '<div style="margin-top:0.5em;font-size:smaller;opacity:0.7">{}</div>\n'


def status_line(answer: Answer, now_s: float) -> str:
    """Tell how an answer is doing.

    Args:
        answer: The answer; its engine and model are foreign text.
        now_s: The time of ``time.monotonic``, in seconds.

    Returns:
        Plain text, such as ``streaming · engine · 12 s · 3,456 characters · 210 a second``.
    """
    seconds = answer.seconds_at(now_s)
    parts = [_state(answer), *_who(answer), f"{seconds:.0f} s"]
    if answer.chars:
        rate = answer.chars / max(seconds, 0.1)
        parts += [f"{answer.chars:,} characters", f"{rate:,.0f} a second"]
    if answer.state == "waiting" and answer.retry:
        parts.append(answer.retry)
    if answer.waits_for:
        return " · ".join([*parts, answer.waits_for])
    silence_s = now_s - answer.latest_s
    if answer.state in {"waiting", "streaming"} and silence_s >= SILENCE_S:
        parts.append(f"silent for {silence_s:.0f} s")
    return " · ".join(parts)


def footer(answer: Answer) -> str:
    """Give the quiet line that stays below an answer: who, how long, and what was amiss.

    Args:
        answer: The answer, ended or interrupted; its engine, model, notice and notes are
            foreign text. What failed is said where it ``tells_error``, for then the cell itself
            doesn't.

    Returns:
        HTML in which the foreign text is escaped.
    """
    parts = [*_who(answer), f"{answer.seconds_at(answer.latest_s):.1f} s"]
    if answer.state != "done":
        parts.append(answer.state)
    parts += _notes(answer)
    if answer.tells_error and answer.error:
        parts.append(error_line(answer.error))
    return _FOOTER.format(inline(" · ".join(parts)))


def noted(answer: Answer) -> str:
    """Give who answered and what else the reader should know as a line for a terminal."""
    who = _who(answer) if answer.chars else []
    notes = " · ".join([*who, *_notes(answer)])
    return f"({visible(notes)})\n" if notes else ""


def error_line(error: Exception) -> str:
    """Give an error as the one line that a cell shows."""
    return f"{type(error).__name__}: {error}"


def _who(answer: Answer) -> list[str]:
    # llama.cpp calls a model by the path of its file.
    names = (answer.engine, _PATH.sub("", answer.model))
    return [_cut(name) for name in dict.fromkeys(names) if name]


def _notes(answer: Answer) -> list[str]:
    notice = [_cut(answer.notice)] if answer.notice else []
    return notice + [_cut(note, NOTE_CHARS) for note in answer.notes]


def _cut(text: str, chars: int = NAME_CHARS) -> str:
    return text if len(text) <= chars else text[:chars] + "…"


def _state(answer: Answer) -> str:
    if answer.state == "streaming" and not answer.chars:
        return "thinking"
    return answer.state
