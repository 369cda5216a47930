"""Engines on loopback: which are found, under which name, how fast, and what is none."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import ExitStack, closing, contextmanager
from json import dumps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from support.engine import engine
from support.peers import HEAD, Gate, Peer, Visit, chunk, peer, whole

from cromicle_magic import errors
from cromicle_magic.discretion import Secret
from cromicle_magic.providers import discovery
from cromicle_magic.providers.discovery import DEAF_S, LOOK_S, Engines, Found, look, models_at
from cromicle_magic.wire.models import BODY_BYTES, first_chat_model, models_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What is left for connections and a busy machine beyond the deadline.
SLACK_S = 0.5


def listing(*models: str, owner: str = "somebody") -> bytes:
    """Give the list of an engine."""
    rows = [{"id": model, "object": "model", "owned_by": owner} for model in models]
    return whole(dumps({"object": "list", "data": rows}))


def port_of(server: Peer) -> int:
    """Give the port that a server listens on."""
    return int(urlsplit(server.url).port or 0)


def found_at(*servers: Peer, **options: Any) -> list[Found]:
    """Look at the ports of some servers."""
    return asyncio.run(look([port_of(server) for server in servers], **options))


@contextmanager
def closed_ports(count: int) -> Iterator[list[int]]:
    """Give ports that refuse: bound, so that nobody else gets them, and not listening."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        yield [each.getsockname()[1] for each in sockets]


async def endless(visit: Visit) -> None:
    """Send without end, as fast as it is read."""
    await visit.send(HEAD)
    while not visit.gone.is_set():
        await visit.send(chunk(b" " * 2**16))


async def trickle(visit: Visit) -> None:
    """Send 1 MB a second without end."""
    await visit.send(HEAD)
    while not visit.gone.is_set():
        await visit.send(chunk(b" " * 20_000))
        await asyncio.sleep(0.02)


async def hang(visit: Visit) -> None:
    """Accept, and say nothing until the client has gone."""
    await asyncio.get_running_loop().run_in_executor(None, visit.gone.wait, 20)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("library", "Ollama"),
        ("organization_owner", "LM Studio"),
        ("llamacpp", "llama.cpp"),
        ("vllm", "vLLM"),
    ],
)
def test_an_engine_is_named_by_what_it_says_of_itself(owner: str, name: str) -> None:
    """Whatever port it listens on; its models keep their order."""
    with peer(listing("b", "a", owner=owner)) as server:
        assert found_at(server) == [Found(name, f"{server.url}/v1", ("b", "a"))]


def test_an_unknown_engine_is_named_by_its_port() -> None:
    """Its address is what a reader can do something with."""
    with peer(listing("m")) as server:
        assert found_at(server)[0].name == server.url.removeprefix("http://")


def test_only_the_list_is_asked_for() -> None:
    """A GET without key, cookie or compression."""
    with peer(listing("m")) as server:
        assert found_at(server)
        (visit,) = server.visits
        assert (visit.path, visit.body) == ("/v1/models", b"")
        assert visit.headers["accept-encoding"] == "identity"
        assert {"cookie", "authorization"}.isdisjoint(visit.headers)


NO_ENGINES = {
    "a page": whole("<html>Hello</html>"),
    "nothing there": b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
    "an error": b"HTTP/1.1 500 Oh\r\n\r\n" + dumps({"data": [{"id": "m"}]}).encode(),
    "other JSON": whole('{"models": ["m"]}'),
    "a bare list": whole('[{"id": "m"}]'),
    "an empty list": listing(),
    "data without ids": whole('{"data": [{"name": "m"}]}'),
    "data with numbers": whole('{"data": [{"id": 7}]}'),
    "data with an empty id": whole('{"data": [{"id": ""}]}'),
    "data that is an object": whole('{"data": {"id": "m"}}'),
    "deep JSON": whole("[" * 100_000),
    "no UTF-8": whole(b'{"data": [{"id": "\xff"}]}'),
    "compressed": listing("m").replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n", 1),
    "no HTTP": b"\x00\x01 220 mail.invalid ESMTP\r\n\r\n",
    "a long line": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    "cut": listing("m")[:-5],
    "hung up": b"",
}


@pytest.mark.parametrize("answer", NO_ENGINES.values(), ids=NO_ENGINES)
def test_what_answers_otherwise_is_no_engine(answer: bytes) -> None:
    """And nothing is raised, and the engine behind it is found all the same."""
    with peer(answer) as other, peer(listing("m")) as server:
        assert [found.url for found in found_at(other, server)] == [f"{server.url}/v1"]
        assert other.visits


def test_a_redirect_is_not_followed() -> None:
    """Also where it leads to an engine."""
    with peer(listing("m")) as server:
        to = f"HTTP/1.1 307 Go\r\nlocation: {server.url}/v1/models\r\ncontent-length: 0\r\n\r\n"
        with peer(to.encode()) as other:
            assert found_at(other) == []
        assert not server.visits


@pytest.mark.parametrize(
    "body", ['{"object": "list", "data": []}', '{"object": "list", "data": null}']
)
def test_an_engine_without_a_model_is_known_by_its_own_port(
    monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    """Ollama sends null there; it is found, for the doctor to say what to do, but not taken."""
    with peer(whole(body)) as server:
        monkeypatch.setitem(discovery._NAMES, port_of(server), "Ollama")
        assert found_at(server) == [Found("Ollama", f"{server.url}/v1", ())]
        assert asyncio.run(Engines().found([port_of(server)])) is None


@pytest.mark.parametrize("script", [hang, endless, trickle])
def test_looking_has_an_end(script: Any) -> None:
    """However a port behaves, the others' engines are found within the deadline, in their order."""
    with peer(script) as bad, peer(listing("a")) as first, peer(listing("b")) as second:
        began = time.monotonic()
        found = found_at(second, bad, first)
        assert time.monotonic() - began < LOOK_S + SLACK_S
        assert [each.models for each in found] == [("b",), ("a",)]
        assert bad.visit().gone.wait(5)


def test_ports_are_asked_side_by_side() -> None:
    """None is answered before all have been asked."""
    gate = Gate()

    async def gated(visit: Visit) -> None:
        await gate.wait()
        await visit.send(listing("m"))

    async def main(servers: list[Peer]) -> list[Found]:
        looking = asyncio.ensure_future(look([port_of(s) for s in servers], deadline_s=20))
        for server in servers:
            await asyncio.to_thread(server.visit)
        gate.open()
        return await looking

    with ExitStack() as stack:
        servers = [stack.enter_context(peer(gated)) for _ in range(6)]
        assert len(asyncio.run(main(servers))) == 6


def test_closed_ports_cost_next_to_nothing() -> None:
    """The fastest of some looks, for machines are noisy; and no port is none."""
    with closed_ports(6) as ports:

        async def main() -> float:
            times = []
            for _ in range(5):
                began = time.perf_counter()
                assert await look(ports) == []
                times.append(time.perf_counter() - began)
            return min(times)

        assert asyncio.run(main()) < 0.05
    assert asyncio.run(look([])) == []


def test_a_cancel_closes_the_connections() -> None:
    """Nobody is left asking."""

    async def main(server: Peer) -> None:
        looking = asyncio.ensure_future(look([port_of(server)], deadline_s=20))
        await asyncio.to_thread(server.visit)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
        assert len(asyncio.all_tasks()) == 1

    with peer(hang) as server:
        asyncio.run(main(server))
        assert server.visit().gone.wait(5)


def test_a_real_engine_is_found(tmp_path: Path) -> None:
    """llama.cpp's own server, by its name, with its model."""
    with engine(tmp_path, "Hi") as url:
        (found,) = asyncio.run(look([int(urlsplit(url).port or 0)]))
    assert (found.name, found.url) == ("llama.cpp", f"{url}/v1")
    assert found.models[0].endswith("tiny.gguf")


def test_what_was_found_is_remembered_until_it_is_forgotten() -> None:
    """It is asked once; forgotten, it is looked for again, and gives way to the next if gone."""
    is_gone = Gate()

    async def mortal(visit: Visit) -> None:
        await visit.send(NO_ENGINES["an error"] if is_gone.is_open else listing("embed-1", "chat"))

    async def main(first: Peer, second: Peer) -> None:
        engines, ports = Engines(), [port_of(first), port_of(second)]
        found = await engines.found(ports)
        assert found
        assert await engines.found(ports) is found
        assert (len(first.visits), found.model) == (1, "chat")
        is_gone.open()
        engines.forget(found.url)
        engines.forget(found.url)
        other = await engines.found(ports)
        assert other
        assert other.url == f"{second.url}/v1"
        engines.forget(found.url)
        assert await engines.found(ports) is other
        assert await engines.found([port_of(first)]) is None

    with peer(mortal) as first, peer(listing("m")) as second:
        asyncio.run(main(first, second))


def test_an_engine_that_can_not_chat_is_passed_over() -> None:
    """One that only embeds is no answerer, though it is found."""
    with peer(listing("nomic-embed-text")) as first, peer(listing("m")) as second:
        found = asyncio.run(Engines().found([port_of(first), port_of(second)]))
        assert found
        assert found.models == ("m",)


def test_where_nothing_was_found_each_call_looks_again() -> None:
    """An engine that was started meanwhile answers the next cell."""
    with closed_ports(1) as (port,):
        engines = Engines()
        assert asyncio.run(engines.found([port])) is None
    with peer(listing("m")) as server:
        assert asyncio.run(engines.found([port, port_of(server)]))


def test_a_deaf_port_costs_its_deadline_once_in_a_while() -> None:
    """It is asked again when the while is over."""
    now = [0.0]
    engines = Engines(lambda: now[0])

    async def main(server: Peer) -> None:
        for at, visits in ((0.0, 1), (DEAF_S - 1, 1), (DEAF_S, 2)):
            now[0] = at
            assert await engines.found([port_of(server)]) is None
            assert len(server.visits) == visits

    with peer(hang) as server:
        asyncio.run(main(server))


def test_one_engine_is_asked_for_its_models() -> None:
    """By any form of its address, with its key."""
    with peer(listing("a", "b")) as server:
        for url in (server.url, f"{server.url}/v1/", f"{server.url}/v1/chat/completions"):
            assert asyncio.run(models_at(url, Secret("key"))) == ("a", "b")
        assert {visit.path for visit in server.visits} == {"/v1/models"}
        assert server.visit().headers["authorization"] == "bearer key"


def fail(url: str, **options: Any) -> errors.CromicleError:
    """Ask one engine and give the error."""
    with pytest.raises(errors.CromicleError) as caught:
        asyncio.run(models_at(url, **options))
    return caught.value


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n", errors.AccessError, "HTTP 401"),
        (NO_ENGINES["nothing there"], errors.StatusError, "HTTP 404"),
        (NO_ENGINES["a page"], errors.ProtocolError, "no list of models"),
        (NO_ENGINES["cut"], errors.TruncatedError, "broke off"),
        (endless, errors.ProtocolError, f"over {BODY_BYTES} bytes"),
        (hang, errors.DeadlineError, "silent for 0.2 s"),
        (trickle, errors.DeadlineError, "within 0.2 s"),
    ],
    ids=["key", "path", "page", "cut", "endless", "hang", "trickle"],
)
def test_what_went_wrong_there_is_said(answer: Any, kind: type, says: str) -> None:
    """In the terms of the package, with the address."""
    # The endless body is a matter of size, and takes its time.
    with peer(answer) as server:
        error = fail(server.url, deadline_s=20 if answer is endless else 0.2)
    assert type(error) is kind
    assert says in str(error)
    assert error.address == f"{server.url}/v1/models"


def test_an_engine_that_is_not_there_is_said() -> None:
    """With what to look at."""
    with closed_ports(1) as (port,):
        error = fail(f"http://127.0.0.1:{port}")
    assert isinstance(error, errors.ConnectError)
    assert "is the server running?" in str(error)


@pytest.mark.parametrize(
    "model",
    [
        "text-embedding-nomic-embed-text-v1.5",
        "mxbai-embed-large:latest",
        "bge-m3:latest",
        "BAAI/bge-reranker-v2-m3",
        "all-minilm:33m",
        "Qwen3-Reranker-0.6B",
        "intfloat/e5-large-v2",
        "openai/whisper-large-v3",
    ],
)
def test_models_for_something_else_are_skipped(model: str) -> None:
    """Engines list them first at times, and they can't chat."""
    assert first_chat_model([model, "llama3.2:3b"]) == "llama3.2:3b"
    assert first_chat_model([model]) == ""


@pytest.mark.parametrize(
    "model", ["free5-chat", "qwen/qwen3-4b", "gpt-oss:20b", "/models/tiny.gguf"]
)
def test_models_that_chat_are_not_skipped(model: str) -> None:
    """Also with such letters within a word."""
    assert first_chat_model([model, "other"]) == model


def test_a_list_without_owners_is_a_list() -> None:
    """Owners are said freely, and by some not at all."""
    listed = models_in(b'{"data": [{"id": "a"}, {"id": "b", "owned_by": null}]}')
    assert listed == (("a", "b"), frozenset())


def test_a_loop_that_stands_still_makes_no_engine_deaf() -> None:
    """What it sent meanwhile is yet to be read."""

    async def main(server: Peer) -> Found | None:
        asyncio.get_running_loop().call_later(0.001, time.sleep, LOOK_S + 0.3)
        return await Engines().found([port_of(server)])

    with peer(whole('{"data": [{"id": "chat"}]}')) as server:
        assert asyncio.run(main(server))
