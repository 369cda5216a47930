"""What a cell takes out of its answer in a real kernel: bound, offered in a new cell, or shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from support.peers import HEAD, Peer, chunk, peer, whole
from support.scripts import silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import nbformat
    from support.kernels import Kernel, Run

TEXT = 'So:\n```python\nx = 6 * 7\n```\nor\n```sh\nls <b>\n```\nand {"a": [1]}\n```\nx = (\n```\n'


@pytest.fixture
def server() -> Iterator[Peer]:
    """A server whose answer holds three blocks."""
    with peer(whole(TEXT)) as running:
        yield running


def ask(kernel: Kernel, server: Peer, options: str, **request: Any) -> Run:
    """Run a prompt cell."""
    return kernel.run(f"%%cromicle --url {server.url} {options}\nHi", **request)


def footer(run: Run) -> str:
    """Give the HTML below the answer."""
    answers = [data["text/html"] for data in run.outputs if "opacity" in data.get("text/html", "")]
    return str(answers[-1]).rpartition("<div")[2]


def inserted(run: Run) -> list[str]:
    """Give what a reply asks its frontend to insert."""
    payload = run.reply.get("payload", [])
    return [part["text"] for part in payload if part["source"] == "set_next_input"]


@pytest.mark.parametrize(
    ("want", "code", "note"),
    [
        ("python", "x = 6 * 7", "took block 1 of 3 (python)"),
        ("code", "x = 6 * 7", "took block 1 of 3 (python)"),
        ("bash", "ls <b>", "took block 2 of 3 (sh)"),
        ("-1", "x = (", "took block 3 of 3<"),
        ("json", '{"a": [1]}', "took the json in the text<"),
    ],
)
def test_what_is_wanted_is_bound_and_told(
    each: Kernel, server: Peer, want: str, code: str, note: str
) -> None:
    """By language or number; the answer itself stays whole."""
    run = ask(each, server, f"-x {want} -o code")
    assert note in footer(run)
    assert each.run("print([code, _cromicle.extract])").stdout == f"{[code, code]!r}\n"
    assert each.run("print(_cromicle.text, end='')").stdout == TEXT
    assert inserted(run) == []


@pytest.mark.parametrize("way", ["awaited", "nested"])
def test_what_is_not_there_ends_the_cell_with_one_sentence(
    each: Kernel, server: Peer, way: str
) -> None:
    """The answer is shown and kept, and the variable stays as it was."""
    each.run("code = 'before'")
    line = f"-x rust -o code --url {server.url}"
    cell = f"%%cromicle {line}\nHi"
    if way == "nested":
        cell = f"1; get_ipython().run_cell_magic('cromicle', {line!r}, 'Hi')"
    run = each.run(cell)
    assert run.status == "error"
    says = "UsageError: The answer has no rust block; it has 3 blocks: python, sh, no language."
    assert run.stderr.startswith(says)
    assert TEXT in [data["text/plain"] for data in run.outputs]
    assert each.run("print(code, _cromicle.state)").stdout == "before done\n"
    run = ask(each, server, "-x rust --no-raise-error")
    assert run.status == "ok"
    assert "SettingError: The answer has no rust block" in footer(run)


def test_in_the_background_it_is_the_same(each: Kernel, server: Peer) -> None:
    """What fails shows in its own cell and to whoever waits."""
    number = each.submit(f"%%cromicle --bg -x python -o code --url {server.url}\nHi")
    each.finish(number)
    assert each.run("%cromicle wait\nprint(code)").stdout == "x = 6 * 7\n"
    assert "took block 1 of 3 (python)" in footer(each.drain(number))
    number = each.submit(f"%%cromicle --bg -x rust --url {server.url}\nHi")
    each.finish(number)
    assert "has no rust block" in str(each.run("_cromicle.wait()").error)
    assert "has no rust block" in footer(each.drain(number))


def test_code_is_put_into_a_new_cell_and_not_run(each: Kernel, server: Peer) -> None:
    """By the reply of its own cell; the last line says where it is, and whether it can be read."""
    each.run("x = 'not run'")
    run = ask(each, server, "--insert", metadata={"cellId": "a"})
    assert inserted(run) == ["x = 6 * 7"]
    assert " · put into a new cell below, not run · its syntax is valid<" in footer(run)
    assert each.run("print(x)").stdout == "not run\n"
    run = ask(each, server, "--insert -x -1", metadata={"cellId": "a"})
    assert inserted(run) == ["x = ("]
    assert "put into a new cell below, not run · It isn" in footer(run)
    assert "valid Python: line 1" in footer(run)
    run = ask(each, server, "--insert -x 2", metadata={"cellId": "a"})
    assert footer(run).endswith("put into a new cell below, not run</div>\n")
    run = ask(each, server, "--insert --bg")
    assert run.stderr.startswith("UsageError: --insert needs a cell that waits for its answer")


def test_where_nothing_can_be_inserted_it_is_shown(each: Kernel, server: Peer) -> None:
    """As a block below the answer, or instead of an answer that is not shown."""
    run = ask(each, server, "--insert", allow_stdin=False)
    assert [data["text/plain"] for data in run.outputs] == [TEXT, "x = 6 * 7"]
    assert "shown below, not run · its syntax is valid<" in footer(run)
    assert inserted(run) == []
    run = ask(each, server, "--insert -x sh;", allow_stdin=False)
    assert [data["text/plain"] for data in run.outputs] == ["ls <b>"]
    assert "<b>" not in run.outputs[0]["text/html"]


def test_of_half_an_answer_what_is_there_is_taken(each: Kernel) -> None:
    """After a failure and an interrupt; then nothing is offered, and the error is the failure's."""
    with peer(HEAD + chunk("```python\nx = 1\n")) as failing:
        run = ask(each, failing, "-x python -o code --insert", metadata={"cellId": "a"})
        assert run.error[0].startswith("TruncatedError")
        assert each.run("print(code)").stdout == "x = 1\n"
        run = ask(each, failing, "-x rust -o code")
        assert run.error[0].startswith("TruncatedError")
    with peer(silent) as endless:
        number = each.submit(f"%%cromicle -x rust --insert --url {endless.url}\nHi")
        each.watch(number, lambda m: "word" in str(m["content"]))
        each.interrupt()
        run = each.finish(number)
    assert run.error == ["KeyboardInterrupt: 5 characters were received and are kept."]
    assert each.run("print(_cromicle.error)").stdout == "None\n"


def test_nbclient_keeps_what_was_inserted_as_an_output(tmp_path: Path, server: Peer) -> None:
    """And what was extracted is there for the next cell."""
    cells = ["%load_ext cromicle_magic", f"%%cromicle --insert -o code --url {server.url}\nHi"]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook: nbformat.NotebookNode = new_notebook(
        cells=[new_code_cell(cell) for cell in [*cells, "print(code)"]],
        metadata={"kernelspec": spec},
    )
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output.data["text/plain"] for output in notebook.cells[1].outputs]
    assert shown == [TEXT, "x = 6 * 7"]
    assert notebook.cells[2].outputs[0].text == "x = 6 * 7\n"
