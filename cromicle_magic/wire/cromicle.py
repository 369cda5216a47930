"""The Cromicle request: token, hash and body, shared by client and server.

The protocol, as the public history of ``g4f/Provider/Cromicle.py`` in xtekky/gpt4free shows it:
``POST {url}/chat`` with the JSON object ``{"message": m, "token": t, "hash": h}``, where ``h`` is
the SHA-256 of token and message, the token first, in lower-case hexadecimal. The answer is plain
UTF-8 text, chunked, without an end mark; an HTTP error comes before any text.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from cromicle_magic.errors import ProtocolError
from cromicle_magic.wire.text import utf8

__all__ = ["DEFAULT_TOKEN", "PATH", "payload", "read_message", "sign"]

PATH = "/chat"

# The token that the public service wanted from everybody.
DEFAULT_TOKEN = "abc"  # noqa: S105 - published with the protocol, it opens nothing


def sign(token: str, message: str) -> str:
    """Give the hash that binds a message to a token.

    Args:
        token: The token that the server accepts.
        message: The whole message.

    Returns:
        64 lower-case hexadecimal digits.

    Raises:
        SettingError: The text holds half of a surrogate pair, which has no UTF-8 form.

    >>> sign("abc", "Hello")[:16]
    'd40e8531b8d2ef44'
    """
    return hashlib.sha256(utf8(token + message)).hexdigest()


def payload(message: str, token: str = DEFAULT_TOKEN) -> dict[str, str]:
    """Give the body of a request.

    Args:
        message: What to say, any text.
        token: The token that the server accepts.

    Returns:
        The fields ``message``, ``token`` and ``hash``.

    Raises:
        SettingError: The text has no UTF-8 form.
    """
    return {"message": message, "token": token, "hash": sign(token, message)}


def read_message(body: bytes, token: str) -> str:
    """Read a request's body, as the server does.

    Args:
        body: The bytes of the body.
        token: The only token that is accepted.

    Returns:
        The message.

    Raises:
        ProtocolError: The body is not such an object (status 400), its hash does not fit (400),
            or its token is another one (403).
    """
    try:
        fields = json.loads(body)
        message, given, digest = (fields[name] for name in ("message", "token", "hash"))
        is_signed = hmac.compare_digest(digest.encode(), sign(given, message).encode())
        is_known = hmac.compare_digest(given.encode(), token.encode())
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        text = "The body is not a JSON object with the texts message, token and hash."
        raise ProtocolError(text, status=400) from None
    if not is_signed:
        text = "The hash does not fit: it must be the SHA-256 of token and message, in hexadecimal."
        raise ProtocolError(text, status=400)
    if not is_known:
        text = "The token is not the one that this server printed when it started."
        raise ProtocolError(text, status=403)
    return str(message)
