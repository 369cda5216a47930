"""The front door: %load_ext cromicle_magic, and the public names, nothing heavy until asked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from cromicle_magic.answer import Answer
    from cromicle_magic.asking import ask, stream
    from cromicle_magic.providers.base import AsyncGeneratorProvider, format_prompt
    from cromicle_magic.providers.cromicle import Cromicle
    from cromicle_magic.providers.openai import OpenAI
    from cromicle_magic.providers.registry import register

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "AsyncGeneratorProvider",
    "Cromicle",
    "OpenAI",
    "ask",
    "format_prompt",
    "load_ipython_extension",
    "register",
    "stream",
    "unload_ipython_extension",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())

_HOMES = {
    "Answer": "cromicle_magic.answer",
    "AsyncGeneratorProvider": "cromicle_magic.providers.base",
    "Cromicle": "cromicle_magic.providers.cromicle",
    "OpenAI": "cromicle_magic.providers.openai",
    "ask": "cromicle_magic.asking",
    "format_prompt": "cromicle_magic.providers.base",
    "register": "cromicle_magic.providers.registry",
    "stream": "cromicle_magic.asking",
}


if not TYPE_CHECKING:  # for whom each name is there, and no other

    def __getattr__(name: str) -> object:
        """Bring a public name when it is first asked for: most of them bring aiohttp along."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(_HOMES[name]), name)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Bring %%cromicle and %cromicle into a shell; called by ``%load_ext cromicle_magic``."""
    from cromicle_magic.installation import install  # noqa: PLC0415 - needs IPython, the providers don't

    install(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take everything back; called by ``%unload_ext cromicle_magic``."""
    from cromicle_magic.installation import remove  # noqa: PLC0415 - needs IPython, the providers don't

    remove(shell)
