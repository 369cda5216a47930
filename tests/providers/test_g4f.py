"""Our provider within the released g4f 8, and its classes within our house; g4f is the real one.

The five entry points are those by which a program of g4f's reaches a provider's class, each with
what it alone reads of it: ``ChatCompletion.create`` (``working``, ``create_completion``),
``ChatCompletion.create_async`` (``create_async_generator``), ``Client`` and ``AsyncClient`` (each
by its own twin of tools/run_tools.py: ``needs_auth``, ``get_parent``, ``use_stream_timeout``,
``get_dict``, ``live``), and its lists of providers to try in turn (``get_dict``, ``get_parent``,
``live``). Its HTTP API and its web page ask by the clients.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from support.environments import G4F, interpreter_beside
from support.peers import HEAD, Gate, Visit, chunk, peer, whole
from support.scripts import gated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

HEADING = """
import asyncio, sys
from urllib.request import urlopen

reached = set()

def watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    else:
        return
    reached.add(host)
    if host != "127.0.0.1":
        raise PermissionError(f"{event} {arguments}")

sys.addaudithook(watch)
import g4f, g4f.debug
from cromicle_magic import AsyncGeneratorProvider, Cromicle, errors
from cromicle_magic.providers.foreign import adapted

# The first request would ask a package index for the newest version of g4f.
g4f.debug.version_check = False
URL = sys.argv[1]
HELLO = [{"role": "user", "content": "Hello"}]
# The provider says that its public service is dead, and g4f then wants to hear that it may be used.
ASKED = {"model": "gpt-3.5-turbo", "messages": HELLO, "provider": Cromicle, "url": URL}
CHAT = ASKED | {"ignore_working": True}

def content(chunk):
    return chunk.choices[0].delta.content or ""

def seen(piece):
    # The server goes on once its first words have come.
    if piece:
        print(piece)
        urlopen(URL + "/seen").close()
"""
ENDING = """
assert reached == {"127.0.0.1"}, reached
"""

ENTRIES = {
    "ChatCompletion.create": "print(g4f.ChatCompletion.create(**CHAT))",
    "ChatCompletion.create, streamed": """
for piece in g4f.ChatCompletion.create(stream=True, **CHAT):
    seen(piece)
""",
    "ChatCompletion.create_async": "print(asyncio.run(g4f.ChatCompletion.create_async(**CHAT)))",
    "ChatCompletion.create_async, streamed": """
async def main():
    async for piece in g4f.ChatCompletion.create_async(stream=True, **CHAT):
        seen(piece)
asyncio.run(main())
""",
    "Client": """
answer = g4f.Client().chat.completions.create(**ASKED)
print(answer.choices[0].message.content)
assert Cromicle.live == 1 and AsyncGeneratorProvider.live == 0
""",
    "Client, streamed": """
for chunk in g4f.Client(provider=Cromicle).chat.completions.create(
    stream=True, stream_timeout=5, temperature=0.5, max_tokens=99, stop=["never"],
    model="", messages=HELLO, url=URL,
):
    seen(content(chunk))
""",
    "AsyncClient": """
async def main():
    answer = await g4f.AsyncClient().chat.completions.create(**ASKED)
    print(answer.choices[0].message.content)
asyncio.run(main())
""",
    "AsyncClient, streamed": """
async def main():
    client = g4f.AsyncClient(provider=Cromicle, api_key="hush")
    asked = {"messages": HELLO, "stream_timeout": 5, "url": URL}
    async for chunk in client.chat.completions.create(stream=True, **asked):
        seen(content(chunk))
asyncio.run(main())
""",
    "lists, streamed": """
from g4f.providers.retry_provider import IterListProvider
async def main():
    async for piece in IterListProvider([Cromicle]).create_async_generator("", HELLO, url=URL):
        seen(str(piece))
asyncio.run(main())
""",
    "lists": """
from g4f.providers.retry_provider import IterListProvider, RetryProvider, RotatedProvider
async def main():
    lists = [kind([Cromicle], shuffle=False) for kind in (IterListProvider, RotatedProvider)]
    lists += [RetryProvider([Cromicle], single_provider_retry=True)]
    texts = set()
    for each in lists:
        pieces = each.create_async_generator("", HELLO, url=URL, api_key={"Cromicle": "hush"})
        texts.add("".join([str(piece) async for piece in pieces]))
        assert each.last_provider is Cromicle
    print(*texts)
    assert Cromicle.live == 1
    skipping = RotatedProvider([Cromicle]).create_async_generator("", HELLO, ignored=["Cromicle"])
    try:
        await anext(skipping)
    except g4f.errors.RetryNoProviderError:
        pass
asyncio.run(main())
""",
}


def streamed(first: str, last: str) -> Callable[[Visit], Awaitable[None]]:
    """Give a script that says its last word only once the program has seen the first."""
    gate = Gate()

    async def script(visit: Visit) -> None:
        if visit.path == "/seen":
            gate.open()
            await visit.send(whole())
        else:
            await gated(gate, first, last)(visit)

    return script


@pytest.fixture(scope="module")
def python() -> str:
    """An interpreter with the released g4f and our providers."""
    return interpreter_beside("g4f", G4F)


def run(python: str, code: str, url: str, home: Path) -> str:
    """Run a program beside g4f, which must reach nobody but us, and give what it printed."""
    homes = {"HOME": str(home), "G4F_CONFIG_DIR": str(home), "USERPROFILE": str(home)}
    keep_out = ("G4F_", "CROMICLE_", "PYTHONPATH", "LANGFUSE_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(keep_out)}
    done = subprocess.run(
        [python, "-W", "error::RuntimeWarning", "-c", HEADING + code + ENDING, url],
        cwd=home,
        env=env | homes,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ENTRIES)
def test_our_provider_answers_at_each_entry_point(name: str, python: str, tmp_path: Path) -> None:
    """The whole answer, or its pieces while the server still writes."""
    answer = whole("naïve ", "中文") if "streamed" not in name else streamed("naïve ", "中文")
    with peer(answer) as server:
        said = run(python, ENTRIES[name], server.url, tmp_path)
        assert server.visit().message == "Hello"
    assert said.splitlines() == (["naïve ", "中文"] if "streamed" in name else ["naïve 中文"])


def test_our_errors_arrive_there(python: str, tmp_path: Path) -> None:
    """What goes wrong is ours, whichever way the question went."""
    code = """
for ask in (lambda: g4f.ChatCompletion.create(**CHAT),
            lambda: asyncio.run(g4f.ChatCompletion.create_async(**CHAT)),
            lambda: g4f.Client().chat.completions.create(**ASKED)):
    try:
        ask()
    except errors.TruncatedError as error:
        print(error.partial)
assert Cromicle.live == -1
"""
    with peer(HEAD + chunk("half")) as server:
        assert run(python, code, server.url, tmp_path) == "half\n" * 3


# Written as g4f's own providers are, on its own base classes.
CLASSES = """
import aiohttp, requests
from g4f.providers.base_provider import (
    AbstractProvider, AsyncGeneratorProvider as Theirs, AsyncProvider, ProviderModelMixin,
)
from g4f.providers.helper import format_prompt
from g4f.providers.response import (
    FinishReason, JsonResponse, ProviderInfo, RawResponse, Reasoning, Usage,
)
from g4f.requests import raise_for_status

class Streaming(Theirs, ProviderModelMixin):
    url, working, default_model = URL, True, "theirs"

    @classmethod
    async def create_async_generator(cls, model, messages, proxy=None, timeout=None, **kwargs):
        model = cls.get_model(model)
        async with aiohttp.ClientSession() as session:
            asked = {"model": model, "prompt": format_prompt(messages), **kwargs}
            async with session.post(cls.url, json=asked, proxy=proxy) as response:
                await raise_for_status(response)
                yield ProviderInfo(**cls.get_dict(), model=model)
                yield Reasoning(status="Thinking", is_thinking="<think>")
                yield Reasoning("Hm.")
                yield JsonResponse(line=1)
                yield RawResponse(line=1)
                async for chunk in response.content.iter_any():
                    yield chunk.decode()
                yield Usage(promptTokens=2, completionTokens=3)
                yield FinishReason("length")

class Whole(AsyncProvider):
    @classmethod
    async def create_async(cls, model, messages, proxy=None, **kwargs):
        async with aiohttp.ClientSession() as session:
            async with session.post(URL, json={}, proxy=proxy) as response:
                await raise_for_status(response)
                return await response.text()

class Blocking(AbstractProvider):
    @classmethod
    def create_completion(cls, model, messages, stream=False, **kwargs):
        with requests.post(URL, json={}, stream=stream) as response:
            response.raise_for_status()
            for chunk in response.iter_content(None):
                yield chunk.decode()

async def pieces(kind, **options):
    return [piece async for piece in adapted(kind).create_async_generator("", HELLO, **options)]
"""


def test_its_classes_answer_here(python: str, tmp_path: Path) -> None:
    """Of each base class one, with its chunk objects told apart from the text."""
    code = """
news = []
print(asyncio.run(pieces(Streaming, temperature=0.5, params={"top_k": 1}, report=news.append)))
print(asyncio.run(pieces(Whole, timeout=5)), asyncio.run(pieces(Blocking, timeout=5)))
print([[part for part in report if part] for report in news if not report.sent])
"""
    with peer(whole("Hé", "llo")) as server:
        said = run(python, CLASSES + code, server.url, tmp_path).splitlines()
        asked: Any = json.loads(server.visit().body)
    assert eval(said[0]) in (["Héllo"], ["Hé", "llo"])
    assert said[1].replace("', '", "") == "['Héllo'] ['Héllo']"
    usage = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    cut = ["length", "cut off at the limit of tokens"]
    assert eval(said[2]) == [["theirs"], ["Hm."], [usage], cut]
    assert asked == {"model": "theirs", "prompt": "Hello", "temperature": 0.5, "top_k": 1}


@pytest.mark.parametrize("kind", ["Streaming", "Blocking"])
def test_its_classes_stream_here(kind: str, python: str, tmp_path: Path) -> None:
    """The first piece is there before the server has sent the last."""
    code = f"""
async def main():
    async for piece in adapted({kind}).create_async_generator("", HELLO):
        seen(piece)
asyncio.run(main())
"""
    with peer(streamed("first ", "last")) as server:
        assert run(python, CLASSES + code, server.url, tmp_path) == "first \nlast\n"


@pytest.mark.parametrize("kind", ["Streaming", "Whole", "Blocking"])
def test_its_errors_become_one_of_ours(kind: str, python: str, tmp_path: Path) -> None:
    """One sentence that names the class, and what it raised."""
    code = f"""
try:
    asyncio.run(pieces({kind}))
except errors.ForeignError as error:
    print(error)
"""
    with peer(b"HTTP/1.1 402 Pay\r\ncontent-length: 2\r\n\r\nno") as server:
        said = run(python, CLASSES + code, server.url, tmp_path)
    assert said.startswith(f"{kind} failed: ")
    assert "402" in said
    assert said.count("\n") == 1
