"""Every place with a prompt of IPython's in a terminal, each for a whole sitting."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.peers import Gate, peer
from support.scripts import drip, gated, unanswered
from support.terminals import terminal

if TYPE_CHECKING:
    from support.peers import Peer
    from support.terminals import Terminal

BIN = Path(sys.executable).parent
JUPYTER = str(BIN / "jupyter")
KEPT = r"KeyboardInterrupt: [\d,]+ characters were received and are kept\."

# The loop of such a program stands still while IPython waits for input, and runs on in an answer.
EMBEDDED = """
import asyncio, IPython
async def main():
    asyncio.get_running_loop().call_soon(print, "the loop runs on")
    {first}
    IPython.embed({options})
    await asyncio.sleep(0)
    print("the program runs on")
asyncio.run(main())
"""
STARTED = "import IPython; IPython.start_ipython(argv=['--no-banner'])"
SIMPLE, ASKING = {"TERM": "dumb"}, {"TERM": "xterm-256color"}
# ipykernel warns of itself when a console asks whether a cell is complete.
CONSOLE = {"JUPYTER_PATH": str(BIN.parent / "share" / "jupyter"), "PYTHONWARNINGS": ""}


def python(code: str, **parts: str) -> list[str]:
    """Give the command that runs a program of some lines."""
    return [sys.executable, "-c", code.format(**parts)]


PLACES = {
    "ipython": ([sys.executable, "-m", "IPython", "--no-banner"], ASKING),
    "ipython --simple-prompt": (
        [sys.executable, "-m", "IPython", "--no-banner", "--simple-prompt"],
        SIMPLE,
    ),
    "start_ipython": (python(STARTED), ASKING),
    "jupyter console": ([JUPYTER, "console"], ASKING | CONSOLE),
    "jupyter console --simple-prompt": ([JUPYTER, "console", "--simple-prompt"], SIMPLE | CONSOLE),
    "embed, simple prompt": (python(EMBEDDED, first="", options="simple_prompt=True"), SIMPLE),
    "embed, nested": (
        python(EMBEDDED, first="import nest_asyncio; nest_asyncio.apply()", options=""),
        ASKING,
    ),
}


def ask(place: Terminal, server: Peer) -> None:
    """Type a prompt on one line, its answer bound."""
    place.enter(f"%cromicle -o a --url {server.url} Hi")


def interrupted(place: Terminal, *, times: int) -> str:
    """Press Ctrl-C, and give what is shown until the cell has said what is kept."""
    place.interrupt(times)
    shown = place.wait_for(KEPT)
    place.rest()
    return shown


def streams(place: Terminal) -> None:
    """The last word is sent only once the first stands there, controls visible."""
    gate = Gate()
    with peer(gated(gate, "first\x1b[2J\x9b2J ", "last")) as server:
        ask(place, server)
        place.wait_for(r"first␛\[2J⟨U\+009B⟩2J ")
        gate.open()
        place.wait_for("last")
        place.rest()
    assert "<9 17>" in place.run("print(f'<{a.find(chr(0x9b))} {len(a)}>')")


# What ipykernel says of itself: 6 now and then answers its own shutdown over a socket that it has
# just closed, and one that is still busy a second after its console has gone tells that.
OWN_WORDS = re.compile(
    r"\[IPKernelApp\] ERROR \| Exception in control handler:.*?Socket operation on non-socket"
    r"|\[IPKernelApp\] WARNING \| Parent appears to have exited, shutting down\.",
    re.DOTALL,
)


def ends_early(place: Terminal) -> None:
    """Ctrl-C before the first word, in mid-stream, and twice: one line, the text kept."""
    with peer(unanswered) as server:
        ask(place, server)
        server.visit()
        # On a line of its own, which Rich has emptied.
        assert interrupted(place, times=1).endswith(("\n", "\x1b[2K"))
        assert server.visit().gone.wait(10)
    for times in (1, 2):
        with peer(drip) as server:
            ask(place, server)
            place.wait_for("word word")
            assert "Traceback" not in interrupted(place, times=times)
            assert server.visit().gone.wait(10)
        assert "<word word>" in place.run("print(f'<{a[:9]}>')")


@pytest.mark.parametrize("name", PLACES)
def test_a_sitting(name: str, tmp_path: Path) -> None:
    """An answer streams, Ctrl-C ends others, the next cell works, and the exit is quiet."""
    command, variables = PLACES[name]
    with terminal(tmp_path, command, **variables) as place:
        place.run("%load_ext cromicle_magic")
        streams(place)
        ends_early(place)
        assert "No model is connected" in place.run("%cromicle Hi")
        said, code = place.leave()
    assert code == 0
    said = OWN_WORDS.sub("", said)
    assert not re.search("warn|error|unclosed|Traceback|never", said, re.IGNORECASE)
    assert ("the program runs on" in said) == name.startswith("embed")
