"""The environment of this process, and all that is read from it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from cromicle_magic.discretion import Address, Secret
from cromicle_magic.errors import SettingError
from cromicle_magic.options import OPTIONS
from cromicle_magic.privacy.leaks import mask

__all__ = [
    "Announced",
    "Tokens",
    "announced",
    "has_cursor",
    "ollama_address",
    "tokens",
    "variables",
]

OLLAMA_PORT = 11434


class Announced(NamedTuple):
    """An engine that the environment names by a variable of other tools.

    Attributes:
        origin: The variable.
        url: The engine's address.
        token: Its API key, "" if it wants none.
    """

    origin: str
    url: Address
    token: Secret


class Tokens(NamedTuple):
    """What the environment tells a server to keep to itself; "" where it tells nothing.

    Attributes:
        own: The token that the server accepts; several behind one balancer share it.
        upstream: The key of the engine behind it.
    """

    own: Secret
    upstream: Secret


def variables() -> Mapping[str, str]:
    """Give the environment variables of this process, as they are now."""
    return _Variables()


def announced(environment: Mapping[str, str] | None = None) -> Announced | None:
    """Give the engine that the environment names in the way of other tools.

    ``OPENAI_BASE_URL`` with ``OPENAI_API_KEY`` is that of OpenAI's own clients, ``OLLAMA_HOST``
    that of Ollama's. A key alone names no engine: it is no order to send prompts to a company.

    Args:
        environment: The environment variables; by default those of this process.

    Raises:
        SettingError: The variable holds no address.

    >>> announced({"OLLAMA_HOST": "0.0.0.0"}).url, announced({"OPENAI_API_KEY": "sk-1"})
    ('http://127.0.0.1:11434/v1', None)
    """
    given = variables() if environment is None else environment
    if base := given.get("OPENAI_BASE_URL"):
        key = Secret(given.get("OPENAI_API_KEY", ""))
        return Announced("OPENAI_BASE_URL", _address("OPENAI_BASE_URL", base), key)
    if host := given.get("OLLAMA_HOST"):
        return Announced("OLLAMA_HOST", ollama_address(host), Secret(""))
    return None


def ollama_address(host: str) -> Address:
    """Give the address of an Ollama, from any of the forms that ``OLLAMA_HOST`` may have.

    As Ollama's own documentation and its ``envconfig`` have them: a host, a port behind a colon,
    both, or an address with a scheme, whose usual port then counts. An address that means "listen
    everywhere" is this machine for a client.

    Args:
        host: What the variable holds.

    Raises:
        SettingError: It is none of these.

    >>> ollama_address("0.0.0.0:80"), ollama_address("https://h.invalid/ai")
    ('http://127.0.0.1:80/v1', 'https://h.invalid:443/ai/v1')
    """
    text = host.strip().strip("'\"")
    scheme, has_scheme, rest = text.rpartition("://")
    scheme = scheme.lower() if has_scheme else "http"
    host, port, path = _split(rest)
    usual = {"https": 443, "http": 80} if has_scheme else {}
    here = "127.0.0.1" if host in {"", "0.0.0.0", "::"} else host
    name = f"[{here}]" if ":" in here else here
    address = f"{scheme}://{name}:{port or usual.get(scheme, OLLAMA_PORT)}{path.rstrip('/')}/v1"
    return _address("OLLAMA_HOST", address)


def tokens(environment: Mapping[str, str] | None = None) -> Tokens:
    """Give the tokens for a server.

    Args:
        environment: The environment variables; by default those of this process.
    """
    given = variables() if environment is None else environment
    names = ("CROMICLE_TOKEN", "CROMICLE_UPSTREAM_TOKEN")
    return Tokens(*(Secret(given.get(name, "")) for name in names))


def has_cursor() -> bool:
    """Tell whether the terminal says that it can move its cursor."""
    return variables().get("TERM", "dumb") != "dumb"


class _Variables(Mapping[str, str]):
    """The environment, which unlike os.environ doesn't show itself in a repr."""

    def __getitem__(self, name: str) -> str:
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


def _address(origin: str, text: str) -> Address:
    row = next(row for row in OPTIONS if row.name == "url")
    try:
        return Address(str(row.read(text)))
    except SettingError as error:
        # A key may have been put in the wrong place, and would be quoted.
        raise SettingError(f"{origin}: {mask(str(error))}") from None


def _split(rest: str) -> tuple[str, int | None, str]:
    """Part what stands behind a scheme into host, port and path; Ollama knows no users."""
    place, slash, path = rest.partition("/")
    place = place.rpartition("@")[2]
    if place.count(":") > 1 and not place.startswith("["):
        place = f"[{place}]"  # a bare IPv6 address, as Ollama takes one
    try:
        parts = urlsplit(f"//{place}{slash}{path}")
        port = parts.port
    except ValueError:
        shown = rest.rpartition("@")[2]  # a password may hold a slash
        text = f"OLLAMA_HOST: {shown!r} is no host; write it like 127.0.0.1:11434."
        raise SettingError(text) from None
    return parts.hostname or "", port, parts.path
