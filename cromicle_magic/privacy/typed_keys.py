"""Keys typed where they don't belong, on a line or into a setting: refused, or hidden; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cromicle_magic.discretion import MASK
from cromicle_magic.errors import SettingError
from cromicle_magic.privacy.leaks import find

__all__ = ["ADVICE", "check_pair", "check_text", "is_key_name", "showable"]

# What is typed is in the notebook and in IPython's history before this package sees it, and can't
# be taken back by it.
ADVICE = (
    "it stays in the notebook and in IPython's history, so remove it there; a key goes into "
    "CROMICLE_TOKEN, into the file that CROMICLE_TOKEN_FILE names, or behind %cromicle login."
)

# Of a whole name; max_tokens, eos_token and prompt_cache_key are nobody's secrets.
_KEY_NAME = re.compile(
    r"(?:\w+_)?(?:api_?key|(?:access|secret|private|auth)_key|passw(?:or)?d|passphrase|secret"
    r"|credentials?|authorization|(?:api|access|auth|bearer|refresh|id|session)_token)"
    r"|key|token|auth|bearer|x_api_key",
    re.IGNORECASE,
)
# On this line a password is no example, however plain it is.
_PASSWORD = re.compile(r"(?://|^)[^\s/?#@:]{0,200}:[^\s/?#@]{1,200}@")


def is_key_name(name: str) -> bool:
    """Tell whether a name is one that a key goes by.

    >>> is_key_name("api_key"), is_key_name("Authorization"), is_key_name("max_tokens")
    (True, True, False)
    """
    return bool(_KEY_NAME.fullmatch(name.strip("-").replace("-", "_")))


def check_text(text: str, where: str, secrets: Mapping[str, str] | None = None) -> None:
    """Refuse a text that holds a key.

    Args:
        text: What was typed.
        where: Where that was, as the reader would write it.
        secrets: Values that are keys, too, by their names.

    Raises:
        SettingError: It holds one; the sentence doesn't.
    """
    if find(text, secrets):
        raise SettingError(f"{where} holds what looks like a key. Nothing was sent, but {ADVICE}")
    if _PASSWORD.match(text) or ("://" in text and _PASSWORD.search(text)):
        raise SettingError(f"{where} holds a password. Nothing was sent, but {ADVICE}")


def check_pair(name: str, value: object, where: str) -> None:
    """Refuse a named value whose name, or a name within it, says that it is a key.

    Args:
        name: The name.
        value: The value, as read from JSON; true, false and null are nobody's key.
        where: Where that was, as the reader would write it.

    Raises:
        SettingError: It is one; the sentence doesn't repeat it.
    """
    waiting = [(name, value)]
    while waiting:
        label, part = waiting.pop()
        if isinstance(part, dict):
            waiting += part.items()
        elif isinstance(part, list):
            waiting += [(label, each) for each in part]
        elif part not in {None, "", True, False} and is_key_name(label):
            raise SettingError(f"{where} {label} is a key. Nothing was sent, but {ADVICE}")


def showable(name: object, value: Any) -> Any:
    """Give what may be shown of a named value, such as a field of a request.

    Args:
        name: The name.
        value: The value, as of JSON.

    Returns:
        The same, with asterisks for each text and number that goes by the name of a key, or stands
        in a list of that name; at any depth. Of a ring, or what is as deep as one, only dots.

    >>> showable("extra", {"headers": {"Authorization": "Basic 4711"}, "n": 2})
    {'headers': {'Authorization': '********'}, 'n': 2}
    """
    try:
        return _shown(name, value)
    except RecursionError:
        return "…"


def _shown(name: object, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {label: _shown(label, part) for label, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(name, part) for part in value]
    is_key = isinstance(name, str) and is_key_name(name)
    return MASK if is_key and isinstance(value, (str, float, int)) and value else value
