"""The synchronous way on loops that are not asyncio's own."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from cromicle_magic.errors import SettingError
from cromicle_magic.running.nested import run_nested


async def hello() -> str:
    """Say something."""
    return "Hi"


async def nest() -> str:
    """Call synchronous code that calls asynchronous code."""
    return run_nested(hello())


def test_uvloop_cannot_be_nested_and_the_reader_learns_what_works() -> None:
    """Nothing is left unawaited, which a warning would tell, and asyncio stays as it was."""
    before = asyncio.run
    with pytest.raises(SettingError, match="A uvloop loop can't run one call inside another; use"):
        uvloop.run(nest())
    assert asyncio.run is before
    assert uvloop.run(hello()) == "Hi"


def test_a_call_where_no_loop_runs_needs_no_nesting() -> None:
    """It gets a loop of its own, and leaves none behind."""
    assert run_nested(hello()) == "Hi"
    assert asyncio.run(hello()) == "Hi"
