"""A background task's display: under its own cell, with the piece and without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell

from cromicle_magic.kernel.parent import CellParent

if TYPE_CHECKING:
    from support.kernels import Kernel

BEGIN = """
import asyncio, contextlib
from IPython.display import display
from cromicle_magic.kernel.parent import CellParent
go, shown = asyncio.Event(), asyncio.Event()
async def show(active):
    await go.wait()
    with active():
        display("shown")
    shown.set()
task = asyncio.ensure_future(show({active}))
"""
GO = "go.set(); await shown.wait();"


def test_what_a_task_displays_stands_under_its_cell(each: Kernel) -> None:
    """Whatever cell runs then; and what that one displays stays its own."""
    first = each.run(BEGIN.format(active="CellParent(get_ipython()).active"))
    second = each.run(f"{GO} display('own');")
    assert [data["text/plain"] for data in second.outputs] == ["'own'"]
    assert [data["text/plain"] for data in first.outputs] == ["'shown'"]


def test_without_it_ipykernel_6_shows_it_under_another(each: Kernel) -> None:
    """Where a later one did so too the piece would have to work there; else it may go."""
    each.run(BEGIN.format(active="contextlib.nullcontext"))
    second = each.run(GO)
    major = int(each.run("import ipykernel; print(ipykernel.version_info[0])").stdout)
    assert len(second.outputs) == (1 if major == 6 else 0)


def test_without_a_kernel_there_is_nothing_to_know() -> None:
    """A terminal has one place to print to."""
    with CellParent(InteractiveShell()).active():
        pass
