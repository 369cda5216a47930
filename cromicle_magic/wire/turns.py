"""The messages of a conversation, seen to before anything is sent."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from cromicle_magic.errors import SettingError

__all__ = ["turns"]


def turns(messages: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Give the role and the content of each message, whatever else it has.

    Args:
        messages: The conversation, as a caller gives it.

    Raises:
        SettingError: There is no message, or one lacks its role or content, or has no text there.

    >>> turns([{"role": "user", "content": "Hi", "name": "me"}])
    [('user', 'Hi')]
    """
    if not messages:
        raise SettingError("There is no message to send; give at least one with role and content.")
    # Whatever their type says: a caller's mistake is to be a sentence.
    given: list[Any] = [*messages]
    with suppress(LookupError, TypeError):
        pairs = [(message["role"], message["content"]) for message in given]
        if all(isinstance(text, str) for pair in pairs for text in pair):
            return pairs
    text = "A message needs the texts role and content, like {'role': 'user', 'content': 'Hi'}."
    raise SettingError(text)
