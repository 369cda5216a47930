"""Who answers, when nobody, one or several say so; each engine a server on this machine."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from support.peers import HEAD, Peer, Visit, chunk, peer, whole

from cromicle_magic import OpenAI, ask
from cromicle_magic.errors import ConnectError, SettingError, StatusError, TruncatedError
from cromicle_magic.providers.cromicle import Cromicle
from cromicle_magic.providers.engines import (
    Engine,
    engine_for,
    models_of,
    others,
    probed,
)
from cromicle_magic.providers.names import known
from cromicle_magic.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT = 'data: {{"choices": [{{"delta": {{"content": "{}"}}, "finish_reason": "stop"}}]}}\n\n'


def listing(*models: str) -> bytes:
    """Give a list of models as an engine sends it."""
    return whole(json.dumps({"object": "list", "data": [{"id": model} for model in models]}))


@contextmanager
def engine(*models: str, says: str = "engine") -> Iterator[Peer]:
    """Run a server that lists models and says one word to every prompt."""

    async def script(visit: Visit) -> None:
        is_list = visit.path == "/v1/models"
        await visit.send(listing(*models) if is_list else whole(EVENT.format(says)))

    with peer(script) as server:
        yield server


def port(server: Peer) -> int:
    """Give the port of a server."""
    return urlsplit(server.url).port or 0


def chosen(**keywords: object) -> Engine:
    """Give the engine that answers with these settings."""
    return asyncio.run(engine_for(resolve(keywords=keywords)))


@pytest.fixture
def ollama() -> Iterator[Peer]:
    """A server with two models, one of which can chat."""
    with engine("nomic-embed-text", "tiny") as server:
        yield server


def test_an_engine_on_this_machine_answers_where_none_is_named(ollama: Peer) -> None:
    """By its first model that can chat, and without any token of the reader's."""
    answer = asyncio.run(ask("Hi", ports=port(ollama), token="hush"))
    assert (answer.text, answer.model) == ("engine", "tiny")
    assert answer.engine == f"127.0.0.1:{port(ollama)} at {ollama.url}/v1"
    assert not any("authorization" in visit.headers for visit in ollama.visits)
    assert json.loads(ollama.visits[-1].body)["model"] == "tiny"


def test_without_one_the_responder_answers() -> None:
    """Which says that no model is connected."""
    found = chosen()
    assert (found.name, found.provider) == ("built-in responder", Cromicle)
    assert found.origin == "no engine was found"


def test_the_environment_comes_before_what_is_found(
    ollama: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First OPENAI_BASE_URL with its key, then OLLAMA_HOST; a key alone is no order."""
    where = {"ports": port(ollama)}
    monkeypatch.setenv("OPENAI_API_KEY", "hush")
    assert chosen(**where).is_found
    monkeypatch.setenv("OLLAMA_HOST", "h.invalid")
    found = chosen(**where)
    assert (found.url, found.token, found.origin) == (
        "http://h.invalid:11434/v1",
        "",
        "OLLAMA_HOST",
    )
    monkeypatch.setenv("OPENAI_BASE_URL", "http://o.invalid/v1")
    found = chosen(**where)
    assert (found.url, found.token, found.provider) == ("http://o.invalid/v1", "hush", OpenAI)
    monkeypatch.setenv("CROMICLE_URL", "http://c.invalid")
    found = chosen(**where)
    assert (found.url, found.token, found.provider) == ("http://c.invalid", "abc", Cromicle)


def test_an_address_on_this_machine_needs_no_model(ollama: Peer) -> None:
    """Where the reader names none, the first that can chat is asked for; elsewhere none is."""
    answer = asyncio.run(ask("Hi", url=f"{ollama.url}/v1"))
    assert (answer.text, answer.model) == ("engine", "tiny")
    assert chosen(url="http://h.invalid/v1").model == ""
    with peer(whole(EVENT.format("any"))) as server:
        assert asyncio.run(ask("Hi", url=f"{server.url}/v1")).text == "any"


def test_an_engine_that_is_gone_is_looked_for_again() -> None:
    """In the same request, for nothing of it was received by anybody."""
    with engine("tiny", says="second") as second:
        with engine("tiny", says="first") as first:
            ports = f"{port(first)} {port(second)}"
            assert asyncio.run(ask("Hi", ports=ports)).text == "first"
        assert asyncio.run(ask("Hi", ports=ports)).text == "second"
    answer = asyncio.run(ask("Hi", ports=ports))
    assert answer.engine == "built-in responder"


def test_one_that_is_named_is_not_replaced() -> None:
    """Who named an engine wants to know that it is not there."""
    with engine("tiny") as server:
        named, elsewhere = server.url, engine("other")
    with elsewhere as other, pytest.raises(ConnectError, match="Nothing answers"):
        asyncio.run(ask("Hi", url=f"{named}/v1", ports=port(other)))


def test_the_names_lead_to_engines(ollama: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in its place, offline always the responder; the case of letters doesn't matter."""
    assert chosen(engine="offline", ports=port(ollama)).name == "built-in responder"
    assert chosen(engine="LMStudio", model="m").url == "http://127.0.0.1:1234/v1"
    monkeypatch.setenv("OLLAMA_HOST", f":{port(ollama)}")
    found = chosen(engine="ollama")
    assert (found.url, found.model) == (f"{ollama.url}/v1", "tiny")
    assert {"ollama", "lmstudio", "llamacpp", "vllm", "offline"} < set(known())


def test_a_name_that_leads_nowhere_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the nearest, and what there is."""
    with pytest.raises(SettingError, match=r"no engine 'olama'; did you mean ollama\? Known"):
        chosen(engine="olama")
    with pytest.raises(SettingError, match=r"no engine '\[API key\]'; known are"):
        chosen(engine="sk-hush-0123456789-abcdef-0123456789")
    with pytest.raises(SettingError, match="'openai' has no address; set OPENAI_BASE_URL"):
        chosen(engine="openai")
    with engine("bge-m3") as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        with pytest.raises(SettingError, match="has no model that can chat; download one"):
            chosen(engine="ollama")


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/chat/completions"])
def test_an_address_is_asked_what_it_speaks(ollama: Peer, ending: str) -> None:
    """An engine's is told by its list of models, however the reader writes it."""
    found = asyncio.run(probed(resolve(keywords={"engine": f"{ollama.url}{ending}"})))
    assert (found.url, found.provider) == (f"{ollama.url}/v1", OpenAI)
    assert found.model == "tiny"


def test_an_address_without_models_speaks_the_cromicle_protocol() -> None:
    """A server of its own kind replies 404 to what it doesn't know; one that is away is told."""
    with peer(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n") as server:
        found = asyncio.run(probed(resolve(keywords={"url": server.url})))
    assert (found.url, found.provider) == (server.url, Cromicle)
    with pytest.raises(ConnectError):
        asyncio.run(probed(resolve(keywords={"url": server.url})))


def test_an_engine_that_drops_its_answer_is_not_replaced() -> None:
    """Only who refuses the connection has surely not read the prompt."""

    async def script(visit: Visit) -> None:
        answer = chunk(EVENT.format("half").replace("stop", ""))
        await visit.send(listing("tiny") if visit.path == "/v1/models" else HEAD + answer)

    with peer(script) as server:
        with pytest.raises(TruncatedError) as caught:
            asyncio.run(ask("Hi", ports=port(server)))
        assert caught.value.partial == "half"
        assert [visit.path for visit in server.visits].count("/v1/chat/completions") == 1


def test_a_token_for_elsewhere_does_not_go_to_ollama(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which OLLAMA_HOST may name anywhere; on this machine it may have it."""
    monkeypatch.setenv("CROMICLE_URL", "https://srv.invalid")
    monkeypatch.setenv("CROMICLE_TOKEN", "hush")
    monkeypatch.setenv("OLLAMA_HOST", "http://gpu.invalid")
    assert chosen(engine="ollama", model="m").token == "abc"
    monkeypatch.delenv("OLLAMA_HOST")
    assert chosen(engine="ollama", model="m").token == "hush"


def test_what_nobody_named_goes_through_no_proxy(ollama: Peer) -> None:
    """Neither to an engine found on this machine, nor to the responder."""
    with peer(whole("proxied")) as proxy:
        assert asyncio.run(ask("Hi", ports=port(ollama), proxy=proxy.url)).text == "engine"
        assert "No model" in asyncio.run(ask("Hi", proxy=proxy.url))
        assert proxy.visits == []


def test_a_found_engine_whose_models_changed_is_asked_anew() -> None:
    """Once it says that it doesn't know the model."""
    models = ["first"]

    async def script(visit: Visit) -> None:
        if visit.path == "/v1/models":
            await visit.send(listing(*models))
        elif json.loads(visit.body)["model"] == models[0]:
            await visit.send(whole(EVENT.format(models[0])))
        else:
            await visit.send(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")

    with peer(script) as server:
        assert asyncio.run(ask("Hi", ports=port(server))).text == "first"
        models[0] = "second"
        with pytest.raises(StatusError):
            asyncio.run(ask("Hi", ports=port(server)))
        assert asyncio.run(ask("Hi", ports=port(server))).text == "second"


def test_a_look_at_the_engines_lists_what_they_have_now() -> None:
    """Not what was remembered of them."""
    models = ["first"]

    async def script(visit: Visit) -> None:
        await visit.send(listing(*models))

    with peer(script) as server:
        settings = resolve(keywords={"ports": port(server)})
        for model in ("first", "second"):
            models[0] = model
            (engine,) = asyncio.run(others(settings))
            assert (models_of(engine), engine.model) == ((model,), model)
