"""What is sent for a prompt: the system prompt, the turns that fit, the prompt; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cromicle_magic.options import BUDGET_CHARS
from cromicle_magic.render.counts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cromicle_magic.conversation.turn import Turn

__all__ = ["Request", "request_for"]


@dataclass(frozen=True, slots=True)
class Request:
    """The messages for a provider, and what they leave out.

    Attributes:
        messages: Each with ``role`` and ``content``; the prompt is the last.
        turns: How many earlier turns are among them.
        left_out: How many earlier turns are not, for want of room.
        chars: The characters of all contents together.
        budget_chars: How many there may be.
    """

    messages: list[dict[str, str]]
    turns: int
    left_out: int
    chars: int
    budget_chars: int

    @property
    def note(self) -> str:
        """What a footer says of it, "" for a prompt that is sent alone.

        >>> Request([], 3, 2, 23_000, 24_000).note
        'sent with 3 earlier turns, 2 older ones left out (budget 24,000 characters)'
        """
        if not self.turns and not self.left_out:
            return ""
        sent = f"sent with {counted(self.turns, 'earlier turn')}"
        if not self.left_out:
            return sent
        ones = "one" if self.left_out == 1 else "ones"
        budget = f"(budget {self.budget_chars:,} characters)"
        return f"{sent}, {self.left_out:,} older {ones} left out {budget}"


def request_for(
    prompt: str, past: Sequence[Turn] = (), *, system: str = "", budget_chars: int = BUDGET_CHARS
) -> Request:
    """Put together what is sent.

    Args:
        prompt: What is asked; never cut.
        past: The turns before it, oldest first.
        system: The instruction, "" for none; never cut.
        budget_chars: The most characters of all messages together. The oldest turns are left out
            until it holds, each with its prompt and its answer; the prompt and the system prompt
            go out even if they exceed it by themselves.

    Returns:
        The request; the same for the same arguments, always.

    >>> request_for("Hi", system="brief").messages
    [{'role': 'system', 'content': 'brief'}, {'role': 'user', 'content': 'Hi'}]
    """
    head = [{"role": "system", "content": system}] if system else []
    chars, first = len(system) + len(prompt), len(past)
    while first and chars + _size(past[first - 1]) <= budget_chars:
        first -= 1
        chars += _size(past[first])
    pairs = [
        {"role": role, "content": content}
        for turn in past[first:]
        for role, content in (("user", turn.ask.prompt), ("assistant", turn.answer))
    ]
    messages = [*head, *pairs, {"role": "user", "content": prompt}]
    return Request(messages, len(past) - first, first, chars, budget_chars)


def _size(turn: Turn) -> int:
    return len(turn.ask.prompt) + len(turn.answer)
