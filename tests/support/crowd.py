"""Many clients of one server at once, over bare sockets and in one loop."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence
    from subprocess import Popen

__all__ = ["answers", "held_mib", "memory_mib"]

MIB = 2**20


async def answers(port: int, requests: Sequence[bytes], deadline_s: float) -> list[bytes]:
    """Send each request as a client of its own, all at the same time, and give what came back.

    Args:
        port: The server's port on loopback.
        requests: The requests, each of which asks to close the connection at the end.
        deadline_s: When to give up, in seconds.
    """
    asking = asyncio.gather(*(_answer(port, each) for each in requests))
    return await asyncio.wait_for(asking, deadline_s)


async def _answer(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        writer.write(request)
        return await reader.read()


def memory_mib(process: int) -> float:
    """Give how much memory a process holds for itself; what it shares with others is left out."""
    return float(psutil.Process(process).memory_full_info().uss) / MIB


def held_mib(process: Popen[str]) -> tuple[float, float]:
    """Give what lives in one that runs ``support.traced``, and at most since it was last asked."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("?")
    process.stdin.flush()
    now, most = map(int, process.stdout.readline().split())
    return now / MIB, most / MIB
