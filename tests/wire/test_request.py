"""One request, made whole before it is sent."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest
from support.peers import peer, whole

from cromicle_magic.discretion import Secret
from cromicle_magic.providers.limits import Limits
from cromicle_magic.providers.session import Exchange
from cromicle_magic.wire.request import Request, get, post


def visited(request: Request, path: str = "") -> tuple[dict[str, str], bytes]:
    """Send a request to a server, and give the headers and the body that came there."""

    async def send(request: Request) -> None:
        async with Exchange(request, Limits("here", timeout=5)) as body:
            async for _ in body:
                pass

    with peer(whole("said")) as server:
        asyncio.run(send(dataclasses.replace(request, url=f"{server.url}{path}")))
        visit = server.visit()
        host = server.url.partition("://")[2]
        assert visit.headers.pop("host") == host
        assert visit.path == (path or "/")
        return visit.headers, visit.body


def test_what_is_made_is_what_arrives() -> None:
    """The very bytes, and every header; only host and content-length are added."""
    fields = {"message": 'a "quoted" \\ 中文 \x00 \n', "n": [1, None, 0.5]}
    request = post("http://h.invalid/x", fields, {"content-type": "application/json", "a": "b"})
    headers, body = visited(request, "/x")
    assert body == request.body
    assert json.loads(body) == fields
    assert headers.pop("content-length") == str(len(body))
    assert headers == {"accept": "*/*", **request.headers}


def test_a_request_for_something_has_no_body() -> None:
    """And brings its headers alike."""
    request = get("http://h.invalid/", {"accept": "application/json"})
    headers, body = visited(request, "/")
    assert body == b""
    assert headers == dict(request.headers)


@pytest.mark.parametrize(("scheme", "is_kept"), [("http", False), ("https", True)])
def test_only_tls_keeps_a_connection(scheme: str, is_kept: bool) -> None:
    """Over plain HTTP a new one costs nothing, and engines drop theirs."""
    request = post(f"{scheme}://h.invalid/", {}, {})
    assert ("connection" not in request.headers) is is_kept


def test_a_request_shows_no_key() -> None:
    """Neither its repr nor its fields' holds one; nobody changes it on its way."""
    request = post(
        "http://me:hush@h.invalid/",
        {"token": "hush"},
        {"authorization": Secret("Bearer hush")},
        proxy="http://me:hush@p.invalid",
    )
    assert "hush" not in repr(request) + repr(request.headers)
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.body = b""  # type: ignore[misc]
