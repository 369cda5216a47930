"""Which cell runs: told by the request where it says so, and by nothing where it doesn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.kernels import Kernel

ASK = (
    "from cromicle_magic.kernel.identity import cell_of\n"
    "c = cell_of(get_ipython()); print(c.id, c.count, c.run)"
)


def test_a_notebook_names_the_cell_and_each_run_differs(each: Kernel) -> None:
    """The name stays from run to run, the run's own does not; an awaited cell is no other."""
    runs = [each.run(f"{ahead}{ASK}", metadata={"cellId": "abc"}).stdout.split() for ahead in
            ("", "", "import asyncio; await asyncio.sleep(0)\n")]  # fmt: skip
    assert {run[0] for run in runs} == {"abc"}
    first = int(runs[0][1])
    assert [int(run[1]) for run in runs] == [first, first + 1, first + 2]
    assert len({run[2] for run in runs}) == 3


def test_a_console_names_none(each: Kernel) -> None:
    """Then there is no name to take for one."""
    run = each.run(ASK.replace("c.id", "repr(c.id)"), metadata={})
    assert run.stdout.startswith(f"'' {run.reply['execution_count']} ")
