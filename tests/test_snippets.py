"""Every snippet of the README and the manual, run as it stands there, and what it should do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.kernels import DEADLINE_S, Kernel, Run, kernel
from support.models import write_model
from support.peers import peer, whole
from support.scripts import llama
from support.snippets import pages, snippets
from support.typed_cells import CELLS

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = "Write code and JSON."
# The responder waits between two words, so that a reader sees them stream.
ANEW = """
%reload_ext cromicle_magic
import os
from cromicle_magic.server import offline
offline.PAUSE_S = {}
os.environ.pop("OLLAMA_HOST", None)
"""
HELP = re.compile(r"%cromicle help (\w+)")


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    """Where what the text names by an address really is."""
    with peer(llama) as openai, peer(whole("plain ", "and streamed")) as plain:
        engines = ("http://127.0.0.1:8001", "http://127.0.0.1:11434")
        yield {"http://127.0.0.1:8377": plain.url} | dict.fromkeys(engines, openai.url)


@pytest.fixture(scope="module")
def notebook(
    tmp_path_factory: pytest.TempPathFactory, addresses: dict[str, str]
) -> Iterator[Kernel]:
    """A kernel of a reader who has set nothing, in a folder with a model's file."""
    folder = tmp_path_factory.mktemp("notebook")
    write_model(folder / "model.gguf", "Yes", context=4096)
    variables = {
        "CROMICLE_BUDGET": "",
        "ENGINE_HOST": addresses["http://127.0.0.1:11434"],
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    with kernel(folder, **variables) as running:
        yield running


@pytest.mark.parametrize("name", CELLS)
def test_the_cells_of_a_page_do_what_it_says(
    notebook: Kernel, addresses: dict[str, str], name: str
) -> None:
    """One after another in a real kernel, each with what it shows and what it leaves behind."""
    notebook.run(ANEW.format(0.03 if name == "background" else 0))
    for number, cell in enumerate(CELLS[name]):
        parts = [*cell.before, cell.runs.replace("{}", cell.text), cell.look]
        typed = dict.fromkeys(range(len(parts)), "") | {len(cell.before): cell.typed}
        shown = ""
        for at, part in enumerate(parts):
            run = _ran(notebook, _real(part, addresses), f"{name}-{number}-{at}", typed[at])
            if at >= len(cell.before):
                assert run.status == "ok", (part, run.stderr, run.error)
                shown += _shown(run)
        assert re.search(cell.says, shown, re.DOTALL), (cell.text, shown)
        assert notebook.run(f"assert {cell.then}").status == "ok", (cell.text, shown)


def test_each_page_that_is_named_is_shown(notebook: Kernel) -> None:
    """Whatever %cromicle help is said to show."""
    named = {found[1] for each in snippets() if (found := HELP.fullmatch(each.text))}
    for topic in named:
        shown = _shown(notebook.run(f"%cromicle help {topic}"))
        assert shown == f"{pages()[topic]}\n"


def _real(cell: str, addresses: dict[str, str]) -> str:
    for named, there in addresses.items():
        cell = re.sub(rf"{re.escape(named)}\b", there, cell)
    if re.fullmatch("%%cromicle.*", cell):
        cell += f"\n{BODY}"
    return cell


def _ran(notebook: Kernel, code: str, name: str, typed: str) -> Run:
    number = notebook.submit(code, metadata={"cellId": name})
    if typed:
        assert notebook.client.get_stdin_msg(timeout=DEADLINE_S)["content"]["password"]
        notebook.client.input(typed)
    return notebook.finish(number)


def _shown(run: Run) -> str:
    """Give what a cell shows, in plain text."""
    parts = [str(data["text/plain"]) for data in run.outputs if "text/plain" in data]
    parts += [f"printed: {run.stdout}"] if run.stdout else []
    for part in run.reply.get("payload", []):
        parts.append(f"inserted: {part['text']}")
    return "".join(f"{part}\n" for part in parts)
