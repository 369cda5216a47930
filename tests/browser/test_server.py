"""Web pages in a real browser that try to make the server answer, token in hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from support.asked import Asked
from support.browser import Browser, running_browser
from support.peers import END, HEAD, Visit, chunk, peer
from support.raw import JSON, body, raw
from support.static import served

from cromicle_magic.server import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = "evil.invalid"
OPEN: Final = HEAD.replace(
    b"\r\n\r\n",
    b"\r\naccess-control-allow-origin: *\r\naccess-control-allow-headers: *\r\n"
    b"access-control-allow-methods: *\r\nconnection: close\r\n\r\n",
)
# Each tries to be answered, and returns what it could read.
ATTACKS: Final = """
async ([url, token, chat, ask]) => {
  const json = {'Content-Type': 'application/json'};
  const bearer = {...json, 'Authorization': `Bearer ${token}`};
  const read = async (path, options) => {
    const reply = await fetch(url + path, options);
    return `${reply.status} ${await reply.text()}`;
  };
  const posted = (type, body, path) => new Promise(resolve => {
    const frame = document.createElement('iframe');
    frame.name = `frame${Math.random()}`;
    document.body.append(frame);
    const form = document.body.appendChild(document.createElement('form'));
    Object.assign(form, {method: 'post', action: url + path, enctype: type, target: frame.name});
    const field = form.appendChild(document.createElement('input'));
    // In text/plain a form sends NAME=VALUE, which can be made JSON.
    field.name = body.slice(0, -1) + ',"x":"';
    field.value = '"}';
    frame.addEventListener('load', () => {
      if (!form.sent) return;
      try { resolve(frame.contentDocument.body.innerText); } catch (e) { resolve(`${e}`); }
    });
    form.sent = true;
    form.submit();
  });
  const tagged = (tag, path) => new Promise(resolve => {
    const element = document.createElement(tag);
    element.onload = element.onerror = event => resolve(event.type);
    element.src = url + path;
    document.body.append(element);
  });
  const socket = path => new Promise(resolve => {
    const opened = new WebSocket(url.replace('http', 'ws') + path);
    opened.onopen = () => { opened.send(chat); resolve('open'); };
    opened.onmessage = event => resolve(event.data);
    opened.onerror = () => resolve('error');
  });
  const events = path => new Promise(resolve => {
    const source = new EventSource(url + path);
    source.onmessage = event => { source.close(); resolve(event.data); };
    source.onerror = () => { source.close(); resolve('error'); };
  });
  const post = {method: 'POST', body: chat};
  const attacks = {
    simple: () => read('/chat', {...post, mode: 'no-cors'}),
    'simple, read': () => read('/chat', post),
    'simple as JSON': () => read('/chat', {...post, mode: 'no-cors', headers: json}),
    preflight: () => read('/chat', {...post, headers: json}),
    'preflight, bearer': () =>
      read('/v1/chat/completions', {...post, body: ask, headers: bearer}),
    'no preflight, bearer': () =>
      read('/v1/chat/completions', {...post, body: ask, headers: bearer, mode: 'no-cors'}),
    put: () => read('/chat', {method: 'PUT', body: chat, headers: json}),
    get: () => read('/v1/models', {mode: 'no-cors'}),
    'get, bearer': () => read('/v1/models', {headers: bearer}),
    'form, plain': () => posted('text/plain', chat, '/chat'),
    'form, encoded': () => posted('application/x-www-form-urlencoded', chat, '/chat'),
    'form, v1': () => posted('text/plain', ask, '/v1/chat/completions'),
    beacon: async () => `${navigator.sendBeacon(url + '/chat', chat)}`,
    'beacon as JSON': async () =>
      `${navigator.sendBeacon(url + '/chat', new Blob([chat], {type: 'application/json'}))}`,
    image: () => tagged('img', '/v1/models'),
    script: () => tagged('script', '/v1/models'),
    frame: () => tagged('iframe', '/v1/models'),
    socket: () => socket('/chat'),
    'socket, v1': () => socket('/v1/chat/completions'),
    events: () => events('/v1/chat/completions'),
  };
  const came = {};
  for (const [name, attack] of Object.entries(attacks)) {
    came[name] = await attack().catch(error => `${error}`);
  }
  return came;
}
"""


@pytest.fixture(scope="module")
def rebound() -> Iterator[Browser]:
    """Yield a Chromium for which a foreign name is this machine."""
    with running_browser(NAME) as running:
        yield running


def attack(browser: Browser, page_url: str, url: str, token: str) -> dict[str, Any]:
    """Open a page, make it try everything, and give what it could read."""
    page, _ = browser.open_page(page_url)
    chat = body("Hello", token).decode()
    ask = json.dumps({"messages": [{"role": "user", "content": "Hello"}], "stream": True})
    came: dict[str, Any] = page.evaluate(ATTACKS, [url, token, chat, ask])
    page.close()
    return came


def elsewhere(url: str) -> str:
    """Give an address of this machine by the foreign name."""
    return url.replace("127.0.0.1", NAME)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[str]:
    """Yield the address of an attacker's web server."""
    (tmp_path / "index.html").write_text("<!doctype html><body>a page</body>")
    with served(tmp_path) as address:
        yield address


def test_without_a_guard_the_attacks_would_win(rebound: Browser, pages: str) -> None:
    """A server that does not look who knocks takes the prompts, and its answers are read."""

    async def script(visit: Visit) -> None:
        await visit.send(OPEN, chunk("a word"), END)

    with peer(script) as server:
        came = attack(rebound, elsewhere(pages), server.url, "t")
        bodies = [visit.body for visit in server.visits]
    readable = {name for name, text in came.items() if "a word" in text}
    assert readable >= {"simple, read", "preflight", "preflight, bearer", "get, bearer", "put"}
    assert sum(b"Hello" in each for each in bodies) >= 10
    assert len(bodies) >= len(came)


@pytest.mark.parametrize("way", ["another site", "another port", "rebound"])
def test_no_web_page_is_answered(rebound: Browser, pages: str, way: str) -> None:
    """From a foreign name, from this machine itself, and by a name that was rebound to it."""
    asked = Asked()
    place = embedded.start(asked)
    try:
        page_url, url = {
            "another site": (elsewhere(pages), place.url),
            "another port": (pages, place.url),
            "rebound": (elsewhere(place.url), elsewhere(place.url)),
        }[way]
        came = attack(rebound, page_url, url, place.token)
        assert asked.count == 0
        assert not [name for name, text in came.items() if "word" in text or "open" in text]
        if way == "rebound":  # it may read what it is told, and that is the refusal
            assert came["preflight"].startswith("403 The Host is not this machine")
        assert raw(place.url, body(token=place.token), JSON).startswith(b"HTTP/1.1 200 ")
        assert asked.count == 1
    finally:
        embedded.stop(asked)
