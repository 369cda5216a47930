"""The server that the benchmarks ask, in a process of its own; each address is another pace."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.request import urlopen

from support.answers import essay, send_paced
from support.environments import ROOT
from support.peers import END, HEAD, Peer, chunk, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from support.peers import Visit

__all__ = ["CHUNK_CHARS", "MARK", "Server", "answer", "events", "server"]

# About a token.
CHUNK_CHARS = 4
# The first character of every answer, which nothing else holds: what shows it shows the answer.
MARK = "⁂"
# What llama.cpp's server says in each event, beside its choice.
_EVENT = {
    "created": 1_700_000_000,
    "id": "chatcmpl-0123456789abcdefghijklmnopqrstuv",
    "model": "model",
    "system_fingerprint": "b1-0123456",
    "object": "chat.completion.chunk",
}


def answer(chars: int) -> str:
    """Give an answer of so many characters."""
    return f"{MARK}\n\n{essay(chars)}"[:chars]


def events(text: str, chunk_chars: int = CHUNK_CHARS) -> list[bytes]:
    """Give a text as events of OpenAI's protocol.

    Args:
        text: The answer.
        chunk_chars: The length of a chunk.

    Returns:
        An event for each chunk, then the reason for the end, then the mark ``[DONE]``.
    """
    said = [_event({"delta": {"content": piece}}) for piece in _pieces(text, chunk_chars)]
    return [*said, _event({"finish_reason": "stop"}), b"data: [DONE]\n\n"]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers at the pace that the address says.

    Attributes:
        root: Its own address.
    """

    root: str

    def address(
        self,
        chars: int,
        per_s: float,
        *,
        chunk_chars: int = CHUNK_CHARS,
        crowd: int = 1,
        protocol: str = "chat",
    ) -> str:
        """Give the address of a pace.

        Args:
            chars: The length of the answer.
            per_s: Chunks a second; infinite for as fast as possible.
            chunk_chars: The length of a chunk.
            crowd: How many requests must have come before the first is answered.
            protocol: Either "chat", which is Cromicle's, or "openai".
        """
        version = "/v1" if protocol == "openai" else ""
        return f"{self.root}/{chars}/{chunk_chars}/{per_s}/{crowd}{version}"

    def times(self) -> tuple[float, float]:
        """Give when the first chunk and the last one were sent since the last such question.

        Returns:
            Both in seconds of ``time.time``.
        """
        with urlopen(f"{self.root}/times") as reply:
            began_s, ended_s = json.load(reply)
        return began_s, ended_s


@contextmanager
def server() -> Iterator[Server]:
    """Run the server, so that its work is not the kernel's."""
    command = [sys.executable, "-m", "benchmarks.server"]
    place, pipe = ROOT / "tests", subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=place) as process:
        assert process.stdout
        assert process.stdin
        try:
            yield Server(process.stdout.readline().strip())
        finally:
            process.stdin.close()


class _Paces:
    """Answers each request at the pace that its address says."""

    def __init__(self) -> None:
        self._times: list[tuple[float, float]] = []
        self._under_way = 0
        self._crowd = 0
        self._gate = asyncio.Event()

    async def __call__(self, visit: Visit) -> None:
        if visit.path == "/times":
            await visit.send(whole(json.dumps(await self._taken())))
            return
        self._under_way += 1
        try:
            await self._answer(visit)
        finally:
            self._under_way -= 1

    async def _answer(self, visit: Visit) -> None:
        chars, chunk_chars, pace, crowd = visit.path.split("/")[1:5]
        per_s = min(float(pace), 1e9)
        is_openai = visit.path.endswith("completions")
        chunks = _chunks(int(chars), int(chunk_chars), is_openai=is_openai)
        await visit.send(HEAD)
        await self._gather(int(crowd), per_s)
        began_s = await send_paced(visit, chunks, per_s)
        self._times.append((began_s, time.time()))
        await visit.send(END)

    async def _taken(self) -> tuple[float, float]:
        # A client that knows its answer's end by a mark may ask before that end is noted here.
        while self._under_way:
            await asyncio.sleep(0.001)
        began, ended = zip(*self._times, strict=True)
        self._times.clear()
        return min(began), max(ended)

    async def _gather(self, crowd: int, per_s: float) -> None:
        """Wait until the crowd is there; then let one go after the other, as real ones would."""
        gate, number = self._gate, self._crowd
        self._crowd += 1
        if self._crowd == crowd:
            gate.set()
            self._gate, self._crowd = asyncio.Event(), 0
        await gate.wait()
        await asyncio.sleep(number / crowd / per_s)


@cache
def _chunks(chars: int, chunk_chars: int, *, is_openai: bool) -> Sequence[bytes]:
    text = answer(chars)
    pieces = events(text, chunk_chars) if is_openai else _pieces(text, chunk_chars)
    return [chunk(piece) for piece in pieces]


def _pieces(text: str, chars: int) -> list[str]:
    return [text[start : start + chars] for start in range(0, len(text), chars)]


def _event(changes: dict[str, object]) -> bytes:
    choice = {"finish_reason": None, "index": 0, "delta": {}} | changes
    return f"data: {json.dumps({'choices': [choice]} | _EVENT)}\n\n".encode()


if __name__ == "__main__":
    peer = Peer(_Paces())
    peer.start()
    sys.stdout.write(f"{peer.url}\n")
    sys.stdout.flush()
    sys.stdin.read()
    peer.stop()
