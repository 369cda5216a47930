"""Notebooks run without a reader: nbclient, jupyter execute, papermill."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook
from support.kernels import environment
from support.peers import HEAD, chunk, peer
from support.scripts import drip

LOAD = "%load_ext cromicle_magic"
BIN = Path(sys.executable).parent


def notebook(*cells: str) -> nbformat.NotebookNode:
    """Give a notebook of code cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=list(map(new_code_cell, cells)), metadata={"kernelspec": kernel})


def runners(source: Path) -> dict[str, list[str]]:
    """Give the commands that run a notebook in place."""
    return {
        "jupyter execute": [str(BIN / "jupyter"), "execute", "--inplace", str(source)],
        "papermill": [str(BIN / "papermill"), "--log-level", "ERROR", str(source), str(source)],
        "nbconvert": [
            *(str(BIN / "jupyter"), "nbconvert", "--execute", "--inplace"),
            *("--to", "notebook", str(source)),
        ],
    }


def start(runner: str, source: Path) -> subprocess.Popen[str]:
    """Start one of the commands on a notebook."""
    # The commands find the kernel of this environment by its place, not by what is on the PATH.
    env = environment(source.parent) | {"JUPYTER_PATH": str(BIN.parent / "share" / "jupyter")}
    return subprocess.Popen(
        runners(source)[runner],
        env=env,
        cwd=source.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def execute(runner: str, source: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook by one of the commands."""
    with start(runner, source) as process:
        said, complaints = process.communicate(timeout=90)
    return subprocess.CompletedProcess(process.args, process.returncode, said, complaints)


RUNNERS = list(runners(Path()))


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_answer_is_in_the_saved_notebook(runner: str, tmp_path: Path) -> None:
    """One ordinary output, and neither a widget nor its state in the file."""
    source = tmp_path / "notebook.ipynb"
    nbformat.write(
        notebook(LOAD, "%%cromicle -o a\nHi", "assert a.startswith('**No model')"), source
    )
    done = execute(runner, source)
    assert done.returncode == 0, done.stderr
    saved = nbformat.read(source, as_version=4)
    answered = next(cell for cell in saved.cells if cell.source.startswith("%%cromicle"))
    (output,) = answered.outputs
    assert set(output.data) == {"text/html", "text/plain"}
    assert output.data["text/plain"].startswith("**No model is connected**")
    assert "widget" not in source.read_text()


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_failure_stops_the_run(runner: str, tmp_path: Path) -> None:
    """The exit code tells, one line says why, and what follows does not run."""
    source = tmp_path / "notebook.ipynb"
    marker = tmp_path / "marker"
    with peer(HEAD + chunk("half an ans")) as server:
        cells = (LOAD, f"%%cromicle --url {server.url}\nHi", f"open({str(marker)!r}, 'w').close()")
        nbformat.write(notebook(*cells), source)
        done = execute(runner, source)
    assert done.returncode != 0
    assert (
        f"TruncatedError: {server.url}/chat broke off before its answer was complete" in done.stderr
    )
    assert "cromicle_magic/" not in done.stderr
    assert not marker.exists()


@pytest.mark.parametrize("runner", RUNNERS)
def test_ctrl_c_ends_the_run(runner: str, tmp_path: Path) -> None:
    """The server sees the client go, the exit code tells, and what follows does not run."""
    source = tmp_path / "notebook.ipynb"
    marker = tmp_path / "marker"
    with peer(drip) as server:
        cells = (LOAD, f"%%cromicle --url {server.url}\nHi", f"open({str(marker)!r}, 'w').close()")
        nbformat.write(notebook(*cells), source)
        with start(runner, source) as process:
            visit = server.visit()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=90)
        assert visit.gone.wait(20)
    assert process.returncode != 0
    assert not marker.exists()


def test_nbclient_keeps_the_text_before_a_failure(tmp_path: Path) -> None:
    """The notebook that failed holds what had arrived, and the error as one line."""
    with peer(HEAD + chunk("half an ans")) as server:
        failing = notebook(LOAD, f"%%cromicle --url {server.url}\nHi")
        with pytest.raises(CellExecutionError, match="TruncatedError"):
            NotebookClient(failing, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown, error = failing.cells[1].outputs
    assert shown.data["text/plain"] == "half an ans"
    assert len(error.traceback) == 1


def test_a_mistake_on_the_line_stops_the_run(tmp_path: Path) -> None:
    """A usage error is a failure like any other."""
    source = tmp_path / "notebook.ipynb"
    nbformat.write(notebook(LOAD, "%%cromicle --modle x\nHi"), source)
    done = execute("jupyter execute", source)
    assert done.returncode != 0
    assert "did you mean --model?" in done.stderr


@pytest.mark.parametrize("end", ["", " ;"], ids=["shown", "silent"])
def test_an_answer_in_the_background_is_waited_for(end: str, tmp_path: Path) -> None:
    """A run that ends with its last cell ends with the whole answer, seen or not."""
    asking = notebook(LOAD, f"%%cromicle --bg -o a{end}\nHi", "print(a.split('**')[1])")
    NotebookClient(asking, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert asking.cells[2].outputs[0].text == "No model is connected\n"
