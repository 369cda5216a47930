"""A cell's reply and an interrupt just before it, with the shield and without it."""

from __future__ import annotations

import logging
import queue
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from support.peers import END, HEAD, chunk, peer
from support.scripts import CELLS, is_shown, silent

from cromicle_magic.kernel import shield

if TYPE_CHECKING:
    from support.kernels import Kernel

# The kernel interrupts itself as the last thing before it sends the reply of the next cell.
LATE = """
import signal
kernel = get_ipython().kernel
calls, finish_metadata = iter([False, True]), type(kernel).finish_metadata.__get__(kernel)
def interrupting(*arguments):
    if next(calls, False):
        signal.raise_signal(signal.SIGINT)
    return finish_metadata(*arguments)
kernel.finish_metadata = interrupting
"""
LOST_S = 1.0
WITHOUT = """
from cromicle_magic.kernel import shield
shield.release_replies(get_ipython())
"""
WITH = "shield.keep_replies(get_ipython())"


@pytest.mark.parametrize("way", CELLS)
def test_a_second_interrupt_before_the_reply_is_ignored(each: Kernel, way: str) -> None:
    """The reply says that the cell was interrupted, and the kernel goes on."""
    with peer(silent) as server:
        each.run(LATE)
        running = each.submit(CELLS[way].format(options=f"--url {server.url}"))
        each.watch(running, is_shown)
        each.interrupt()
        run = each.finish(running)
    assert run.reply["ename"] == "Interrupted"


@pytest.mark.parametrize("way", CELLS)
def test_an_interrupt_after_the_end_is_too_late(each: Kernel, way: str) -> None:
    """The answer is whole then, and the cell fine."""
    with peer(HEAD + chunk("word") + END) as server:
        each.run(LATE)
        run = each.run(CELLS[way].format(options=f"--url {server.url}"))
    assert run.status == "ok"


@pytest.mark.parametrize("way", CELLS)
def test_without_the_shield_the_reply_is_lost(each: Kernel, way: str) -> None:
    """On every supported kernel; else the piece may go."""
    with peer(HEAD + chunk("word") + END) as server:
        each.run(WITHOUT)
        each.run(LATE)
        cell = each.submit(CELLS[way].format(options=f"--url {server.url}"))
        each.watch(cell, lambda m: m["content"].get("execution_state") == "idle")
        with pytest.raises(queue.Empty):
            each.client.get_shell_msg(timeout=LOST_S)
        each.run(WITH)


def test_a_kernel_without_the_place_for_it_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """A future release may differ: the log says so, once, and nothing else happens."""
    shield.log_fallback.cache_clear()
    shell: Any = InteractiveShell()
    shell.kernel = SimpleNamespace()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            shield.keep_replies(shell)
            shield.release_replies(shell)
    assert len(caplog.messages) == 1
    assert shield.SHIELD.cover not in shell.events.callbacks["post_execute"]
