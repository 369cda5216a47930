"""Background answers: each in its own cell, while others run, until whoever waits for it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from support.kernels import Kernel, kernel
from support.peers import END, HEAD, Gate, Visit, chunk, peer
from support.scripts import drip, gated, silent

if TYPE_CHECKING:
    from pathlib import Path

    from support.kernels import Message

TEN = (
    "for n in range(10):\n    get_ipython().run_cell_magic('cromicle', '--bg --url {url}', str(n))"
)
REPAINTS = ("comm_msg", "update_display_data", "display_data")


def is_repaint(message: Message) -> bool:
    """Tell whether a message shows something of an answer."""
    return message["header"]["msg_type"] in REPAINTS


def background(kernel: Kernel, url: str, options: str = "") -> str:
    """Begin an answer in the background; give its cell's number, which has ended."""
    number = kernel.submit(f"%%cromicle --bg {options} --url {url}\nHi")
    assert kernel.finish(number).reply["status"] == "ok"
    return number


@pytest.fixture(autouse=True)
def _fresh(each: Kernel) -> None:
    each.run("%reload_ext cromicle_magic")


def test_it_streams_on_in_its_own_cell(each: Kernel) -> None:
    """The cell ends at once; what other cells print and display stays theirs."""
    gate = Gate()
    with peer(gated(gate, "first ", "last")) as server:
        number = background(each, server.url, "-o answer")
        other = each.run("print('mine'); from IPython.display import display; display('shown')")
        assert other.stdout == "mine\n"
        assert [data["text/plain"] for data in other.outputs] == ["'shown'"]
        assert "answer" not in each.run("print(list(globals()))").stdout
        gate.open()
        waited = each.run("%cromicle wait\nprint(answer, '|', Out)")
    assert waited.status == "ok", waited.error
    assert waited.stdout.startswith("first last | {")
    assert "<Answer done: 10 characters" in waited.stdout
    assert [data["text/plain"] for data in each.drain(number).outputs] == ["first last"]


def test_a_long_answer_stays_in_its_cell(each: Kernel) -> None:
    """Also where it takes several outputs, which appear while other cells run."""
    text = "\n\n".join(f"w{number:05} " * 25 for number in range(900))
    gate = Gate()
    with peer(gated(gate, text[: len(text) * 2 // 3], text[len(text) * 2 // 3 :])) as server:
        number = background(each, server.url)
        begun = each.submit("import asyncio\nfor _ in range(30): await asyncio.sleep(0.1)")
        gate.open()
        other = each.finish(begun)
        assert each.run("%cromicle wait").outputs == []
    assert other.outputs == []
    shown = [data["text/plain"] for data in each.drain(number).outputs]
    assert "".join(shown) == text


def test_status_lists_them_and_stop_ends_them(each: Kernel) -> None:
    """By number, or all; a stopped answer is no error, and keeps its text."""
    with peer(drip) as server:
        for _ in range(3):
            background(each, server.url, "-o kept")
        server.visit(2)
        table = each.run("%cromicle status").outputs[0]["text/plain"].splitlines()
        assert table[0].split() == ["state", "engine", "model", "seconds", "characters"]
        assert [line.split()[0] for line in table[1:]] == ["1", "2", "3"]
        assert all(server.url in line for line in table[1:])
        assert each.run("%cromicle stop 2").status == "ok"
        states = "print([_cromicle.state])"
        table = each.run("%cromicle status").outputs[0]["text/plain"].splitlines()
        assert [line.split()[1] for line in table[1:]][1] == "stopped"
        assert each.run(f"%cromicle stop\n{states}").stdout == "['stopped']\n"
        assert all(server.visit(n).gone.wait(5) for n in range(3))
        assert each.run("print(set(kept.split()) <= {'word'})").stdout == "True\n"


def test_each_way_to_wait_raises_what_failed(each: Kernel) -> None:
    """It shows in its cell and in status first, and the waiting cell ends with one line."""
    with peer(HEAD + chunk("half an ans")) as server:
        number = background(each, server.url)
        for wait in ("%cromicle wait 1", "await _cromicle", "_cromicle.wait()"):
            run = each.run(wait)
            assert run.status == "error"
            (line,) = run.error
            assert line.startswith(f"TruncatedError: {server.url}/chat broke off")
        assert "TruncatedError" in each.run("%cromicle status").outputs[0]["text/plain"]
        (shown,) = each.drain(number).outputs
        assert shown["text/plain"] == "half an ans"
        assert "TruncatedError" in shown["text/html"]


def test_waiting_can_be_interrupted_and_has_a_limit(each: Kernel) -> None:
    """The answer itself goes on."""
    with peer(silent) as server:
        background(each, server.url)
        server.visit()
        run = each.run("_cromicle.wait(0.1)")
        assert run.error[0].startswith("DeadlineError: Answer 1 is not done after 0.1 s")
        for wait in ("%cromicle wait", "_cromicle.wait()"):
            waiting = each.submit(wait)
            each.watch(waiting, lambda m: m["header"]["msg_type"] == "execute_input")
            time.sleep(0.3)  # the wait itself shows nothing
            each.interrupt()
            run = each.finish(waiting)
            assert run.error == [
                "KeyboardInterrupt: Answer 1 is still streaming in the background."
            ]
        assert each.run("print(_cromicle.is_ended)").stdout == "False\n"
        each.run("%cromicle stop")


def test_there_is_no_such_answer(each: Kernel) -> None:
    """One sentence, which names the way to the right number."""
    assert (
        "There is no background answer 7; %cromicle status" in each.run("%cromicle stop 7").stderr
    )
    said = each.run("%cromicle status").outputs[0]["text/plain"]
    assert said.startswith("No answer runs in the background")
    assert each.run("%cromicle wait").status == "ok"


def test_ten_at_once_share_one_budget(each: Kernel) -> None:
    """Each streams and has its own Stop; together at most 50 repaints a second."""

    async def script(visit: Visit) -> None:
        await visit.send(HEAD)
        for _ in range(150):
            await visit.send(chunk(f"{visit.message} word "))
            await asyncio.sleep(0.02)
        await visit.send(END)

    each.heard.clear()
    with peer(script) as server:
        number = each.submit(TEN.format(url=server.url))
        each.finish(number)
        assert each.run("%cromicle wait").status == "ok"
    run = each.drain(number)
    opened = [m for m in run.of("comm_open") if "'description': 'Stop'" in str(m["content"])]
    assert len(opened) == 10
    times = sorted(m["header"]["date"].timestamp() for m in each.heard if is_repaint(m))
    busiest = max(sum(at <= other < at + 1 for other in times) for at in times)
    print(f"{len(times)} messages, {busiest} in the busiest second")
    assert busiest <= 50
    shown = {data["text/plain"] for data in run.outputs}
    assert shown == {f"{n} word " * 150 for n in range(10)}


def test_a_cell_that_blocks_loses_nothing(each: Kernel) -> None:
    """The loop stands still meanwhile, and the stream waits in the socket."""
    gate = Gate()
    with peer(gated(gate, "before ", "x" * 300_000)) as server:
        number = background(each, server.url)
        blocked = each.submit("import time; time.sleep(1)")
        gate.open()
        assert each.finish(blocked).status == "ok"
        each.run("%cromicle wait")
    shown = "".join(data["text/plain"] for data in each.drain(number).outputs)
    assert shown == "before " + "x" * 300_000


@pytest.mark.parametrize("how", ["%unload_ext cromicle_magic", "exit()", ""])
def test_the_end_of_the_kernel_ends_them_quietly(each: Kernel, tmp_path: Path, how: str) -> None:
    """Unloaded, left, or shut down from outside: the server sees it, and nobody complains."""
    python = each.manager.kernel_spec.argv[0]
    log = tmp_path / "stderr"
    with peer(drip) as server, log.open("w") as stderr:
        with kernel(tmp_path, python, stderr=stderr) as running:
            for _ in range(3):
                background(running, server.url)
            server.visit(2)
            if how:
                running.run(how)
            if "unload" in how:
                assert all(server.visit(n).gone.wait(5) for n in range(3))
                assert running.run("print('fine')").stdout == "fine\n"
            running.client.shutdown()
            assert running.manager.provisioner is not None
            running.wait_for_exit()
        assert all(server.visit(n).gone.wait(5) for n in range(3))
    told = [line for line in log.read_text().splitlines() if "TCP without encryption" not in line]
    assert told == []
