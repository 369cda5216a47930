"""The names that an engine can be called by, and the addresses behind them."""

from __future__ import annotations

from cromicle_magic.discretion import Address
from cromicle_magic.environment import Announced, announced, ollama_address, variables
from cromicle_magic.errors import SettingError
from cromicle_magic.likeness import nearest
from cromicle_magic.options import PORTS
from cromicle_magic.privacy.leaks import mask
from cromicle_magic.providers import registry

__all__ = [
    "OFFLINE",
    "OPENAI",
    "RESPONDER",
    "USUAL",
    "is_file",
    "known",
    "openai_address",
    "unknown",
    "usual_address",
]

# The engines that have a port of their own, by the names that their users give them.
USUAL: dict[str, int] = dict(zip(("ollama", "lmstudio", "llamacpp", "vllm"), PORTS, strict=True))
OFFLINE = "offline"
# The engine that the variables of OpenAI's own clients name.
OPENAI = "openai"
RESPONDER = "built-in responder"
# No name and no place of a class has one.
_SEPARATORS = ("/", "\\", "~")


def known() -> list[str]:
    """Give the names that an engine can be called by; a file, an address or a class has none."""
    return sorted({*USUAL, OFFLINE, *registry.names()})


def is_file(name: str) -> bool:
    """Tell whether an engine's name is meant as the path of a model's file."""
    return name.lower().endswith(".gguf") or any(mark in name for mark in _SEPARATORS)


def usual_address(name: str) -> Address:
    """Give the address that an engine on this machine has unless the environment says otherwise.

    Args:
        name: One of ``USUAL``.

    Raises:
        SettingError: ``OLLAMA_HOST`` holds no address.
    """
    host = variables().get("OLLAMA_HOST") if name == "ollama" else None
    return ollama_address(host) if host else Address(f"http://127.0.0.1:{USUAL[name]}/v1")


def openai_address() -> Announced:
    """Give the address and key that ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` name.

    Raises:
        SettingError: They name none; a key alone is no order to send prompts to a company.
    """
    other = announced()
    if other is None or other.origin != "OPENAI_BASE_URL":
        text = "The engine 'openai' has no address; set OPENAI_BASE_URL, or name the address."
        raise SettingError(text)
    return other


def unknown(name: str) -> SettingError:
    """Make the error for a name that is none of an engine's, with the nearest that is."""
    near = nearest(name.lower(), known())
    advice = f"did you mean {near}? Known" if near else "known"
    return SettingError(f"There is no engine {mask(name)!r}; {advice} are {', '.join(known())}.")
