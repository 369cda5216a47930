"""The messages of a conversation, looked at before they are sent."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cromicle_magic.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["turns_of"]


def turns_of(messages: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Give role and content of each message, and nothing else that it may hold.

    Args:
        messages: The messages, oldest first.

    Returns:
        The same, each with these two alone; at least one.

    Raises:
        SettingError: There is no message, or one lacks its role or content, or they are no texts.

    >>> turns_of([{"role": "user", "content": "Hi", "name": "me"}])
    [{'role': 'user', 'content': 'Hi'}]
    """
    turns: list[dict[str, Any]] = []
    with suppress(LookupError, TypeError):
        turns = [{"role": turn["role"], "content": turn["content"]} for turn in messages]
        if not turns:
            text = "There is no message to send; give at least one with role and content."
            raise SettingError(text)
        if all(isinstance(value, str) for turn in turns for value in turn.values()):
            return turns
    text = "A message needs the texts role and content, like {'role': 'user', 'content': 'Hi'}."
    raise SettingError(text)
