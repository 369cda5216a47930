"""Memory: whatever a server sends, no more than the text kept and 50 MB beyond it are taken.

Measured in a process of its own, as the largest resident set that Linux has seen of it, for the
servers, which hold what they send, are in this one. Not by ``getrusage``, whose figure a process
inherits from the one that started it.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.catalogue.encodings import compressed
from support.catalogue.events import DONE, beats, event
from support.faults import Caller, Fault, Street
from support.kernels import importing
from support.peers import END, HEAD, chunk, whole

from cromicle_magic.errors import LimitError, ProtocolError, StatusError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_MB = 50
KEPT_CHARS = 8_000_000
PACKED = gzip.compress(bytes(200_000_000), 1)


async def _large_chunk(caller: Caller) -> None:
    await caller.say(HEAD, b"10000000\r\n")
    for _ in range(256):
        await caller.say(b"x" * 2**20)
    await caller.say(b"\r\n", END)


async def _million_chunks(caller: Caller) -> None:
    await caller.say(HEAD, *[chunk("x") * 10_000] * 100, END)


async def _large_page(caller: Caller) -> None:
    await caller.say(b"HTTP/1.1 500 Oops\r\n\r\n")
    while True:
        await caller.say(b"x" * 2**20)


async def _large_head(caller: Caller) -> None:
    await caller.say(b"HTTP/1.1 200 OK\r\n")
    while True:
        await caller.say(b"x: y\r\n" * 10_000)


CHOICES = 'data: {{"choices": [{{"delta": {{"content": "{}"}}}}]}}\n\n'
# One wide letter makes Python take four bytes for each.
WIDE = "x" * 4_000_000 + "😀"

FAULTS = [
    Fault("a chunk of 256 MB", LimitError, _large_chunk),
    Fault("an endless body", LimitError, beats("", "word " * 20_000, 0)),
    Fault("a million chunks", "x" * 1_000_000, _million_chunks),
    Fault("a bomb", ProtocolError, compressed("gzip", PACKED)),
    Fault("an endless error", StatusError, _large_page),
    Fault("an endless head", ProtocolError, _large_head),
    Fault("a line of 8 MB", ProtocolError, whole(event("x" * 8_000_000) + DONE), to="events"),
    Fault("a line of 4 MB", "x" * 4_000_000, whole(event("x" * 4_000_000) + DONE), to="events"),
    Fault(
        "a line of 4 MB, one letter wide",
        WIDE,
        whole(CHOICES.format(WIDE) + DONE),
        to="events",
    ),
    Fault("an endless line", ProtocolError, beats("data: ", "x" * 1_000_000, 0), to="events"),
    Fault("an endless object", ProtocolError, beats("{", "x" * 1_000_000, 0), to="events"),
    Fault("endless events", LimitError, beats("", event("word " * 20_000), 0), to="events"),
]
CLIENT = """
import asyncio, json, re, sys
from cromicle_magic.errors import CromicleError
from cromicle_magic.providers.cromicle import Cromicle
from cromicle_magic.providers.openai import OpenAI

async def ask(provider, url):
    hello = [{"role": "user", "content": "Hello"}]
    try:
        limits = {"retries": 0, "max_chars": int(sys.argv[3])}
        text = await provider.create_async("", hello, url=url, **limits)
    except CromicleError as error:
        # As pieces, and as one text.
        return type(error).__name__, 2 * sys.getsizeof(error.partial)
    return "", sys.getsizeof(text)

def peak():
    with open("/proc/self/status") as status:
        return 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1])

provider = {"text": Cromicle, "events": OpenAI}[sys.argv[1]]
asyncio.run(ask(provider, "http://127.0.0.1:1"))
before = peak()
kind, kept = asyncio.run(ask(provider, sys.argv[2]))
print(json.dumps([kind, (peak() - before - kept) / 1e6]))
"""


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    """The servers."""
    with Street(FAULTS).open() as running:
        yield running


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it so")
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_memory_is_bounded(fault: Fault, street: Street) -> None:
    """Beyond the text kept, and what a first request takes."""
    run = [sys.executable, "-c", CLIENT, fault.to, street.address(fault), str(KEPT_CHARS)]
    env = os.environ | importing()
    done = subprocess.run(run, env=env, check=True, timeout=60, stdout=subprocess.PIPE)
    kind, beyond_mb = json.loads(done.stdout)
    wanted = "" if isinstance(fault.comes, str) else fault.comes.__name__
    assert kind == wanted
    assert beyond_mb < MOST_MB, beyond_mb
