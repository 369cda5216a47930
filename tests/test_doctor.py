"""The doctor: each way in which the way to an engine can fail, with a verdict and a remedy."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from json import dumps, loads
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from support.certificates import certificate
from support.engine import engine
from support.peers import END, HEAD, Gate, Peer, Visit, chunk, peer, whole
from support.scripts import unanswered
from support.tunnel import tunnel

from cromicle_magic.doctor import line, speech, trial
from cromicle_magic.doctor.check import STEPS, Check, has_failed, lines, table
from cromicle_magic.doctor.examination import examine, sources
from cromicle_magic.errors import DeadlineError
from cromicle_magic.providers import discovery
from cromicle_magic.providers.base import AsyncGeneratorProvider
from cromicle_magic.providers.registry import register
from cromicle_magic.server.app import listen
from cromicle_magic.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from support.kernels import Kernel

    Script = Callable[[Visit], Awaitable[None]]

KEY = "sk-this-is-a-secret"
# Too long for the question that a resolver would have to send, so that none is sent.
NO_NAME = ".".join(["x" * 45] * 6) + ".invalid"
REFUSED = b"HTTP/1.1 %d No\r\ncontent-length: %d\r\n\r\n%s"


def refusal(status: int, says: str = "") -> bytes:
    """Give an answer that is none."""
    return REFUSED % (status, len(says), says.encode())


def listing(*models: str) -> bytes:
    """Give the list of an engine."""
    return whole(dumps({"object": "list", "data": [{"id": model} for model in models]}))


def events(*pieces: str, field: str = "content", finish: str = "stop") -> bytes:
    """Give an engine's answer, a stream of events."""
    said: list[dict[str, Any]] = [{"delta": {field: piece}} for piece in pieces]
    said.append({"delta": {}, "finish_reason": finish})
    data = [dumps({"choices": [choice]}) for choice in said]
    return whole(*(f"data: {each}\n\n" for each in [*data, "[DONE]"]))


def speaking(models: Script | bytes, chat: Script | bytes) -> Script:
    """Give the script of an engine that lists models, and answers."""

    async def script(visit: Visit) -> None:
        does = models if visit.path.endswith("/models") else chat
        if isinstance(does, bytes):
            await visit.send(does)
        else:
            await does(visit)

    return script


SOUND = speaking(listing("llama3.2:latest"), events("O", "K"))


def examined(config: dict[str, object] | None = None, **options: object) -> dict[str, Check]:
    """Examine whoever these options of the line name, and give the checks by their steps."""

    async def main() -> list[Check]:
        settings = resolve(options, config)
        return [check async for check in examine(settings, sources(options, config))]

    checks = asyncio.run(main())
    assert tuple(check.step for check in checks) == STEPS
    assert all(check.remedy for check in checks if check.verdict in {"failed", "warning"})
    assert KEY not in table(checks)
    return {check.step: check for check in checks}


def fault(checks: dict[str, Check]) -> Check:
    """Give the one check that failed, behind which all are skipped."""
    (failed,) = [check for check in checks.values() if check.verdict == "failed"]
    later = STEPS[STEPS.index(failed.step) + 1 :]
    assert {checks[step].verdict for step in later} <= {"skipped"}
    return failed


def verdicts(checks: dict[str, Check]) -> set[str]:
    """Give the verdicts there are."""
    return {check.verdict for check in checks.values()}


@contextmanager
def closed_port() -> Iterator[int]:
    """Give a port that refuses: bound, so that nobody else gets it, and not listening."""
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def port_of(url: str) -> int:
    """Give the port of an address."""
    return int(urlsplit(url).port or 0)


# -- all is well ------------------------------------------------------------------
def test_a_sound_engine_passes_every_step() -> None:
    """It is asked for its models and one tiny prompt, and nothing else."""
    with peer(SOUND) as server:
        checks = examined(url=f"{server.url}/v1")
        paths = [visit.path for visit in server.visits]
        body = loads(server.visit(1).body)
    assert verdicts(checks) == {"ok", "skipped"}
    assert paths == ["/v1/models", "/v1/chat/completions"]
    assert (body["model"], body["max_tokens"]) == ("llama3.2:latest", 16)
    assert "--url" in checks["engine"].detail
    assert '"OK" after' in checks["first text"].detail


def test_a_real_engine_passes_every_step(tmp_path: Path) -> None:
    """llama.cpp's own server, which never ends by itself here, is left after two pieces."""
    with engine(tmp_path, "Hi?", is_endless=True) as url:
        checks = examined(url=f"{url}/v1")
    assert verdicts(checks) == {"ok", "skipped"}
    assert checks["first text"].detail.startswith('"H')
    assert checks["first text"].detail.endswith("streamed")
    assert "tiny.gguf" in checks["protocol"].detail


def test_without_an_engine_the_built_in_responder_is_a_warning() -> None:
    """It works, and is no model."""
    checks = examined()
    assert verdicts(checks) == {"ok", "warning", "skipped"}
    assert checks["engine"].verdict == "warning"
    assert "no model is connected" in checks["engine"].detail
    assert checks["engine"].remedy == "ollama serve\nollama pull llama3.2"
    assert "No model" in checks["first text"].detail


def test_a_class_of_ones_own_is_judged_by_its_first_text() -> None:
    """It finds its own way, so there is none to check."""

    class Shout(AsyncGeneratorProvider):
        @classmethod
        async def create_async_generator(cls, *_: Any, **__: Any) -> Any:
            yield "HI"

    register("shout", Shout)
    checks = examined(engine="shout")
    assert [checks[step].verdict for step in STEPS] == ["ok", *["skipped"] * 4, *["ok"] * 3]


def test_a_deadline_of_a_classs_own_is_told_in_its_words() -> None:
    """And not as one of the doctor's, who has not waited."""

    class Slow(AsyncGeneratorProvider):
        """Gives up at once."""

        @classmethod
        async def create_async_generator(cls, model: str, messages: Any, **kwargs: Any) -> Any:
            raise DeadlineError("Slow has no time today.")
            yield

    register("slow", Slow)
    failed = fault(examined(engine="slow", timeout="5"))
    assert (failed.step, failed.detail) == ("first text", "Slow has no time today.")


# -- who answers ------------------------------------------------------------------
def test_an_engine_misspelled_gets_the_nearest_name() -> None:
    """As a command that takes it."""
    failed = fault(examined(engine="olama"))
    assert (failed.step, failed.remedy) == ("engine", "%cromicle use ollama")


def test_an_ollama_without_a_model_is_why_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs and lists nothing, so it is passed over; the doctor says what to download."""
    with peer(whole('{"object": "list", "data": null}')) as server:
        port = port_of(server.url)
        monkeypatch.setitem(discovery._NAMES, port, "Ollama")
        monkeypatch.setenv("CROMICLE_PORTS", str(port))
        found = examined()["engine"]
        assert (found.verdict, found.remedy) == ("warning", "ollama pull llama3.2")
        assert f"Ollama at {server.url}/v1 has none" in found.detail
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        failed = fault(examined(engine="ollama"))
        assert (failed.step, failed.remedy) == ("protocol", "ollama pull llama3.2")
        assert {visit.path for visit in server.visits} == {"/v1/models"}


def test_an_engine_that_was_found_and_is_gone_is_looked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was remembered from an earlier cell is no finding."""
    with peer(SOUND) as server:
        monkeypatch.setenv("CROMICLE_PORTS", str(port_of(server.url)))
        assert "found on this machine" in examined()["engine"].detail
    assert "no engine was found" in examined()["engine"].detail


# -- the way there ----------------------------------------------------------------
def test_a_name_that_nobody_has_ends_the_way() -> None:
    """With how to ask the resolver; neither a name that can't be one does more."""
    failed = fault(examined(url=f"http://{NO_NAME}/v1"))
    assert (failed.step, failed.remedy) == ("name", f"nslookup {NO_NAME}")
    assert fault(examined(url=f"http://{'x' * 64}.invalid/v1")).step == "name"


@pytest.mark.parametrize(
    ("host", "path", "remedy"),
    [
        ("127.0.0.1", "/v1", "%cromicle use auto"),
        ("127.0.0.1", "", "python -m cromicle_magic serve --port {port}"),
        ("127.0.0.2", "/v1", "ssh -N -L {port}:127.0.0.1:{port} 127.0.0.2"),
    ],
)
def test_a_closed_port_says_how_to_open_it(host: str, path: str, remedy: str) -> None:
    """On this machine, or from another to this one."""
    with closed_port() as port:
        failed = fault(examined(url=f"http://{host}:{port}{path}"))
        assert (failed.step, failed.remedy) == ("connection", remedy.format(port=port))
        assert "connection refused" in failed.detail


def test_an_ollama_that_does_not_run_is_to_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another model than its own first is asked for."""
    with closed_port() as port:
        monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{port}")
        for options in ({"engine": "ollama"}, {}, {"engine": "ollama", "model": "m"}):
            failed = fault(examined(**options))
            assert (failed.step, failed.remedy) == ("connection", "ollama serve")


def test_a_host_that_ssh_could_take_for_an_option_is_not_put_behind_it() -> None:
    """Nor is anything else of an address that a shell would obey."""
    for start in ("-oproxycommand=", "$(reboot)", "a;"):
        failed = fault(examined(url=f"http://{start}{NO_NAME}:1/v1"))
        assert (failed.step, failed.remedy) == ("name", "%cromicle use auto")


# -- TLS --------------------------------------------------------------------------
def test_a_certificate_of_nobody_known_is_not_trusted(tmp_path: Path) -> None:
    """With how to look at it, and how to trust it."""
    with peer(SOUND, tls=certificate(tmp_path).tls) as server:
        failed = fault(examined(url=f"{server.url}/v1"))
        assert failed.step == "TLS"
        assert "is not trusted" in failed.detail
        look, trust = failed.remedy.splitlines()
        assert f"-connect 127.0.0.1:{port_of(server.url)}" in look
        assert trust.startswith("export SSL_CERT_FILE=")
        assert not server.visits


def test_a_certificate_that_has_expired_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how to see its dates."""
    yesterday = datetime.now(timezone.utc) - timedelta(days=1)
    old = certificate(tmp_path, not_after=yesterday)
    monkeypatch.setenv("SSL_CERT_FILE", old.trust["SSL_CERT_FILE"])
    with peer(SOUND, tls=old.tls) as server:
        failed = fault(examined(url=f"{server.url}/v1"))
    assert failed.step == "TLS"
    assert "has expired" in failed.detail
    assert "-noout -dates" in failed.remedy


def test_a_certificate_for_another_host_names_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the address by which it would fit."""
    other = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", other.trust["SSL_CERT_FILE"])
    with peer(SOUND, tls=other.tls) as server:
        failed = fault(examined(url=f"{server.url}/v1"))
        assert failed.step == "TLS"
        assert 'not for 127.0.0.1; it is for "localhost"' in failed.detail
        assert failed.remedy == f"%cromicle use https://localhost:{port_of(server.url)}/v1"
        assert not server.visits


def test_a_server_without_tls_is_to_be_asked_without() -> None:
    """Its answer to the greeting is no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def greet() -> None:
            with plain.accept()[0] as connection:
                connection.recv(1)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        async def main() -> dict[str, Check]:
            greeting = asyncio.create_task(asyncio.to_thread(greet))
            checks = await asyncio.to_thread(examined, url=f"https://{place}/v1")
            await greeting
            return checks

        place = f"127.0.0.1:{plain.getsockname()[1]}"
        failed = fault(asyncio.run(main()))
    assert (failed.step, failed.remedy) == ("TLS", f"%cromicle use http://{place}/v1")


@pytest.mark.parametrize("scheme", ["https:", "HTTPS:"])
def test_a_server_that_is_silent_when_tls_begins_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Each step has its own deadline."""
    monkeypatch.setattr(line, "STEP_S", 0.2)
    with peer(SOUND) as server:
        failed = fault(examined(url=server.url.replace("http:", scheme)))
    assert failed.step == "TLS"
    assert "not agreed upon" in failed.detail


# -- the proxy --------------------------------------------------------------------
def proxied(server: Peer, url: str) -> dict[str, Check]:
    """Examine through a proxy with a password."""
    return examined(url=url, proxy=server.url.replace("://", f"://me:{KEY}@"))


@pytest.mark.parametrize("status", [407, 502])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_to_be_left_out(scheme: str, status: int) -> None:
    """The name of the engine is the proxy's to look up; its password goes to it, and is hidden."""
    with peer(refusal(status)) as server:
        failed = fault(proxied(server, f"{scheme}://h.invalid/v1"))
        assert (failed.step, failed.remedy) == ("proxy", "%config CromicleMagics.proxy = None")
        assert f"HTTP {status}" in failed.detail
        (visit,) = server.visits
        assert visit.headers["proxy-authorization"].startswith("basic ")
        target = "h.invalid:443" if scheme == "https" else "http://h.invalid/v1/models"
        assert visit.path == target


def test_a_proxy_that_lets_through_is_no_fault() -> None:
    """The list and the prompt go through it."""
    with peer(SOUND) as server:
        checks = proxied(server, "http://h.invalid/v1")
        assert verdicts(checks) == {"ok", "skipped"}
        assert checks["proxy"].verdict == "ok"
        assert [visit.path for visit in server.visits[-2:]] == [
            "http://h.invalid/v1/models",
            "http://h.invalid/v1/chat/completions",
        ]


def test_a_proxy_forbids_or_the_server_behind_it() -> None:
    """Over http nobody can tell, so it is a warning, and the key's turn."""
    with peer(refusal(403)) as server:
        checks = proxied(server, "http://h.invalid/v1")
        assert checks["proxy"].verdict == "warning"
        assert fault(checks).step == "key"
        assert fault(proxied(server, "https://h.invalid/v1")).step == "proxy"


def test_tls_is_agreed_upon_through_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the engine, not with the proxy; so its certificate is what is looked at."""
    other = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", other.trust["SSL_CERT_FILE"])
    with peer(SOUND, tls=other.tls) as server, tunnel(port_of(server.url)) as proxy:
        checks = examined(url="https://h.invalid/v1", proxy=proxy)
    assert checks["proxy"].verdict == "ok"
    failed = fault(checks)
    assert 'not for h.invalid; it is for "localhost"' in failed.detail
    assert (failed.step, failed.remedy) == ("TLS", "%cromicle use https://localhost/v1")


@pytest.mark.parametrize("answer", [b"\x00nonsense\r\n\r\n", b""], ids=["noise", "nothing"])
def test_what_is_no_proxy_is_said(answer: bytes) -> None:
    """Whatever it answers."""
    with peer(answer) as server:
        failed = fault(proxied(server, "https://h.invalid/v1"))
    assert failed.step == "proxy"
    assert "did not answer as an HTTP proxy does" in failed.detail


def test_a_proxy_that_is_not_there_is_to_be_left_out() -> None:
    """Not the engine is to be started."""
    with closed_port() as port:
        failed = fault(examined(url="http://h.invalid/v1", proxy=f"http://127.0.0.1:{port}"))
    assert (failed.step, failed.remedy) == ("connection", "%config CromicleMagics.proxy = None")
    assert "the proxy at" in failed.detail


# -- the key ----------------------------------------------------------------------
@pytest.mark.parametrize("key", ["", KEY])
def test_a_key_that_is_refused_can_be_typed_in_unseen(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Though the server repeats it in its error, it is not shown."""
    monkeypatch.setenv("CROMICLE_TOKEN", key)
    with peer(refusal(401, f"bad key {KEY}" if key else "no key")) as server:
        failed = fault(examined(url=f"{server.url}/v1"))
        sent = "authorization" in server.visit().headers
    assert (failed.step, sent) == ("key", bool(key))
    assert failed.detail.startswith("sent: " if key else "none was sent: ")
    # What is typed in by login stands behind any other, so it would not replace a wrong one.
    asks = (
        "%config CromicleMagics.token = __import__" if key else "%cromicle login http://127.0.0.1:"
    )
    assert failed.remedy.startswith(asks)


def test_a_key_that_an_error_is_cut_off_in_is_not_shown() -> None:
    """Nor is its beginning."""
    says = "x" * 190 + KEY
    with peer(refusal(401, says)) as server:
        failed = fault(examined({"token": KEY}, url=f"{server.url}/v1"))
    assert "xxx" in failed.detail
    assert KEY[:4] not in failed.detail


def test_a_key_that_is_accepted_is_said_to_be() -> None:
    """And one that nobody wants is not asked for."""
    with peer(SOUND) as server:
        url = f"{server.url}/v1"
        assert examined({"token": KEY}, url=url)["key"].detail == "sent, and not refused"
        assert "none is wanted" in examined(url=url)["key"].detail


def test_a_key_refused_only_to_the_prompt_is_a_fault_of_the_first_text() -> None:
    """Some services give their list to anybody."""
    with peer(speaking(listing("m"), refusal(401, "no key"))) as server:
        failed = fault(examined(url=f"{server.url}/v1"))
    assert failed.step == "first text"
    assert failed.remedy.startswith("%cromicle login http://127.0.0.1:")


@pytest.mark.parametrize(
    ("origin", "remedy"),
    [
        ("CROMICLE_TOKEN", "export CROMICLE_URL=http://127.0.0.2:{port}/v1"),
        (
            "%config CromicleMagics.token",
            '%config CromicleMagics.url = "http://127.0.0.2:{port}/v1"\n%cromicle use auto',
        ),
    ],
)
def test_a_key_that_is_withheld_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, origin: str, remedy: str
) -> None:
    """It was set further from the cell than the address, so it stays here; where, is told."""
    config: dict[str, object] = {}
    if origin == "CROMICLE_TOKEN":
        monkeypatch.setenv(origin, KEY)
    else:
        config["token"] = KEY
    with peer(refusal(401), host="127.0.0.2") as server:
        failed = fault(examined(config, engine=f"{server.url}/v1"))
        assert "authorization" not in server.visit().headers
    assert (failed.step, failed.remedy) == ("key", remedy.format(port=port_of(server.url)))
    assert failed.detail.startswith(f"withheld, for {origin} set it further")


# -- the protocol -----------------------------------------------------------------
@pytest.mark.parametrize("path", ["/v1", ""])
def test_a_web_page_is_no_engine(path: str) -> None:
    """Neither in OpenAI's protocol nor in the Cromicle protocol, where it would pass for text."""
    with peer(whole("<!DOCTYPE html><title>Hello</title>")) as server:
        failed = fault(examined(url=server.url + path))
    assert (failed.step, failed.remedy) == ("protocol", "%cromicle use auto")
    assert "web page" in failed.detail


def test_an_engine_named_without_its_version_gets_it() -> None:
    """It does not know the Cromicle protocol, and lists its models."""
    with peer(speaking(listing("m"), refusal(404))) as server:
        failed = fault(examined(url=server.url))
        assert failed.step == "protocol"
        assert failed.remedy == f"%cromicle use {server.url}/v1"


def test_an_engine_without_a_list_is_judged_by_its_answer() -> None:
    """No engine must have one."""
    with peer(speaking(refusal(404), events("OK"))) as server:
        checks = examined(url=f"{server.url}/v1", model="m")
    assert verdicts(checks) == {"ok", "skipped"}
    assert "HTTP 404" in checks["protocol"].detail
    assert checks["first text"].detail.startswith('"OK" after')


def test_a_list_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing more is asked then."""
    monkeypatch.setattr(speech, "LIST_S", 0.2)
    with peer(unanswered) as server:
        failed = fault(examined(url=f"{server.url}/v1"))
        assert (failed.step, len(server.visits)) == ("protocol", 1)
    assert "silent for 0.2 s" in failed.detail


def test_a_model_that_is_not_listed_gets_the_nearest_name() -> None:
    """A warning, for some engines take any name; Ollama's may lack the tag."""
    with peer(speaking(listing("qwen3:8b", "llama3.2:latest"), events("OK"))) as server:
        url = f"{server.url}/v1"
        check = examined(url=url, model="lama3.2")["protocol"]
        assert check.verdict == "warning"
        assert check.remedy == '%config CromicleMagics.model = "llama3.2:latest"'
        assert examined(url=url, model="llama3.2")["protocol"].verdict == "ok"


def test_a_model_with_a_wicked_name_becomes_no_command() -> None:
    """IPython would evaluate it on the line of a magic; shown, it moves no cursor either."""
    with peer(speaking(listing('{print(1)}"\x1b[2J'), events("OK"))) as server:
        check = examined(url=f"{server.url}/v1", model="other")["protocol"]
    assert check.remedy == "%cromicle models"
    assert "\x1b" not in lines(check)


def test_an_engine_that_only_embeds_can_not_answer() -> None:
    """So it needs another model."""
    with peer(listing("nomic-embed-text")) as server:
        failed = fault(examined(url=f"{server.url}/v1"))
    assert failed.step == "protocol"
    assert "has no model which chats" in failed.detail


@pytest.mark.parametrize(("token", "step"), [("right", ""), ("wrong", "key")])
def test_a_server_of_the_cromicle_protocol_tells_its_token(token: str, step: str) -> None:
    """The right one gets a first text, and a wrong one is a matter of the key."""

    async def main() -> dict[str, Check]:
        async with listen("right") as url:
            return await asyncio.to_thread(examined, {"token": token}, url=url)

    checks = asyncio.run(main())
    assert checks["key"].verdict == ("failed" if step else "ok")
    if step:
        assert fault(checks).step == step
    else:
        assert verdicts(checks) == {"ok", "skipped"}


# -- the first text ---------------------------------------------------------------
async def comments(visit: Visit) -> None:
    """Keep the connection alive, and say nothing."""
    await visit.send(HEAD)
    while not visit.gone.is_set():
        await visit.send(chunk(": still here\n\n"))
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("script", [unanswered, comments])
def test_a_first_text_that_does_not_come_is_not_waited_for(script: Script) -> None:
    """The setting's timeout holds, also where comments keep a connection busy."""
    with peer(speaking(listing("m"), script)) as server:
        failed = fault(examined(url=f"{server.url}/v1", timeout=0.4))
        assert server.visit(1).gone.wait(5)
    assert failed.step == "first text"
    assert failed.remedy == "%config CromicleMagics.timeout = 300"


def test_a_cold_model_gets_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow text is explained; beyond what the doctor waits for, a cell would wait longer."""
    monkeypatch.setattr(speech, "COLD_S", 0.0)
    with peer(SOUND) as server:
        check = examined(url=f"{server.url}/v1")["first text"]
    assert check.detail.endswith("the model was probably loaded first, and the next is faster")
    monkeypatch.setattr(trial, "TEXT_S", 0.2)
    with peer(speaking(listing("m"), unanswered)) as server:
        failed = fault(examined(url=f"{server.url}/v1"))
    assert (failed.step, failed.remedy) == ("first text", "%cromicle doctor")
    assert "a large model may still be loading, and a cell waits for 300 s" in failed.detail


def test_a_first_text_of_nothing_is_a_fault() -> None:
    """The stream ends well, and without a character."""
    with peer(speaking(listing("m"), events())) as server:
        failed = fault(examined(url=f"{server.url}/v1"))
    assert (failed.step, failed.remedy) == ("first text", "%cromicle models")
    assert "without a single character" in failed.detail


def test_a_model_that_thinks_longer_than_it_may_has_answered() -> None:
    """Its few tokens were all thinking."""
    answer = events("Hm", field="reasoning_content", finish="length")
    with peer(speaking(listing("m"), answer)) as server:
        check = examined(url=f"{server.url}/v1")["first text"]
    assert check.verdict == "ok"
    assert check.detail.startswith("thinking after")


def test_a_text_that_breaks_off_is_a_fault() -> None:
    """Its first piece alone is no answer."""

    async def cut(visit: Visit) -> None:
        await visit.send(HEAD, chunk('data: {"choices": [{"delta": {"content": "O"}}]}\n\n'), END)

    with peer(speaking(listing("m"), cut)) as server:
        failed = fault(examined(url=f"{server.url}/v1"))
    assert failed.step == "first text"


def test_a_service_that_takes_no_limit_of_tokens_is_asked_without() -> None:
    """As some hosted models want it."""

    async def picky(visit: Visit) -> None:
        has_limit = "max_tokens" in loads(visit.body)
        await visit.send(refusal(400, "max_tokens?") if has_limit else events("O", "K"))

    with peer(speaking(listing("m"), picky)) as server:
        assert examined(url=f"{server.url}/v1")["first text"].verdict == "ok"


def test_a_model_that_ollama_lacks_is_to_be_pulled(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own name."""
    chat = refusal(404, '{"error": {"message": "model not found"}}')
    with peer(speaking(listing("qwen3:8b"), chat)) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        failed = fault(examined(engine="ollama", model="llama3.2"))
    assert (failed.step, failed.remedy) == ("first text", "ollama pull llama3.2")


# -- how it is shown, and where it is asked for -----------------------------------
def test_checks_are_shown_one_below_the_other() -> None:
    """Each remedy on a line of its own, as it is to be typed, and no control as such."""
    checks = [
        Check("engine", "ok", "a\x1b[2J\nb"),
        Check("name", "failed", "No.", "one --x y\ntwo"),
    ]
    assert table(checks).splitlines() == [
        "engine      ok       a\u241b[2J b",
        "name        failed   No.",
        "            try      one --x y",
        "            try      two",
    ]
    assert has_failed(checks)
    assert not has_failed([Check("engine", "warning", "")])


def test_a_cell_shows_the_steps(newest: Kernel) -> None:
    """Of the engine in use, or of the one that is named, in one plain output; none is failing."""
    with peer(SOUND) as server:
        run = newest.run(f"%cromicle doctor {server.url}/v1")
    assert run.status == "ok", run.error
    (shown,) = run.outputs
    assert list(shown) == ["text/plain"]
    rows = shown["text/plain"].splitlines()
    assert [row[:12].strip() for row in rows] == list(STEPS)
    assert rows[0].endswith(": --engine")
    (shown,) = newest.run(
        "def f(): get_ipython().run_line_magic('cromicle', 'doctor')\nf()"
    ).outputs
    assert "no model is connected" in shown["text/plain"]


def test_an_interrupt_ends_it_and_shows_how_far_it_came(newest: Kernel) -> None:
    """While the engine is silent; the connection is closed."""
    gate = Gate()

    async def wait(visit: Visit) -> None:
        gate.open()
        await unanswered(visit)

    with peer(speaking(listing("m"), wait)) as server:
        running = newest.submit(f"%cromicle doctor {server.url}/v1")
        assert gate.is_open_within(20)
        newest.interrupt()
        run = newest.finish(running)
        assert server.visit(1).gone.wait(5)
    assert run.status == "error"
    assert run.error == ["KeyboardInterrupt: nothing was changed."]
    (shown,) = run.outputs
    assert "protocol    ok" in shown["text/plain"]
    assert "first text" not in shown["text/plain"]
