"""Our event reader and the openai SDK's on the same bytes; run in an environment that holds both.

The SDK is used as its users do, by ``chat.completions.create(stream=True)``; only the network is
left out, for both.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import httpx
from benchmarks.replies import CUTS, cut, read_words
from benchmarks.server import answer, events
from openai import OpenAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CHARS = 20_000


class _Reads(httpx.SyncByteStream):
    def __init__(self, reads: Sequence[bytes]) -> None:
        self._reads = reads

    def __iter__(self) -> Iterator[bytes]:
        yield from self._reads


class _NoNetwork(httpx.BaseTransport):
    """Replies to any request with the same bytes."""

    def __init__(self, reads: Sequence[bytes]) -> None:
        self._reads = reads

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=_Reads(self._reads), request=request)


def read_by_sdk(client: OpenAI) -> str:
    """Read all words of a reply by the SDK."""
    hello = [{"role": "user", "content": "Hi"}]
    chunks = client.chat.completions.create(model="model", messages=hello, stream=True)
    return "".join([chunk.choices[0].delta.content or "" for chunk in chunks])


def cpu_s_a_mb(task: Callable[[], str], said: Sequence[bytes]) -> float:
    """Give the CPU seconds that it costs to read a MB, and see that it was read."""
    start_s = time.process_time()
    text = task()
    used_s = time.process_time() - start_s
    assert text == answer(CHARS)
    return used_s / sum(map(len, said)) * 1e6


def main(rounds: int) -> None:
    """Measure both in turn, and print the rounds as JSON."""
    said = events(answer(CHARS))
    print(json.dumps({how: compared(said, how, rounds) for how in CUTS}))


def compared(said: Sequence[bytes], how: str, rounds: int) -> list[list[dict[str, float]]]:
    """Measure both in turn, with the bytes cut in one of the two ways."""
    reads = cut(said, how)
    network = httpx.Client(transport=_NoNetwork(reads))
    client = OpenAI(api_key="none", base_url="http://127.0.0.1/v1", http_client=network)
    readers = (lambda: read_words(reads), lambda: read_by_sdk(client))
    read_by_sdk(client)  # it makes its models at the first use
    return [[{"CPU s/MB": cpu_s_a_mb(reader, said)} for reader in readers] for _ in range(rounds)]


if __name__ == "__main__":
    main(int(sys.argv[1]))
