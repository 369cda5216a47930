"""Classes that keep g4f's contract and know nothing of us, for a server that says plain text."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.request import Request, urlopen

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

__all__ = ["Blocking", "Streaming", "Whole", "lay_distribution", "notebook_provider"]

Talk = list[dict[str, str]]


class Streaming:
    """Streams by an asynchronous generator."""

    url: ClassVar[str]

    @classmethod
    async def create_async_generator(
        cls, model: str, messages: Talk, proxy: str | None = None, **kwargs: Any
    ) -> AsyncGenerator[str, None]:
        """Give what the server says, as it comes."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        async with (
            aiohttp.ClientSession() as session,
            session.post(cls.url, json=messages, proxy=proxy) as response,
        ):
            async for data in response.content.iter_any():
                yield decoder.decode(data)


class Whole:
    """Gives the whole answer at once."""

    url: ClassVar[str]

    @classmethod
    async def create_async(cls, model: str, messages: Talk) -> str:
        """Give what the server says, at its end."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(cls.url, json=messages) as response,
        ):
            return await response.text()


class Blocking:
    """Streams by an ordinary generator, as code does that knows no asyncio."""

    url: ClassVar[str]

    @classmethod
    def create_completion(
        cls, model: str, messages: Talk, stream: bool, **kwargs: Any
    ) -> Iterator[str]:
        """Give what the server says, as it comes."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        with urlopen(Request(cls.url, json.dumps(messages).encode())) as response:
            while data := response.read1():
                yield decoder.decode(data)


def lay_distribution(shelf: Path, points: str, **modules: str) -> None:
    """Lay an installed distribution into a folder.

    Args:
        shelf: The folder, which is to be on the path.
        points: Its entry points in our group, one a line.
        **modules: Its modules, each by its source.
    """
    info = shelf / "tiny_shop-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-shop\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[cromicle_magic.providers]\n{points}\n")
    for name, source in modules.items():
        (shelf / f"{name}.py").write_text(source)


def notebook_provider(path: Path) -> tuple[type, list[str]]:
    """Give the class that an example notebook defines, and the lines that it takes."""
    cells = json.loads(path.read_text())["cells"]
    (cell,) = [cell for cell in cells if cell["id"] == "provider"]
    names: dict[str, Any] = {}
    exec("".join(cell["source"]), names)
    return names["Shout"], cell["source"]
