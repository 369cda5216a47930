"""The messages of a conversation, seen to before anything is sent."""

from __future__ import annotations

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
    try:
        pairs = [(message["role"], message["content"]) for message in messages]
        is_text = all(isinstance(text, str) for pair in pairs for text in pair)
    except (LookupError, TypeError):
        is_text = False
    if not is_text:
        text = "A message needs the texts role and content, like {'role': 'user', 'content': 'Hi'}."
        raise SettingError(text)
    return pairs
