"""Which provider answers at an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cromicle_magic.providers.base import AsyncGeneratorProvider

__all__ = ["provider_at"]

# A version in the path, as /v1, or the whole address of the call: only OpenAI's protocol has them.
_OPENAI = re.compile(r"(?:.*/)?v\d+\w*(?:/.*)?|.*/chat/completions")


def provider_at(url: str | None) -> type[AsyncGeneratorProvider]:
    """Give the provider for an address.

    Args:
        url: The address; None for the embedded server.

    Returns:
        ``OpenAI`` where the path holds a version, as in ``http://127.0.0.1:11434/v1``, or names the
        call in full; else ``Cromicle``, whose servers have no path.
    """
    # Imported here, for they bring aiohttp along.
    if url and _OPENAI.fullmatch(urlsplit(url).path):
        from cromicle_magic.providers.openai import OpenAI  # noqa: PLC0415

        return OpenAI
    from cromicle_magic.providers.cromicle import Cromicle  # noqa: PLC0415

    return Cromicle
