"""The Cromicle provider against real servers that behave, and others that don't."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from hashlib import sha256
from json import loads
from typing import Any

import pytest
from support.catalogue.connections import AT_LEISURE
from support.faults import NO_NAME
from support.peers import DEADLINE_S, END, HEAD, Visit, chunk, peer, whole

from cromicle_magic import errors
from cromicle_magic.providers.cromicle import Cromicle, _create_header, _create_payload

HELLO = [{"role": "user", "content": "Hello"}]


def ask(url: str, **options: Any) -> str:
    """Ask a server and give its whole answer."""
    return asyncio.run(Cromicle.create_async("", HELLO, url=url, **options))


def fail(url: str, **options: Any) -> errors.CromicleError:
    """Ask a server and give the error that comes of it."""
    with pytest.raises(errors.CromicleError) as caught:
        ask(url, **options)
    return caught.value


def test_the_request_is_that_of_the_protocol() -> None:
    """Path, headers and body are as the public history shows them."""
    with peer(whole("Hi")) as server:
        assert ask(server.url) == "Hi"
        visit = server.visit()
    assert visit.path == "/chat"
    assert _create_header() == {"accept": "*/*", "content-type": "application/json"}
    assert _create_header().items() <= visit.headers.items()
    assert visit.headers["accept-encoding"] == "identity"
    assert loads(visit.body) == {
        "message": "Hello",
        "token": "abc",
        "hash": sha256(b"abcHello").hexdigest(),
    }
    assert loads(visit.body) == _create_payload("Hello")


def test_the_token_is_a_keyword() -> None:
    """Another token goes out, and the hash with it."""
    with peer(whole("Hi")) as server:
        ask(server.url, token="secret")
        assert loads(server.visit().body) == _create_payload("Hello", "secret")


def test_what_is_no_utf8_is_marked_and_the_answer_goes_on() -> None:
    """Bytes of another encoding become U+FFFD in place; so does half a character at the end."""
    with peer(whole(b"caf\xe9 au", b" lait\xc3")) as server:
        assert ask(server.url) == "caf\ufffd au lait\ufffd"


async def _endless(visit: Visit) -> None:
    await visit.send(HEAD, chunk("first"))
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("answer", "kind", "says", "partial"),
    [
        (HEAD + chunk("half an ans"), errors.TruncatedError, "broke off", "half an ans"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
            errors.TruncatedError,
            "broke off",
            "half",
        ),
        (b"", errors.TruncatedError, "broke off", ""),
        (HEAD + END, errors.EmptyError, "without a single character", ""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", errors.EmptyError, "without a single", ""),
        (b"SSH-2.0-hello\r\n\r\n", errors.ProtocolError, "HTTP", ""),
        (
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx",
            errors.ProtocolError,
            "gzip",
            "",
        ),
        (
            b"HTTP/1.1 307 Away\r\nlocation: http://u:key@far.invalid/\r\ncontent-length:0\r\n\r\n",
            errors.ProtocolError,
            'to "http://far.invalid/";',
            "",
        ),
        (
            b"HTTP/1.1 500 Oops\r\ncontent-length: 14\r\n\r\nwhy\x1b[2J\nnot so",
            errors.StatusError,
            'HTTP 500.*"why␛\\[2J␊not so"',
            "",
        ),
        (
            b"HTTP/1.1 404 No\r\ncontent-length: 24\r\n\r\n" + b'{"error": "no such {0}."}'[:24],
            errors.StatusError,
            "no such {0}",
            "",
        ),
        (b"HTTP/1.1 302 {0}\r\ncontent-length: 0\r\n\r\n", errors.ProtocolError, "no address", ""),
        (b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n", errors.AccessError, "token", ""),
        (b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", errors.StatusError, "check the url", ""),
    ],
)
def test_a_fault_is_one_clear_error_with_the_text_so_far(
    answer: bytes, kind: type[errors.CromicleError], says: str, partial: str
) -> None:
    """Each way to fail has its own kind, one printable sentence, and keeps what had arrived."""
    with peer(answer) as server:
        error = fail(server.url)
    assert type(error) is kind
    assert error.partial == partial
    assert error.address == f"{server.url}/chat"
    with pytest.raises(kind, match=says):
        raise error
    assert str(error).isprintable()
    assert error.__context__ is None
    assert "key" not in str(error)


def test_a_refused_connection_says_so() -> None:
    """The address stands in the sentence, without what could be a key."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = fail(f"http://me:key@127.0.0.1:{port}")
    assert type(error) is errors.ConnectError
    assert str(error).startswith(
        f"Nothing answers at http://127.0.0.1:{port}/chat (connection refused)"
    )


def test_a_name_that_is_none_says_so() -> None:
    """A host that does not exist is told from one that refuses."""
    assert "no such host name" in str(fail(f"http://{NO_NAME}"))


def test_a_proxy_that_refuses_is_named() -> None:
    """The reader learns that it is the proxy, and not the server."""
    with peer(whole("Hi")) as server:
        error = fail(server.url, proxy="http://me:key@127.0.0.1:1")
        assert not server.visits
    assert type(error) is errors.ConnectError
    assert "through the proxy http://127.0.0.1:1 " in str(error)


def test_the_request_goes_through_the_proxy() -> None:
    """With a proxy, nobody but the proxy is asked."""
    with peer(whole("via")) as proxy:
        assert ask("http://far.invalid", proxy=proxy.url) == "via"
        assert proxy.visit().path == "http://far.invalid/chat"


def test_an_address_that_can_be_none_is_the_callers_to_mend() -> None:
    """A name that is too long for a name is no fault of a server."""
    assert isinstance(fail("http://" + "x" * 70 + ".invalid"), errors.LocalError)


def test_a_silent_server_runs_into_the_deadline() -> None:
    """Silence counts, not the length of the answer, and the text so far is kept."""
    with peer(_endless) as server:
        error = fail(server.url, timeout=0.2, **AT_LEISURE)
    assert type(error) is errors.DeadlineError
    assert error.partial == "first"
    assert "0.2 s" in str(error)


def test_without_an_address_the_embedded_server_answers() -> None:
    """The model of another service may be named, and nothing leaves this machine."""
    answer = asyncio.run(Cromicle.create_async(model="gpt-3.5-turbo", messages=HELLO))
    assert answer.startswith("**No model is connected**")
    assert "5 characters in 1 turn," in answer


def test_the_environment_names_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """CROMICLE_URL and CROMICLE_TOKEN hold without a notebook, too."""
    with peer(whole("Hi")) as server:
        monkeypatch.setenv("CROMICLE_URL", server.url)
        monkeypatch.setenv("CROMICLE_TOKEN", "mine")
        assert asyncio.run(Cromicle.create_async("", HELLO)) == "Hi"
        assert loads(server.visit().body)["token"] == "mine"


ABANDONED = """
import asyncio, sys
from cromicle_magic import Cromicle
hello = [{{"role": "user", "content": "Hello"}}]
if sys.argv[1] == "blocking":
    pieces = Cromicle.create_completion("", hello, url={url!r})
    print(next(pieces))
else:
    async def main():
        pieces = Cromicle.create_async_generator("", hello, url={url!r})
        print(await anext(pieces))
        return pieces
    pieces = asyncio.run(main())
"""


@pytest.mark.parametrize("way", ["blocking", "asynchronous"])
def test_an_abandoned_stream_does_not_outlive_the_program(way: str) -> None:
    """The program ends at once and without a word, though a server goes on with its answer."""
    with peer(_endless) as server:
        done = subprocess.run(
            [sys.executable, "-W", "default", "-c", ABANDONED.format(url=server.url), way],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "first\n", "")
