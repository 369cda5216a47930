"""What leaves: a request, or what a class from elsewhere is given, told with its keys hidden."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cromicle_magic.discretion import MASK, Address, Secret, public_address
from cromicle_magic.environment import variables
from cromicle_magic.privacy.keys import secrets
from cromicle_magic.privacy.leaks import find, labels, mask
from cromicle_magic.privacy.typed_keys import is_key_name, showable
from cromicle_magic.render.terminal import visible
from cromicle_magic.report import Sent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cromicle_magic.wire.request import Request

__all__ = ["handed", "sent", "told"]

_NONE = Secret("")
# The fields of the Cromicle protocol's body; in OpenAI's the key is in the head alone.
_CROMICLE = {"message", "token", "hash"}


def sent(request: Request, token: Secret = _NONE) -> Sent:
    """Describe a request from its very bytes, without the keys in it.

    Args:
        request: The request.
        token: The token in it, which is hidden wherever else it stands.
    """
    parts = urlsplit(request.url)
    head = {"host": parts.netloc.rpartition("@")[2]}
    head |= {name: _shown(name, value) for name, value in request.headers.items()}
    if "@" in parts.netloc:
        head["authorization"] = MASK  # HTTP carries user and password there
    if request.body:
        head["content-length"] = str(len(request.body))
    body, hidden = _without_keys(_laid_out(request.body), token)
    return Sent(
        address=public_address(request.url),
        body=body,
        method=request.method,
        headers=head,
        bytes=len(request.body),
        proxy=public_address(request.proxy or ""),
        hidden=hidden,
    )


def handed(name: str, given: Mapping[str, object]) -> Sent:
    """Describe what a class is given that sends its request in a way of its own.

    Args:
        name: The class.
        given: Its keywords.
    """
    fields = {key: _plain(key, value) for key, value in given.items() if value is not None}
    try:
        text = json.dumps(fields, indent=2, ensure_ascii=False, default=repr)
    except (TypeError, ValueError, RecursionError):
        text = repr(fields)
    body, hidden = _without_keys(text, Secret(given.get("token") or ""))
    return Sent(address=name, body=body, hidden=hidden)


def told(what: Sent) -> str:
    """Tell what goes or went out, as plain text with every control made visible."""
    if not what.method:
        end = "These are given to it; what it makes of them, its address and its bytes, it alone"
        lines = [f"The class {what.address}", "", what.body, "", f"{end} knows."]
    else:
        via = f" through the proxy {what.proxy}" if what.proxy else ""
        head = [f"{name}: {value}" for name, value in what.headers.items()]
        end = f"{what.bytes:,} bytes of JSON{via}, laid out here in lines of their own."
        lines = [f"{what.method} {what.address}", *head, "", what.body, "", end]
    if what.hidden:
        lines.append(f"Hidden here, and there as it is: {', '.join(what.hidden)}.")
    return visible("\n".join(lines))


def _shown(name: str, value: str) -> str:
    is_hidden = isinstance(value, Secret) or is_key_name(name)
    return MASK if is_hidden else mask(value)


def _laid_out(body: bytes) -> str:
    try:
        fields = json.loads(body)
        if isinstance(fields, dict) and fields.keys() == _CROMICLE:
            # The hash would let anybody try tokens until one fits.
            fields |= {"token": MASK, "hash": MASK}
        if isinstance(fields, dict):
            fields = {
                name: MASK if is_key_name(name) else showable(name, value)
                for name, value in fields.items()
            }
        return json.dumps(fields, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _without_keys(text: str, token: Secret) -> tuple[str, tuple[str, ...]]:
    plain = {**secrets(variables()), "the token": token}
    # In JSON a value stands with its quotes, backslashes and newlines escaped.
    known = {
        name: Secret(json.dumps(each, ensure_ascii=False)[1:-1]) for name, each in plain.items()
    }
    return mask(text, known), tuple(labels(find(text, known)))


def _plain(name: str, value: object) -> object:
    if isinstance(value, Secret):
        return MASK
    return public_address(value) if isinstance(value, Address) else showable(name, value)
