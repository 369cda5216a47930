"""What %cromicle obeys, in a real kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from support.models import write_model
from support.peers import Peer, Visit, peer, whole
from support.scripts import unanswered

from cromicle_magic.line.vocabulary import COMMANDS
from cromicle_magic.manual.pages import page, topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.kernels import Kernel

EVENT = 'data: {"choices": [{"delta": {"content": "engine"}, "finish_reason": "stop"}]}\n\n'
MINE = """
class Mine:
    async def create_async_generator(model, messages, **kwargs):
        yield "mine: " + messages[-1]["content"]
"""


@pytest.fixture
def server() -> Iterator[Peer]:
    """An engine with two models."""
    models = {"data": [{"id": "text-embedding-x"}, {"id": "tiny\x1b[31m"}]}

    async def script(visit: Visit) -> None:
        is_list = visit.path == "/v1/models"
        await visit.send(whole(json.dumps(models) if is_list else EVENT))

    with peer(script) as running:
        yield running


@pytest.fixture(autouse=True)
def _auto(newest: Kernel) -> Iterator[None]:
    """Let nothing chosen in one test hold in the next."""
    yield
    newest.run("%cromicle use auto")


def told(kernel: Kernel, line: str) -> str:
    """Give what a command shows."""
    run = kernel.run(line)
    assert run.status == "ok", (run.error, run.stderr)
    (data,) = run.outputs
    assert set(data) == {"text/plain"}
    return str(data["text/plain"])


def test_an_engine_that_is_used_answers_until_another_is(newest: Kernel, server: Peer) -> None:
    """A bare address is enough; each cell says who answered."""
    shown = told(newest, f"%cromicle use {server.url}")
    assert shown == f"{server.url}/v1 answers from now on, with tiny␛[31m."
    run = newest.run("%%cromicle\nHi")
    assert run.outputs[0]["text/plain"] == "engine"
    assert f"{server.url}/v1" in run.outputs[0]["text/html"]
    assert told(newest, "%cromicle use").startswith(f"{server.url}/v1 answers, with tiny")
    assert newest.run("%%cromicle -e offline\nHi").outputs[0]["text/plain"].startswith("**No")
    shown = told(newest, "%cromicle use auto")
    assert shown == "built-in responder answers from now on: no engine was found."


def test_what_is_not_there_is_not_used(newest: Kernel) -> None:
    """One sentence, and what was used before still is."""
    told(newest, "%cromicle use offline")
    with peer(whole("")) as gone:
        url = gone.url
    run = newest.run(f"%cromicle use {url}")
    assert run.status == "error"
    (line,) = run.error
    assert line.startswith(f"ConnectError: Nothing answers at {url}/v1/models (connection refused)")
    assert newest.run("%cromicle use olama").stderr.startswith(
        "UsageError: There is no engine 'olama'; did you mean ollama?"
    )
    assert told(newest, "%cromicle use").startswith("built-in responder answers")


def test_a_class_of_the_notebook_answers(newest: Kernel) -> None:
    """By its bare name, on the line and by use; changed and run again, the new one does."""
    newest.run(MINE)
    assert newest.run("%%cromicle -e Mine\nHi").outputs[0]["text/plain"] == "mine: Hi"
    assert told(newest, "%cromicle use Mine") == "Mine answers from now on."
    assert newest.run("%cromicle Hi").outputs[0]["text/plain"] == "mine: Hi"
    newest.run(MINE.replace("mine:", "now:"))
    assert newest.run("%cromicle Hi").outputs[0]["text/plain"] == "now: Hi"


def test_a_file_answers_in_the_kernels_own_process(newest: Kernel, tmp_path: Path) -> None:
    """With thinking and counts, wherever the notebook goes; what can't be run is one sentence."""
    write_model(tmp_path / "tiny.gguf", "<think>", "hm", "</think>", "Naïve 中😀.")
    newest.run(f"import os; home = os.getcwd(); os.chdir({str(tmp_path)!r})")
    assert told(newest, "%cromicle use ./tiny.gguf") == "tiny answers from now on."
    newest.run("os.chdir(home)")
    run = newest.run("%%cromicle\nHello?")
    assert run.outputs[0]["text/plain"] == "Naïve 中😀."
    assert ">tiny · " in run.outputs[0]["text/html"]
    assert newest.run("print(_cromicle.reasoning, bool(_cromicle.usage))").stdout == "hm True\n"
    run = newest.run("%cromicle use ./none.gguf")
    assert run.stderr == 'UsageError: There is no file "none.gguf"; check the path.\n'
    assert told(newest, "%cromicle use") == "tiny answers."


def test_models_lists_what_is_used_and_what_is_found(newest: Kernel, server: Peer) -> None:
    """With a mark at the one that is asked, and no control character."""
    newest.run(f"%config CromicleMagics.ports = [{urlsplit(server.url).port}]")
    for line in ("%cromicle models", f"%cromicle models {server.url}"):
        rows = [row.split() for row in told(newest, line).splitlines()]
        assert rows[0] == ["engine", "model"]
        assert [row[-1] for row in rows[1:]] == ["text-embedding-x", "tiny␛[31m"]
        assert [row[0] == "*" for row in rows[1:]] == [False, True]
    newest.run("%config CromicleMagics.ports = None")
    assert told(newest, "%cromicle models") == "built-in responder lists no models."


def test_config_tells_who_set_what_and_shows_no_key(newest: Kernel, server: Peer) -> None:
    """Each setting, its value and its origin, and who answers."""
    newest.run("%config CromicleMagics.token = 'hush'\n%config CromicleMagics.timeout = 7")
    told(newest, f"%cromicle use {server.url}")
    shown = told(newest, "%cromicle config")
    rows = {row.split()[0]: " ".join(row.split()[1:]) for row in shown.splitlines() if row}
    assert "hush" not in shown
    assert rows["token"].startswith("set, and never shown")
    assert rows["timeout"] == "7.0 %config CromicleMagics.timeout"
    assert rows["url"] == f"{server.url}/v1 %cromicle use"
    assert rows["ports"] == "none CROMICLE_PORTS"
    assert "out" not in rows
    assert shown.endswith(f"{server.url}/v1 answers, with tiny␛[31m.")
    newest.run("%config CromicleMagics.token = None\n%config CromicleMagics.timeout = None")


def test_a_command_is_obeyed_where_nothing_can_be_awaited(newest: Kernel) -> None:
    """From a function, and under %%time."""
    call = "1; get_ipython().run_line_magic('cromicle', 'use offline')"
    assert newest.run(call).outputs[0]["text/plain"] == "built-in responder answers from now on."
    assert "answers" in newest.run("%%time\n%cromicle use").outputs[0]["text/plain"]


def test_an_interrupt_ends_a_command(newest: Kernel) -> None:
    """With one line, and nothing was changed."""
    with peer(unanswered) as server:
        number = newest.submit(f"%cromicle use {server.url}")
        server.visit()
        newest.interrupt()
        run = newest.finish(number)
    assert run.error == ["KeyboardInterrupt: nothing was changed."]
    assert told(newest, "%cromicle use").startswith("built-in responder")


def test_help_lists_every_command_and_every_topic(newest: Kernel) -> None:
    """Each on a line of its own, with what it does or tells."""
    lines = told(newest, "%cromicle help").splitlines()
    for command in COMMANDS:
        (line,) = (line for line in lines if line.startswith(f"%cromicle {command.name} "))
        assert line.endswith(f"  {command.help}")
    for topic in topics():
        (line,) = (line for line in lines if line.startswith(f"{topic} "))
        assert page(topic).startswith(f"# {topic.capitalize()}: {line.split(maxsplit=1)[1]}\n")
    assert told(newest, "%cromicle version").startswith("cromicle-magic 0.")


def test_help_shows_a_page_of_the_manual(newest: Kernel) -> None:
    """Laid out and sanitised like an answer, its plain text as it was written."""
    (shown,) = newest.run("%cromicle help Chats").outputs
    assert shown["text/plain"] == page("chats")
    assert shown["text/html"].startswith("<h1>Chats: what goes along with a prompt</h1>")
    assert "<code>%%cromicle --fork plan</code>" in shown["text/html"]


@pytest.mark.parametrize(
    ("topic", "says"),
    [
        (
            "chast",
            'There is no page on "chast"; did you mean chats? %cromicle help lists them all.',
        ),
        ("x\x1b[2J", 'There is no page on "x␛[2J". %cromicle help lists them all.'),
    ],
)
def test_a_page_that_is_not_there_is_one_sentence(newest: Kernel, topic: str, says: str) -> None:
    """With the nearest topic, if one is near."""
    assert newest.run(f"%cromicle help {topic}").stderr == f"UsageError: {says}\n"


def test_wait_raises_a_failure_that_nobody_has_heard_of(newest: Kernel) -> None:
    """Also where it is over by then, and once; what is told by its number stays told."""
    newest.run("class Broken:\n    async def create_async(model, messages):\n        1 / 0")
    for _ in range(2):
        newest.run("%%cromicle --bg -e Broken\nHi")
    number = newest.run("import asyncio\nwhile not _cromicle.is_over: await asyncio.sleep(0.01)")
    assert number.status == "ok"
    run = newest.run("%cromicle wait")
    assert run.error[0].startswith("ForeignError: Broken failed: ZeroDivisionError")
    # Who awaits an answer is told of its failure by that.
    assert newest.run("await _cromicle").error[0] == run.error[0]
    assert newest.run("%cromicle wait").status == "ok"


def test_auto_takes_a_choice_back_and_chooses_nothing(newest: Kernel, server: Peer) -> None:
    """What %config says counts again, and is not made a choice of its own."""
    newest.run(f"%config CromicleMagics.url = '{server.url}/v1'")
    told(newest, "%cromicle use auto")
    assert f"{server.url}/v1  %config CromicleMagics.url" in told(newest, "%cromicle config")
    newest.run("%config CromicleMagics.url = None\n%config CromicleMagics.engine = './m.gguf'")
    newest.run("%cromicle use auto")
    assert 'no file "m.gguf"' in told(newest, "%cromicle config")
    newest.run("%config CromicleMagics.engine = None")


def test_a_parameter_named_like_a_key_is_not_shown(newest: Kernel) -> None:
    """Neither among the settings nor in what would be sent, however deep it stands."""
    param = {"api_key": "hunter2-hunter2", "top_k": 5, "extra_body": {"auth_token": "hunter2-too"}}
    newest.run(f"%config CromicleMagics.param = {param}")
    shown = told(newest, "%cromicle config")
    url = "http://127.0.0.1:1/v1"
    shown += newest.run(f"%%cromicle --dry-run --url {url}\nHi").outputs[0]["text/plain"]
    assert "top_k" in shown
    assert "hunter2" not in shown
    newest.run("%config CromicleMagics.param = None")


def test_a_key_in_a_setting_is_not_shown(newest: Kernel) -> None:
    """One of a known form, in what is set to say something else."""
    newest.run("%config CromicleMagics.system = 'my key is sk-proj-0123456789abcdefghij'")
    shown = told(newest, "%cromicle config")
    newest.run("%config CromicleMagics.system = None")
    assert "my key is [API key]" in shown
    assert "sk-proj" not in shown
