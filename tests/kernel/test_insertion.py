"""Code offered in the reply of the cell that asked, and in no other's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import terminal

if TYPE_CHECKING:
    from support.kernels import Kernel, Run

# Where the kernel of this environment is; and it warns of itself when a console asks for a cell.
CONSOLE = {
    "JUPYTER_PATH": str(Path(sys.executable).parents[1] / "share" / "jupyter"),
    "PYTHONWARNINGS": "",
    "TERM": "xterm-256color",
}
INSERT = "from cromicle_magic.kernel.insertion import insert; s = get_ipython()\n"


def inserted(run: Run) -> list[Any]:
    """Give what a reply asks its frontend to insert."""
    found = [part for part in run.reply.get("payload", []) if part["source"] == "set_next_input"]
    assert not any(part["replace"] for part in found)
    return [part["text"] for part in found]


@pytest.mark.parametrize(
    ("metadata", "where"), [({"cellId": "a"}, "a new cell below"), ({}, "the next input")]
)
def test_a_frontend_is_asked_to_insert(each: Kernel, metadata: Any, where: str) -> None:
    """Also after an await; once, whatever was offered before in the same cell."""
    run = each.run(
        f"{INSERT}import asyncio\nawait asyncio.sleep(0)\nprint(insert(s, 'a = 1', 'alone'))\n"
        "x = insert(s, 'b = \\r\\n2', 'shared')",
        metadata=metadata,
    )
    assert run.stdout == f"{where}\n"
    assert inserted(run) == ["a = 1\n\nb = \n2"]
    assert inserted(each.run("1", metadata=metadata)) == []


@pytest.mark.parametrize("magic", ["%%time", "%%capture out"])
def test_under_another_magic_it_is_the_same(each: Kernel, magic: str) -> None:
    """The reply is that of the cell around."""
    each.run(INSERT)
    assert inserted(each.run(f"{magic}\ny = insert(s, 'a = 1', 'shared')")) == ["a = 1"]


@pytest.mark.parametrize(
    ("place", "options"), [("background", {}), ("alone", {"allow_stdin": False})]
)
def test_nothing_is_left_for_another_cell(each: Kernel, place: str, options: Any) -> None:
    """In the background, and where nobody reads it, nothing is done, and it says so."""
    run = each.run(f"{INSERT}print([insert(s, 'a', {place!r})])", **options)
    assert (run.stdout, inserted(run)) == ("['']\n", [])


def test_nothing_in_it_acts_unseen(each: Kernel) -> None:
    """Letters turned round would show other code than what runs."""
    run = each.run(INSERT + "z = insert(s, 'a\\x1b = \"\\u202e\"', 'alone')")
    assert inserted(run) == ['a␛ = "⟨U+202E⟩"']


@pytest.mark.parametrize("program", [("IPython", "--no-banner"), ("jupyter_console",)])
def test_a_terminal_begins_its_next_input_with_it(tmp_path: Path, program: tuple[str, ...]) -> None:
    """Where Enter runs it, and nothing else does."""
    with terminal(tmp_path, [sys.executable, "-m", *program], **CONSOLE) as typed:
        typed.run(INSERT.replace("\n", ""))
        typed.enter("where = insert(s, 'offered = 6 * 7', 'alone')")
        typed.rest()
        typed.wait_for("offered")
        typed.enter("")
        typed.rest()
        assert "(42, 'the next input')" in typed.run("offered, where")
