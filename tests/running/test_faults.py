"""Faults through the magic, in a real kernel: one line, the text so far, and the next cell fine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook
from support.catalogue.connections import CONNECTIONS
from support.catalogue.encodings import ENCODINGS
from support.catalogue.events import EVENTS
from support.catalogue.replies import REPLIES
from support.catalogue.statuses import STATUSES
from support.faults import KEY, SHORT_S, Fault, Street
from support.kernels import environment

from cromicle_magic.errors import DeadlineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.kernels import Kernel, Run

NAMES = {
    "text: nobody listens",
    "text: no such name",
    "text: closed at once",
    "text: silent at the request",
    "text: reset in mid-stream",
    "text: silent in mid-stream",
    "text: a proxy that refuses connections",
    "text: HTTP 401",
    "text: HTTP 404",
    "text: HTTP 503 without end",
    "text: HTTP 307 to another origin",
    "text: Retry-After of an hour",
    "text: no HTTP",
    "text: a length that is too long",
    "text: a chunk's size of letters",
    "text: nothing",
    "text: compressed by gzip",
    "text: a web page",
    "events: ends without reason or mark",
    "events: comments behind a text",
    "events: an error as an event",
    "events: no JSON",
}
CATALOGUE = [*CONNECTIONS, *STATUSES, *REPLIES, *ENCODINGS, *EVENTS]
SAMPLE = [fault for fault in CATALOGUE if str(fault) in NAMES]
LOAD = "%load_ext cromicle_magic"


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    """The servers of the sample."""
    with Street(SAMPLE).open() as running:
        yield running


# Only a cell that has arrived by then is stopped by the failure of the one before it.
HELD = """
import pathlib, time
while not pathlib.Path({path!r}).exists():
    time.sleep(0.01)
"""


@pytest.fixture(scope="module")
def verbose(newest: Kernel) -> Kernel:
    """A kernel that shows tracebacks with all values, and sends a key."""
    newest.run(f"%xmode Verbose\n%config CromicleMagics.token = '{KEY}'")
    return newest


def cell(fault: Fault, street: Street, *more: str) -> str:
    """Give the cell that asks a server of the catalogue."""
    usual = {"timeout": SHORT_S} if fault.comes is DeadlineError else {}
    port = street.ports[fault]
    wanted = {**usual, "retries": 0, **fault.options}
    flags = [
        f"--{name.replace('_', '-')} {value}".format(port=port) for name, value in wanted.items()
    ]
    version = "/v1" if fault.to == "events" and "/v1" not in fault.url else ""
    line = " ".join(["-o got", f"--url {street.address(fault)}{version}", *flags, *more])
    return f"%%cromicle {line}\n{fault.prompt}"


def shown(run: Run) -> str:
    """Give what a cell shows in the end."""
    return "".join(data.get("text/html", "") for data in run.outputs)


def test_the_sample_is_a_sample() -> None:
    """Every name stands in the catalogue, and there are at least 20."""
    assert len(SAMPLE) == len(NAMES) >= 20


@pytest.mark.parametrize("fault", SAMPLE, ids=str)
def test_a_fault_is_one_clean_line(
    fault: Fault, street: Street, verbose: Kernel, tmp_path: Path
) -> None:
    """The text so far is shown, marked and bound; Run All stops; the next cell is fine."""
    both_sent = tmp_path / "both sent"
    verbose.submit(HELD.format(path=str(both_sent)))
    failing = verbose.submit(cell(fault, street), stop_on_error=True)
    queued = verbose.submit("print('ran on')")
    both_sent.touch()
    run = verbose.finish(failing)
    assert verbose.finish(queued).status == "aborted"
    kinds = fault.comes if isinstance(fault.comes, tuple) else (fault.comes,)
    (line,) = run.error
    assert line.startswith(tuple(f"{kind.__name__}: " for kind in kinds))
    assert KEY not in str(run.messages)
    assert bool(fault.partial) == (" · failed<" in shown(run))
    assert fault.partial in shown(run)
    after = verbose.run("print(repr(got), _cromicle.state, _cromicle.error.retryable in (0, 1))")
    assert after.stdout == f"{got(fault)!r} failed True\n"


@pytest.mark.parametrize("fault", SAMPLE, ids=str)
def test_a_reader_may_want_to_go_on(fault: Fault, street: Street, verbose: Kernel) -> None:
    """Then the same line stands below the text, and the cell is no failure."""
    number = verbose.submit(cell(fault, street, "--no-raise-error"), stop_on_error=True)
    queued = verbose.submit("print(repr(got), _cromicle.state)")
    run = verbose.finish(number)
    assert (run.status, run.error) == ("ok", [])
    assert verbose.finish(queued).stdout == f"{got(fault)!r} failed\n"
    kinds = fault.comes if isinstance(fault.comes, tuple) else (fault.comes,)
    assert any(f" · failed · {kind.__name__}: " in shown(run) for kind in kinds)
    assert fault.partial in shown(run)
    assert KEY not in str(run.messages)


def got(fault: Fault) -> str:
    """Give the text that a failed cell binds."""
    return "half" if fault.name == "a chunk's size of letters" else fault.partial


@pytest.mark.parametrize("way", ["", "--no-raise-error"])
def test_a_run_that_nobody_watches(way: str, street: Street, tmp_path: Path) -> None:
    """It stops at a fault with the text and the line in the file, or else runs to its end."""
    fault = next(fault for fault in SAMPLE if fault.name == "reset in mid-stream")
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [LOAD, cell(fault, street, way), "print('ran on')"]
    notebook = new_notebook(
        cells=list(map(new_code_cell, cells)), metadata={"kernelspec": kernelspec}
    )
    client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}})
    if way:
        client.execute(env=environment(tmp_path))
        assert notebook.cells[2].outputs[0]["text"] == "ran on\n"
    else:
        with pytest.raises(CellExecutionError, match="TruncatedError"):
            client.execute(env=environment(tmp_path))
        assert not notebook.cells[2].outputs
    first = notebook.cells[1].outputs[0]
    assert first["data"]["text/plain"] == "half an answer"
    assert " · failed" in first["data"]["text/html"]
    nbformat.validate(notebook)
