"""IPython in a real terminal."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pexpect
import pytest
from support.kernels import environment
from support.peers import Gate, peer, whole
from support.scripts import drip, gated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROMPT = r"In \[\d+\]: "


class Terminal:
    """A terminal with IPython in it, prompts in plain text."""

    def __init__(self, home: Path, kind: str = "dumb") -> None:
        arguments = ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"]
        self.child = pexpect.spawn(
            sys.executable,
            arguments,
            cwd=str(home),
            env=environment(home) | {"TERM": kind},
            encoding="utf-8",
            timeout=30,
        )
        self.child.expect(PROMPT)

    def enter(self, *lines: str) -> None:
        """Type a cell; of several lines, two empty ones end it in a simple prompt."""
        for line in (*lines, *(["", ""] if len(lines) > 1 else [])):
            self.child.sendline(line)

    def run(self, *lines: str) -> str:
        """Type a cell and give what stands between it and the next prompt."""
        self.enter(*lines)
        self.child.sendline("'--' + 'end--'")
        self.child.expect("--end--")
        return str(self.child.before)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """IPython with the extension loaded."""
    running = Terminal(tmp_path)
    running.run("%load_ext cromicle_magic")
    yield running
    running.child.close(force=True)


def test_the_words_are_printed_as_they_come(terminal: Terminal) -> None:
    """The server sends its last word only once the first stands on the screen, controls visible."""
    gate = Gate()

    with peer(gated(gate, "first\x1b[2J ", "last")) as server:
        terminal.enter(f"%%cromicle --url {server.url}", "Hi")
        terminal.child.expect("first␛\\[2J ")
        gate.open()
        terminal.child.expect("last\r\n")


@pytest.mark.parametrize("way", ["", "x = 1; "])
def test_an_interrupt_ends_it_with_one_line(terminal: Terminal, way: str) -> None:
    """Ctrl-C: the server sees the client go, the text so far is bound, the next prompt works."""
    with peer(drip) as server:
        terminal.enter(
            f"{way}get_ipython().run_line_magic('cromicle', '-o a --url {server.url} Hi')"
        )
        terminal.child.expect("word word")
        terminal.child.sendintr()
        terminal.child.expect(
            "KeyboardInterrupt: [\\d,]+ characters were received and are kept.\r\n"
        )
        assert server.visit().gone.wait(10)
        assert re.search(r"'word word( word)* '", terminal.run("a"))


def test_every_way_answers(terminal: Terminal) -> None:
    """Line, cell, %%time and a call from a function, and nothing is complained of at the exit."""
    with peer(whole("fine")) as server:
        url = f"--url {server.url}"
        assert "fine" in terminal.run(f"%cromicle {url} What is this?")
        assert "fine" in terminal.run(f"%%cromicle {url}", "Hi")
        assert "fine" in terminal.run("%%time", f"%%cromicle {url}", "Hi")
        assert "fine" in terminal.run(f"[get_ipython().run_cell_magic('cromicle', '{url}', 'Hi')]")
    terminal.enter("%cromicle Hi")  # alone, for what is typed meanwhile is echoed amid the words
    terminal.child.expect("No model is connected")
    terminal.child.expect("In ")
    terminal.child.sendline("exit")
    terminal.child.expect(pexpect.EOF)
    assert not re.search("warn|error|unclosed|Traceback", str(terminal.child.before), re.IGNORECASE)


def test_a_page_of_the_manual_is_shown(terminal: Terminal) -> None:
    """As it was written; %cromicle help lists them."""
    assert "# Chats: what goes along with a prompt" in terminal.run("%cromicle help chats")
    assert "%cromicle help TOPIC" in terminal.run("%cromicle help")


def test_rich_lays_markdown_out_where_it_is_installed(tmp_path: Path) -> None:
    """Marks become style, raw HTML stays text, controls stay visible, and it comes as it comes."""
    gate = Gate()

    terminal = Terminal(tmp_path, "xterm-256color")
    terminal.run("%load_ext cromicle_magic")
    with peer(
        gated(
            gate,
            "# Title\n\nsome **bold** \x1b[2J <b>html</b>\n\n- it",
            "em [a](https://far.invalid/)\n\nlast",
        )
    ) as server:
        terminal.enter(f"%%cromicle -o a --url {server.url}", "Hi")
        terminal.child.expect("bold")
        gate.open()
        shown = terminal.run("print(len(a))")
    assert "**" not in shown
    assert "\x1b]8" not in shown
    assert "␛[2J <b>html</b>" in shown
    for word in ("em ", "https://far.invalid/", "last", "79"):
        assert word in shown
    terminal.child.close(force=True)
