"""The last look at a prompt before it leaves: keys in it are told, masked or refused; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic.errors import SettingError
from cromicle_magic.privacy.leaks import find, labels, mask

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["checked"]


def checked(
    messages: list[dict[str, str]], guard: str, secrets: Mapping[str, str]
) -> tuple[list[dict[str, str]], str]:
    """Look through all that a request says.

    Args:
        messages: The conversation, each message with ``role`` and ``content``.
        guard: What to do about a key: ``warn``, ``mask``, ``refuse`` or ``off``.
        secrets: Values that are keys, by their names.

    Returns:
        The messages as they may go, and what the reader should know of them, "" if nothing: it
        names variables and kinds of keys, never a value.

    Raises:
        SettingError: There is a key, and they must not go.
    """
    if guard == "off":
        return messages, ""
    found = labels(leak for each in messages for leak in find(each["content"], secrets))
    if not found:
        return messages, ""
    names = ", ".join(found)
    if guard == "refuse":
        text = f"The prompt holds {names}, so nothing was sent; take it out, or use --guard mask."
        raise SettingError(text)
    if guard == "mask":
        masked = [{**each, "content": mask(each["content"], secrets)} for each in messages]
        return masked, f"masked in the prompt: {names}"
    return messages, f"the prompt held {names}"
