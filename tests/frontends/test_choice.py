"""Who gets which view: told by what the frontend's request says, in a real kernel."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.peers import peer, whole

from cromicle_magic.views import choose

if TYPE_CHECKING:
    from support.kernels import Kernel, Run

NOTEBOOK: dict[str, str] = {"cellId": "a-cell"}
CONSOLE: dict[str, str] = {}


def asked(kernel: Kernel, answer: bytes, *, way: str = "%%cromicle", **options: Any) -> Run:
    """Run a prompt whose answer is this."""
    with peer(answer) as server:
        return kernel.run(f"{way} --url {server.url}\nHi", **options)


def kinds(run: Run) -> set[str]:
    """Give what kinds of message brought the answer."""
    return {m["header"]["msg_type"] for m in run.messages} - {"status", "execute_input"}


@pytest.mark.parametrize("way", ["%%cromicle", "%%time\n%%cromicle"])
def test_a_console_gets_words(each: Kernel, way: str) -> None:
    """A client in Python that names no cell gets the plain stream, whatever would act, shown."""
    run = asked(each, whole("a\x1b[2J ", "b\x9b\u202e"), way=way, metadata=CONSOLE)
    assert kinds(run) == {"stream"}
    assert run.stdout.startswith("a␛[2J b⟨U+009B⟩⟨U+202E⟩\n")


def test_a_notebook_gets_the_box(each: Kernel) -> None:
    """JupyterLab, Notebook 7 and VS Code name the cell in each request."""
    run = asked(each, whole("word"), metadata=NOTEBOOK)
    assert "comm_open" in kinds(run)
    assert [data["text/plain"] for data in run.outputs] == ["word"]


@pytest.mark.parametrize("metadata", [NOTEBOOK, CONSOLE])
def test_who_takes_no_input_gets_one_output(each: Kernel, metadata: dict[str, str]) -> None:
    """Runs that nobody watches, as those of nbclient and papermill."""
    run = asked(each, whole("word"), metadata=metadata, allow_stdin=False)
    assert kinds(run) == {"display_data"}


@pytest.mark.parametrize(
    ("number", "metadata", "is_console"),
    [
        ("s-1_4711_3", {}, True),  # jupyter_client
        ("s-1_3", {}, True),  # its older releases
        ("s-1_4711_3", NOTEBOOK, False),
        ("0c5b8d0e-6d7e-4b8e-9d57-5ba7cf0a3a8e", {}, False),  # what a browser makes up
    ],
)
def test_how_a_console_is_told(number: str, metadata: dict[str, str], is_console: bool) -> None:
    """By its message's number, and by its naming no cell."""
    request = {"header": {"msg_id": number, "session": "s-1"}, "metadata": metadata}
    assert choose._is_console(request) == is_console


def test_a_request_that_says_nothing_is_no_consoles() -> None:
    """As that of a cell run by a thread, which has none."""
    assert not choose._is_console({})


class Screen(io.TextIOWrapper):
    """A terminal of some encoding."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


@pytest.mark.parametrize(
    ("encoding", "kind"),
    [("utf-8", "RichView"), ("UTF8", "RichView"), ("latin-1", "TerminalView")],
)
def test_rich_needs_a_terminal_that_knows_all_characters(
    monkeypatch: pytest.MonkeyPatch, encoding: str, kind: str
) -> None:
    """Where one is missing Rich would fail, and the plain view gives its number."""
    monkeypatch.setattr(sys, "stdout", Screen(io.BytesIO(), encoding))
    monkeypatch.setenv("TERM", "xterm")
    assert type(choose._terminal()).__name__ == kind
