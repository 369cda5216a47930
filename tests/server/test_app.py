"""The server over raw HTTP, without our client."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.asked import Asked
from support.raw import JSON, body, raw, text_of

from cromicle_magic.errors import ConnectError
from cromicle_magic.providers.base import format_prompt
from cromicle_magic.server import embedded
from cromicle_magic.server.app import listen


def test_an_answer_is_a_chunked_stream_of_utf8(place: embedded.Embedded) -> None:
    """Word by word in chunks, from a server that says it is no model."""
    answer = raw(place.url, body("Grüße", place.token), JSON)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"transfer-encoding: chunked" in head.lower()
    assert b"content-type: text/plain; charset=utf-8" in head.lower()
    assert rest.endswith(b"\r\n0\r\n\r\n")
    assert rest.count(b"\r\n") > 20
    text = text_of(answer)
    assert text.splitlines()[0].startswith("**No model is connected**")
    assert "5 characters in 1 turn," in text


def test_a_folded_conversation_is_counted_in_turns(place: embedded.Embedded) -> None:
    """The report counts what format_prompt has folded."""
    roles = ("system", "user", "assistant", "user")
    message = format_prompt([{"role": role, "content": "Hi: User: no"} for role in roles])
    assert "in 4 turns," in text_of(raw(place.url, body(message, place.token), JSON))


REFUSED: list[tuple[list[str], dict[str, Any], int, str]] = [
    ([JSON, "Host: evil.invalid"], {}, 403, "Host"),
    ([JSON, "Host: 127.0.0.1.evil.invalid"], {}, 403, "Host"),
    ([JSON, "Host: localhost@evil.invalid"], {}, 403, "Host"),
    ([JSON, "Host: [::1"], {}, 403, "Host"),
    ([JSON, "Origin: http://evil.invalid"], {}, 403, "Web pages"),
    ([JSON, "Origin: http://127.0.0.1"], {}, 403, "Web pages"),
    ([JSON, "Origin: null"], {}, 403, "Web pages"),
    ([JSON, "Sec-Fetch-Site: cross-site"], {}, 403, "Web pages"),
    ([JSON, "Sec-Fetch-Site: same-site"], {}, 403, "Web pages"),
    (["Content-Type: text/plain"], {}, 415, "application/json"),
    (["Content-Type: application/x-www-form-urlencoded"], {}, 415, "application/json"),
    (["Content-Type: multipart/form-data; a=application/json"], {}, 415, "application/json"),
    ([], {}, 415, "application/json"),
    ([JSON, "Content-Encoding: gzip"], {}, 415, "compressed"),
    ([JSON], {"body": b"hello"}, 400, "JSON object"),
    ([JSON], {"hash": "0" * 64}, 400, "hash"),
    ([JSON], {"token": "wrong"}, 403, "token"),
    ([JSON], {"message": "x" * 9_000_000}, 413, ""),
]


@pytest.mark.parametrize(("headers", "change", "status", "says"), REFUSED)
def test_who_may_not_knock_gets_one_sentence(
    place: embedded.Embedded, headers: list[str], change: dict[str, Any], status: int, says: str
) -> None:
    """A web page in any disguise, a wrong body, hash or token: a status, a reason, no answer."""
    data = change.get("body") or body(**{"token": place.token, **change})
    reply = raw(place.url, data, *headers)
    assert reply.startswith(f"HTTP/1.1 {status} ".encode())
    assert says.encode() in reply
    assert b"No model" not in reply


def test_each_name_of_this_machine_is_a_host(place: embedded.Embedded) -> None:
    """Loopback may be called by number or by name."""
    for host in ("127.0.0.1", "localhost", "LOCALHOST:80", "[::1]:80"):
        reply = raw(place.url, body(token=place.token), JSON, f"Host: {host}")
        assert reply.startswith(b"HTTP/1.1 200 ")


def test_it_listens_on_loopback_only_and_goes_with_the_kernel() -> None:
    """Once closed, nobody listens there, and the next start has another token."""
    first = embedded.start()
    assert embedded.start() == first
    assert first.url.startswith("http://127.0.0.1:")
    assert first.token not in repr(first)
    embedded.close()
    with pytest.raises(ConnectionRefusedError):
        raw(first.url, b"")
    assert embedded.start().token != first.token
    embedded.close()


def test_each_answerer_has_a_server_of_its_own() -> None:
    """With another address and token; one can be stopped while the others go on."""
    first, second = Asked(), Asked()
    places = [embedded.start(first), embedded.start(second), embedded.start()]
    assert len({place.url for place in places}) == len({place.token for place in places}) == 3
    assert embedded.start(second) == places[1]
    for place in places[:2]:
        assert raw(place.url, body(token=place.token), JSON).startswith(b"HTTP/1.1 200 ")
        assert b" 403 " in raw(place.url, body(token=places[2].token), JSON)
    assert first.count == second.count == 1
    embedded.stop(first)
    embedded.stop(first)
    with pytest.raises(ConnectionRefusedError):
        raw(places[0].url, b"")
    assert raw(places[1].url, body(token=places[1].token), JSON).startswith(b"HTTP/1.1 200 ")
    embedded.close()
    with pytest.raises(ConnectionRefusedError):
        raw(places[1].url, b"")


def test_a_port_that_is_taken_is_an_error() -> None:
    """Whoever asks for a certain port learns that it can't be had."""

    async def main() -> None:
        async with listen("t") as url:
            with pytest.raises(OSError, match="in use"):
                async with listen("t", int(url.rpartition(":")[2])):
                    pass

    asyncio.run(main())


def test_a_machine_that_lets_nobody_listen_is_one_sentence() -> None:
    """As where the process may open nothing more; and it starts as soon as it can."""
    resource = pytest.importorskip("resource", reason="Windows has no such bound")
    asked = Asked()
    bounds = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as held:
        highest = max(int(path.name) for path in Path("/dev/fd").iterdir())
        while (end := held.enter_context(Path(os.devnull).open()).fileno()) < highest:
            pass
        try:
            # A loop takes three, and its socket would be the fourth.
            resource.setrlimit(resource.RLIMIT_NOFILE, (end + 4, bounds[1]))
            with pytest.raises(ConnectError, match=r"can't listen on this machine \(too many open"):
                embedded.start(asked)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, bounds)
    assert raw(embedded.start(asked).url, b"{}", JSON).startswith(b"HTTP/1.1 400 ")
    embedded.stop(asked)


def test_a_client_that_leaves_hurts_nobody(place: embedded.Embedded) -> None:
    """The server writes into the void without a word, and answers the next one."""
    host, port = place.url.removeprefix("http://").split(":")
    data = body(token=place.token)
    head = f"POST /chat HTTP/1.1\r\nHost: {host}\r\n{JSON}\r\nContent-Length: {len(data)}\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + data)
        assert connection.recv(10)
    assert raw(place.url, data, JSON).startswith(b"HTTP/1.1 200 ")


def test_an_old_client_is_answered_without_chunks(place: embedded.Embedded) -> None:
    """HTTP/1.0 knows none; the end of the connection is the end of the answer."""
    reply = raw(place.url, body(token=place.token), JSON, first="POST /chat HTTP/1.0")
    head, _, text = reply.partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    assert text.startswith(b"**No model is connected**")
