"""The cells of a real kernel, each in its place, and its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.kernels import Kernel

START = (
    "from cromicle_magic.kernel.cells import CellLog, variables_of\n"
    "log = CellLog(get_ipython()); log.start()"
)


def ask(kernel: Kernel, code: str) -> str:
    """Run code that the log takes no note of."""
    return kernel.run(code, store_history=False, metadata={}).stdout.strip()


@pytest.fixture
def logged(each: Kernel) -> Kernel:
    """A kernel whose cells are logged."""
    assert each.run(START).status == "ok"
    return each


def test_a_cell_keeps_its_place(logged: Kernel) -> None:
    """Run again it is replaced there; above it are the others before it, but no prompts."""

    def run(cell: str, code: str) -> None:
        logged.run(code, metadata={"cellId": cell})

    run("a", "a = 1")
    run("p", "%cromicle help")
    run("b", "print('printed'); 2 * 3")
    run("c", "1/0")
    run("d", "d = 4")
    run("a", "a = 5")
    sources = "print([past.source for past in log.above({!r})[-{}:]])"
    assert ask(logged, sources.format("d", 3)) == str(["a = 5", "print('printed'); 2 * 3", "1/0"])
    assert ask(logged, sources.format("b", 1)) == str(["a = 5"])
    assert ask(logged, sources.format("new", 1)) == str(["d = 4"])
    shown = ask(logged, "past = log.above('d'); print(past[-2].output, '|', past[-1].error)")
    assert "6 |" in shown
    assert "cell:1, in <module>\n    1/0\nZeroDivisionError: division by zero" in shown
    assert ask(logged, "log.stop(); n = len(log.above())") == ""


def test_the_last_failure_is_known(logged: Kernel) -> None:
    """With the cell that it ended, also after others; a prompt's own is none."""
    logged.run("x = 1\nimport asyncio; await asyncio.sleep(0)\nx.nope", metadata={"cellId": "f"})
    logged.run("fine = 1")
    logged.run("%cromicle --modle x")
    logged.run("raise KeyboardInterrupt")
    shown = ask(logged, "print(log.failed.source, log.failed.error, sep='|')").split("|")
    assert shown[0].endswith("x.nope")
    assert shown[1].startswith("cell:3, in <module>\n    x.nope\nAttributeError: 'int' object")
    logged.run("syntax error")
    assert "SyntaxError: invalid syntax" in ask(logged, "print(log.failed.error); log.stop()")


def test_the_cells_before_are_known(each: Kernel) -> None:
    """As far as IPython remembers; the one that runs is not among them."""
    # IPython 9 counts what cells without a history print as the next cell's output.
    each.run("0")
    each.run("early = 1\nearly")
    each.run(START)
    assert ask(each, "print(log.above()[-2][:2])") == "('early = 1\\nearly', '1')"
    assert ask(each, "print('CellLog' in log.above()[-1].source); log.stop()") == "True"


def test_what_is_hidden_is_no_variable(each: Kernel) -> None:
    """IPython's names, modules, and what comes from here."""
    each.run("import sys as system; from cromicle_magic import *\nmine, _not = [1], 2\ndef f(a): 1")
    each.run(START + "\nlog.stop()")
    found = ask(each, "print({v.name: v.kind for v in variables_of(get_ipython())})")
    variables = eval(found)
    assert variables["mine"] == "list of 1"
    assert variables["f"] == "function of a"
    hidden = {"In", "Out", "exit", "quit", "get_ipython", "system", "_not", "CellLog", "Cromicle"}
    assert not hidden & set(variables)
    assert not {"variables_of", "ask", "stream"} & set(variables)
