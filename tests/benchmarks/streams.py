"""An answer streamed into a cell: its first text, its end, its traffic, its work, its memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.figures import Figures, Row, row
from benchmarks.server import CHUNK_CHARS, MARK, answer
from support.kernels import DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.server import Server
    from support.kernels import Kernel, Message, Run

__all__ = [
    "FLOORS",
    "PACES",
    "SIZES",
    "Pace",
    "cell",
    "cells",
    "first_text_s",
    "memory",
    "ours",
    "sent_s",
    "streams",
]

SIZES = (2_000, 20_000, 200_000)
SPEEDS = (100.0, 200.0, 2_000.0, float("inf"))
# OpenAI's protocol differs in what is read, not in what is shown: a few rows tell it.
OPENAI = ((20_000, 200.0), (200_000, 2_000.0), (20_000, float("inf")), (200_000, float("inf")))

_OURS = "%%cromicle --url {url} -m model\nHi"
# What nobody can do without: the bytes read, in OpenAI's protocol parsed, and shown once. By
# default aiohttp would end an answer after five minutes.
FLOORS = {
    "chat": """
import aiohttp
from IPython.display import display
session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(3_600))
async with session, session.post("{url}/chat", json={{}}) as reply:
    pieces = [piece async for piece in reply.content.iter_any()]
display({{"text/plain": b"".join(pieces).decode()}}, raw=True)
""",
    "openai": """
import aiohttp, json
from IPython.display import display
url = "{url}/chat/completions"
session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(3_600))
async with session, session.post(url, json={{}}) as reply:
    pieces = [piece async for piece in reply.content.iter_any()]
lines = [line[6:] for line in b"".join(pieces).split(b"\\n") if line.startswith(b"data: {{")]
said = [json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines]
display({{"text/plain": "".join(said)}}, raw=True)
""",
}
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Pace:
    """An answer of some length, and how fast it comes.

    Attributes:
        chars: Its length.
        per_s: Chunks a second; infinite for as fast as possible.
        protocol: Either "chat", which is Cromicle's, or "openai".
        chunk_chars: The length of a chunk.
    """

    chars: int
    per_s: float
    protocol: str = "chat"
    chunk_chars: int = CHUNK_CHARS

    @property
    def name(self) -> str:
        """The name of its row."""
        speed = f"{self.per_s:,.0f}/s" if self.is_slow else "full speed"
        chunks = "" if self.chunk_chars == CHUNK_CHARS else f" of {self.chunk_chars}"
        protocol = " (openai)" if self.protocol == "openai" else ""
        return f"{self.chars:,} at {speed}{chunks}{protocol}"

    @property
    def is_slow(self) -> bool:
        """Whether whoever asks has to wait for it."""
        return self.per_s < float("inf")

    @property
    def least_s(self) -> float:
        """How long it takes at least, in seconds."""
        return self.chars / self.chunk_chars / self.per_s


PACES = (
    *(Pace(chars, per_s) for chars in SIZES for per_s in SPEEDS),
    *(Pace(*each, "openai") for each in OPENAI),
)


def ours(url: str) -> str:
    """Give a cell of ours that asks an address."""
    return _OURS.format(url=url)


def cells(server: Server, pace: Pace) -> tuple[str, str]:
    """Give the two cells that show an answer at some pace: ours, and the floor's."""
    url = server.address(
        pace.chars, pace.per_s, chunk_chars=pace.chunk_chars, protocol=pace.protocol
    )
    return ours(url), FLOORS[pace.protocol].format(url=url)


def streams(running: Kernel, server: Server, rounds: int) -> Iterator[Row]:
    """Measure what comes as fast as possible, ours and the floor in turn.

    Args:
        running: The kernel.
        server: Who answers.
        rounds: How often.

    Yields:
        A row for each size and protocol.
    """
    for pace in PACES:
        if pace.is_slow:
            continue
        both = cells(server, pace)
        measured = [
            tuple(cell(running, server, code, pace) for code in both) for _ in range(rounds)
        ]
        yield row(pace.name, measured)


def cell(running: Kernel, server: Server, code: str, pace: Pace) -> Figures:
    """Run a cell that shows an answer at some pace, and give what it took."""
    running.run("import time; start = time.process_time()")
    run = running.finish(running.submit(code), pace.least_s + DEADLINE_S)
    assert run.status == "ok", run.error
    cpu_s = float(running.run("print(time.process_time() - start)").stdout)
    began_s, ended_s = server.times()
    size = len(answer(pace.chars).encode())
    return {
        "first text s": first_text_s(run) - began_s,
        "end s": sent_s(run.messages[-1]) - ended_s,
        "iopub bytes/byte": sum(map(_bytes, run.messages)) / size,
        "messages in the busiest second": _busiest_second(run.messages),
        "CPU s/MB": cpu_s / size * 1e6,
    }


def memory(running: Kernel, server: Server) -> Iterator[Row]:
    """Count what a cell takes of memory above its text: at most, and once it has ended.

    Counted by ``tracemalloc``, so once is enough. It does not see what libraries in other languages
    take, here the sanitiser, for a moment, and the sockets.
    """
    for chars in SIZES:
        url = server.address(chars, float("inf"))
        both = (ours(url), FLOORS["chat"].format(url=url))
        measured = tuple(_memory(running, server, code, chars) for code in both)
        yield row(f"memory, {chars:,}", [measured])


def first_text_s(run: Run) -> float:
    """Give when the first message with text was sent, in seconds of ``time.time``."""
    shown = run.of("display_data", "update_display_data", "comm_open", "comm_msg")
    return next(sent_s(message) for message in shown if MARK in str(message["content"]))


def sent_s(message: Message) -> float:
    """Give when a message was sent, in seconds of ``time.time``."""
    return float(message["header"]["date"].timestamp())


def _memory(running: Kernel, server: Server, code: str, chars: int) -> Figures:
    running.run(code)  # what is made once is no part of it
    running.run("import gc, tracemalloc; tracemalloc.start()")
    running.run(
        "gc.collect(); start = tracemalloc.get_traced_memory()[0]; tracemalloc.reset_peak()"
    )
    running.run(code)
    lines = "peak = tracemalloc.get_traced_memory()[1]; gc.collect()\n"
    lines += "print(peak - start, tracemalloc.get_traced_memory()[0] - start); tracemalloc.stop()"
    peak, kept = map(int, running.run(lines).stdout.split())
    server.times()
    size = len(answer(chars).encode())
    return {
        "peak KB above the text": (peak - size) / 1e3,
        "kept KB above the text": (kept - size) / 1e3,
    }


def _bytes(message: Message) -> int:
    """Give the size of a message as it goes to the browser's server, headers and all."""
    parts = (message[name] for name in ("header", "parent_header", "metadata", "content"))
    sizes = [len(json.dumps(part, default=str, ensure_ascii=False).encode()) for part in parts]
    return sum(sizes) + _SIGNATURE_BYTES


def _busiest_second(messages: Sequence[Message]) -> float:
    times = sorted(map(sent_s, messages))
    return max(sum(start <= time < start + 1 for time in times) for start in times)
