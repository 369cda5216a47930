"""Clicks while a cell runs, with the piece that lets them in and without it."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from support.buttons import BUTTON, opening
from support.peers import Gate, peer
from support.scripts import CELLS, gated, is_shown

from cromicle_magic.kernel.clicks import clicks_let_in
from cromicle_magic.kernel.fallback import log_fallback

if TYPE_CHECKING:
    import pytest
    from support.kernels import Kernel

WITHOUT = """
import contextlib, nest_asyncio2, cromicle_magic.cell.answering as answering
nest_asyncio2.apply()
piece = answering.clicks_let_in
answering.clicks_let_in = lambda shell: contextlib.nullcontext()
"""
UNHEARD_S = 1.0


def test_without_it_a_click_waits_for_the_cells_end(each: Kernel) -> None:
    """On every supported kernel, at least where nest_asyncio2 nests; else the piece may go."""
    clicked, end = Gate(), Gate()
    with peer(gated(end, "word ", "word")) as server, opening(clicked) as port:
        button = each.run(BUTTON.format(port=port)).stdout
        assert each.run(WITHOUT).status == "ok"
        running = each.submit(CELLS["nested"].format(options=f"--url {server.url}"))
        each.watch(running, is_shown)
        each.click(button)
        assert not clicked.is_open_within(UNHEARD_S)
        end.open()
        assert each.finish(running).status == "ok"
        assert clicked.is_open_within(5)


def test_with_it_a_click_is_handled_and_the_stream_put_back(each: Kernel) -> None:
    """The click has its own busy and idle, without which a slider would send only once."""
    clicked, end = Gate(), Gate()
    with peer(gated(end, "word ", "word")) as server, opening(clicked) as port:
        button = each.run(BUTTON.format(port=port)).stdout
        each.run("answering.clicks_let_in = piece")
        running = each.submit(CELLS["nested"].format(options=f"--url {server.url}"))
        each.watch(running, is_shown)
        click = each.click(button)
        each.watch(click, lambda m: m["content"].get("execution_state") == "idle")
        end.open()
        assert each.finish(running).status == "ok"
        assert each.run(PUT_BACK).stdout == "False"


PUT_BACK = """
from cromicle_magic.kernel.clicks import _stream
print("Pump" in type(_stream(get_ipython().kernel)._recv_callback).__name__, end="")
"""


def test_an_unknown_kernel_is_left_alone_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """A future release may differ: a click waits then, and the log says so, once."""
    log_fallback.cache_clear()
    publisher = SimpleNamespace(set_parent=print)
    shell: Any = SimpleNamespace(kernel=object(), display_pub=publisher)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            with clicks_let_in(shell):
                pass
    (line,) = caplog.messages
    assert "a click waits until the cell has ended" in line
