"""One question on its way: its turn begun, its place in the chat awaited, its end taken note of."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from cromicle_magic.cell.outcome import taken_from
from cromicle_magic.conversation.request import request_for
from cromicle_magic.exchange import chunks_of
from cromicle_magic.running.interrupts import BEAT_S
from cromicle_magic.wire.openai import NOTICES

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cromicle_magic.answer import Answer
    from cromicle_magic.cell.question import Question
    from cromicle_magic.conversation.chats import Chats
    from cromicle_magic.conversation.turn import State, Turn
    from cromicle_magic.notebook import Notebook
    from cromicle_magic.providers.base import Messages
    from cromicle_magic.views.view import Place

__all__ = ["Errand", "messages_of", "turn_of"]

_WAITS = "waiting for an earlier answer of this chat"
_ENDS: dict[str, State] = {"done": "done", "failed": "failed"}


def turn_of(notebook: Notebook, question: Question) -> Turn | None:
    """Begin the turn of a question.

    Args:
        notebook: Whose chats they are.
        question: The question.

    Returns:
        The turn; None for a question that belongs to no chat.

    Raises:
        SettingError: The chat can't be had so.
    """
    if question.is_apart:
        notebook.chats.enter(question.cell)
        return None
    return notebook.chats.begin(question.ask, time.time())


def messages_of(chats: Chats, question: Question, turn: Turn | None) -> tuple[Messages, str]:
    """Give what is sent for a question, once no turn is ahead of its own.

    Args:
        chats: The chats.
        question: The question.
        turn: Its turn, if it belongs to a chat.

    Returns:
        The messages, the prompt last, and what a footer says of the earlier turns among them.
    """
    budget = question.settings.budget
    if turn is None:
        request = request_for(question.prompt, system=question.ask.system)
    else:
        left = max(0, budget - len(question.context.text))
        request = replace(chats.request(turn, left), budget_chars=budget)
    prompt = {"role": "user", "content": question.context.before(question.prompt)}
    return [*request.messages[:-1], prompt], request.note


class Errand:
    """Asks one question for an answer that is to hold what comes.

    Args:
        notebook: Where it is asked.
        question: The question.
        turn: Its turn, which ends with it, whichever way that comes; else all later prompts of the
            chat would wait for ever.
        answer: The answer, not begun.
        place: Which kind of cell is around.

    Attributes:
        below: What is to be shown below the answer in the end, as a MIME bundle, if anything.
    """

    def __init__(
        self,
        notebook: Notebook,
        question: Question,
        turn: Turn | None,
        answer: Answer,
        place: Place,
    ) -> None:
        self._notebook, self._question = notebook, question
        self._place: Place = place
        self._turn, self._answer = turn, answer
        self._is_over = False
        self.below: dict[str, str] | None = None
        answer.notes += question.notes

    async def chunks(self) -> AsyncGenerator[str, None]:
        """Give the pieces of the answer, once those before it in its chat have ended.

        Yields:
            As ``exchange.chunks_of``, and raises the same.
        """
        await self._follow_turns_ahead()
        settings = self._question.settings
        async with aclosing(chunks_of(settings, self._messages(), self._answer.hear)) as chunks:
            async for chunk in chunks:
                yield chunk

    def end(self) -> None:
        """Take note that the answer has ended, or is given up; more than once does no harm."""
        if self._is_over:
            return
        self._is_over = True
        answer = self._answer
        if self._turn:
            # One that doesn't close has not ended, and counts as stopped.
            state = _ENDS.get(answer.state, "stopped")
            who = {"engine": answer.engine, "model": answer.model}
            self._turn.end(state, answer.text, **who, is_cut=answer.finish in NOTICES)
        settings = self._question.settings
        text, self.below = taken_from(answer, settings, self._notebook.shell, self._place)
        self._notebook.bind(settings.out, text)

    async def _follow_turns_ahead(self) -> None:
        # Looked at, not awaited: an earlier answer may run on another loop.
        while self._turn and self._notebook.chats.ahead(self._turn):
            self._answer.waits_for = _WAITS
            await asyncio.sleep(BEAT_S)
        self._answer.turn_has_come()

    def _messages(self) -> Messages:
        messages, note = messages_of(self._notebook.chats, self._question, self._turn)
        if note:
            self._answer.notes.append(note)
        return messages
