"""What an answer costs on the wire between kernel and browser, counted in a real kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.answers import Paced, essay
from support.peers import peer

if TYPE_CHECKING:
    from support.kernels import Kernel, Message

KINDS = (
    "display_data",
    "update_display_data",
    "comm_open",
    "comm_msg",
    "comm_close",
    "clear_output",
)


def content_bytes(messages: list[Message]) -> int:
    """Give the bytes of the messages' contents, as they are sent."""
    return sum(len(json.dumps(m["content"], ensure_ascii=False).encode()) for m in messages)


def busiest_second(messages: list[Message]) -> int:
    """Give the most messages that any one second saw."""
    times = sorted(message["header"]["date"].timestamp() for message in messages)
    return max(sum(start <= time < start + 1 for time in times) for start in times)


@pytest.mark.parametrize(
    ("chars", "chunks_per_s", "most"), [(20_000, 200, 12), (200_000, 2_000, 6)]
)
def test_traffic_stays_in_proportion(
    newest: Kernel, chars: int, chunks_per_s: int, most: float
) -> None:
    """In chunks of four characters: bytes per byte of the answer, and messages a second."""
    text = essay(chars)
    with peer(Paced(text, chunk_chars=4, per_s=chunks_per_s)) as server:
        run = newest.run(f"%%cromicle -o answer --url {server.url}\nHi")
    messages = run.of(*KINDS)
    ratio = content_bytes(messages) / len(text.encode())
    print(f"{chars:,} characters: {ratio:.1f} bytes a byte, {len(messages)} messages")
    assert ratio <= most
    assert busiest_second(messages) <= 25
    assert newest.run("print(len(answer))").stdout == f"{chars}\n"
    shown = [data["text/plain"] for data in run.outputs if "text/html" in data]
    assert len(shown) <= 45
    assert "".join(shown) == text
    assert len(shown) == 1 or chars > 100_000
