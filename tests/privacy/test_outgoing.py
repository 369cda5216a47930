"""What leaves, told from its very bytes, and without its keys."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from support.peers import Peer, peer, whole

from cromicle_magic.privacy import keys
from cromicle_magic.privacy.outgoing import handed, sent, told
from cromicle_magic.providers.base import AsyncGeneratorProvider
from cromicle_magic.providers.cromicle import Cromicle
from cromicle_magic.providers.foreign import adapted
from cromicle_magic.providers.openai import OpenAI
from cromicle_magic.wire.request import post

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from cromicle_magic.report import Report, Sent

TOKEN = "hush-0123456789"
MESSAGES = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": f'中文 "quoted" \x1b[31m, and {TOKEN}'},
]
EVENT = 'data: {"choices": [{"delta": {"content": "engine"}, "finish_reason": "stop"}]}\n\n'


@pytest.fixture
def server() -> Iterator[Peer]:
    """A server that answers in both protocols."""
    with peer(whole(EVENT)) as running:
        yield running


def asked(provider: type[AsyncGeneratorProvider], **given: Any) -> Sent:
    """Ask a provider, and give what it reported to send; it was the first thing it reported."""
    reports: list[Report] = []
    asyncio.run(provider.create_async(**given, report=reports.append))
    assert [report.sent for report in reports[1:] if report.sent] == []
    assert reports[0].sent is not None
    return reports[0].sent


@pytest.mark.parametrize("provider", [Cromicle, OpenAI])
def test_what_is_told_is_what_arrived(server: Peer, provider: type[AsyncGeneratorProvider]) -> None:
    """Address, every header, the number of bytes, and the content, but for the keys."""
    given = {"model": "tiny", "messages": MESSAGES, "url": server.url, "token": TOKEN}
    what = asked(provider, **given, temperature=0.5, params={"top_k": 5})
    visit = server.visit()
    assert what.address == server.url + visit.path
    assert what.bytes == len(visit.body)
    assert what.method == "POST"
    assert list(what.headers) == [name for name in what.headers if name in visit.headers]
    shown = {name: value.lower() for name, value in what.headers.items()}
    assert shown == {
        **visit.headers,
        **({"authorization": "********"} if "v1" in visit.path else {}),
    }
    fields = json.loads(visit.body)
    if provider is Cromicle:
        fields |= {"token": "********", "hash": "********"}
    assert json.loads(what.body) == json.loads(json.dumps(fields).replace(TOKEN, "[the token]"))
    assert what.hidden == ("the token",)
    assert TOKEN not in repr(what) + told(what)


@pytest.mark.parametrize("provider", [Cromicle, OpenAI])
def test_a_preview_is_what_would_arrive(
    server: Peer, provider: type[AsyncGeneratorProvider]
) -> None:
    """The same as what is then told, and until then nothing is sent."""
    given = {"model": "tiny", "messages": MESSAGES, "url": server.url, "token": TOKEN}
    what = provider.preview(**given)
    assert server.visits == []
    assert asked(provider, **given) == what


def test_it_reads_well() -> None:
    """Line by line, controls made visible, with what is hidden named."""
    fields = {"messages": [{"role": "user", "content": f"\u202e {TOKEN}"}], "max_tokens": 5}
    request = post("http://me:pw@h.invalid/v1/x?k=1", fields, {"x-api-key": TOKEN}, "http://a:b@p")
    assert told(sent(request, keys.Secret(TOKEN))) == (
        "POST http://h.invalid/v1/x\n"
        "host: h.invalid\n"
        "x-api-key: ********\n"
        "accept-encoding: identity\n"
        "user-agent: cromicle-magic\n"
        "connection: close\n"
        "authorization: ********\n"
        f"content-length: {len(request.body)}\n"
        "\n"
        "{\n"
        '  "messages": [\n'
        "    {\n"
        '      "role": "user",\n'
        '      "content": "⟨U+202E⟩ [the token]"\n'
        "    }\n"
        "  ],\n"
        '  "max_tokens": 5\n'
        "}\n"
        "\n"
        f"{len(request.body)} bytes of JSON through the proxy http://p, laid out here in lines of "
        "their own.\n"
        "Hidden here, and there as it is: the token."
    )


def test_the_secrets_of_the_reader_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the environment, also where JSON escapes them, those that are kept, and forms."""
    monkeypatch.setenv("DB_PASSWORD", 'a"b\\c\nd-e-f')
    keys.keep("http://127.0.0.1:1", "kept-4711")
    try:
        text = 'x a"b\\c\nd-e-f kept-4711 gsk_0123456789abcdefghij'
        what = sent(post("http://h.invalid", {"message": text}, {}))
    finally:
        keys.forget("http://127.0.0.1:1")
    assert json.loads(what.body)["message"] == (
        "x [DB_PASSWORD] [key for http://127.0.0.1:1] [Groq key]"
    )
    assert what.hidden == ("DB_PASSWORD", "key for http://127.0.0.1:1", "Groq key")


class Elsewhere:
    """A class of g4f's contract."""

    @staticmethod
    async def create_async_generator(
        model: str, messages: Any, temperature: float = 1, api_key: str = "", stop: Any = None
    ) -> AsyncGenerator[str, None]:
        """Answer."""
        yield "elsewhere"


class Own(AsyncGeneratorProvider):
    """A provider of somebody who knows no preview."""

    @classmethod
    async def create_async_generator(
        cls, model: str, messages: Any, proxy: str | None = None, **kwargs: Any
    ) -> AsyncGenerator[str, None]:
        """Answer."""
        yield "own"


def test_of_a_class_from_elsewhere_its_keywords_are_told() -> None:
    """Those that it takes, without keys, and that its bytes aren't known."""
    kind = adapted(Elsewhere)
    params = {"api_key": "plain", "stop": [object]}
    given = {"model": "m", "messages": MESSAGES[:1], "temperature": 0, "params": params}
    what = kind.preview(**given, token=TOKEN, url="http://h.invalid", timeout=5)
    assert asked(kind, **given) == what
    fields = {"model": "m", "messages": MESSAGES[:1], "temperature": 0, "api_key": "********"}
    assert json.loads(what.body) == {**fields, "stop": ["<class 'object'>"]}
    assert told(what).startswith("The class Elsewhere\n\n{\n")
    assert told(what).endswith("what it makes of them, its address and its bytes, it alone knows.")


def test_so_it_is_with_a_provider_that_knows_no_preview() -> None:
    """What asks it says what it is given."""
    given = {"token": keys.Secret(TOKEN), "params": {"api_key": "plain"}}
    what = Own.preview("m", MESSAGES, **given, report=print, timeout=5)
    assert json.loads(what.body)["token"] == "********"
    assert json.loads(what.body)["params"] == {"api_key": "********"}
    assert TOKEN not in told(what)
    assert "report" not in told(what)


def test_what_has_no_form_in_json_is_told_all_the_same() -> None:
    """Telling is never what an answer fails by."""
    ring: list[Any] = []
    ring.append(ring)
    assert json.loads(handed("Any", {"ring": ring, "n": 1}).body) == {"ring": "…", "n": 1}
    assert "(1, 2)" in handed("Any", {"odd": {(1, 2): 3}}).body
