"""Two hundred clients at once, through a gateway in a process of its own."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from support.crowd import answers, held_mib
from support.kernels import importing
from support.peers import DEADLINE_S, END, HEAD, Visit, chunk, peer
from support.raw import JSON, body, request, text_of
from support.serving import serving

if TYPE_CHECKING:
    from pathlib import Path

    from support.serving import Serving

CLIENTS, ROUNDS = 200, 5
# What a client may cost at most, with an answer of some 80 KiB that comes faster than the gateway
# can pass it on; and what all of them may leave behind when they come again and again.
STREAMING_MIB, LEFT_MIB = CLIENTS * 0.25, 0.25
WORDS = [f"{number} " * 500 for number in range(50)]


def event(content: str, finish: str | None = None) -> str:
    """Give one event."""
    choice = {"delta": {"content": content}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n"


def requests(server: Serving) -> list[bytes]:
    """Give the requests of all clients, half of them in either protocol."""
    data = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "stream": True}).encode()
    bearer = f"Authorization: Bearer {server.token}"
    post = "POST /v1/chat/completions HTTP/1.1"
    both = [
        request(server.url, body(token=server.token), JSON),
        request(server.url, data, JSON, bearer, first=post),
    ]
    return both * (CLIENTS // 2)


def test_two_hundred_clients_stream_at_once_in_flat_memory(tmp_path: Path) -> None:
    """Each gets its whole answer while all others get theirs, and none leaves a trace."""
    arrived = 0

    async def script(visit: Visit) -> None:
        nonlocal arrived
        arrived += 1
        due = -(-arrived // CLIENTS) * CLIENTS
        await visit.send(HEAD, chunk(event("first ")))
        while arrived < due:
            await asyncio.sleep(0.01)
        for word in WORDS:
            await visit.send(chunk(event(word)))
        await visit.send(chunk(event("", "stop")), END)

    text = "first " + "".join(WORDS)
    events = "".join(map(event, ["first ", *WORDS])) + event("", "stop")
    with (
        peer(script) as upstream,
        serving(
            tmp_path, "--upstream", upstream.url, module="support.traced", **importing()
        ) as server,
    ):
        asking, port = requests(server), int(server.url.rpartition(":")[2])
        held = [held_mib(server.process)]
        for _ in range(ROUNDS):
            came = asyncio.run(answers(port, asking, DEADLINE_S))
            assert {text_of(each) for each in came[::2]} == {text}
            assert {text_of(each) for each in came[1::2]} == {events}
            held.append(held_mib(server.process))
    left, streaming = zip(*held, strict=True)
    print("MiB streaming:", streaming, "and between:", left)
    assert arrived == ROUNDS * CLIENTS
    assert max(streaming) < STREAMING_MIB
    # The first round fills what is filled once.
    assert left[-1] - left[1] < LEFT_MIB
