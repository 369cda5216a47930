"""No key is ever seen: not in an error, its traceback, a log or a warning."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from support.catalogue.connections import sends
from support.catalogue.statuses import reply
from support.faults import KEY, Fault, Street
from support.peers import END, HEAD, chunk, whole

from cromicle_magic import ask, errors, stream
from cromicle_magic.errors import CromicleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

# One fault for each kind of error; some repeat the key to whoever sent it.
ECHO = f'{{"error": {{"message": "{KEY}, {KEY} is wrong"}}}}'
PAGE = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>"
FAULTS = {
    errors.SettingError: Fault(
        "a name that can be none", errors.SettingError, url="http://" + "x" * 70 + ".invalid"
    ),
    errors.ConnectError: Fault("nobody", errors.ConnectError, url="http://127.0.0.1:1"),
    errors.AccessError: Fault("echo", errors.AccessError, reply(ECHO, "401 No")),
    errors.StatusError: Fault("echo", errors.StatusError, reply(ECHO, "500 Oops")),
    errors.TruncatedError: Fault("cut", errors.TruncatedError, HEAD + chunk("half")),
    errors.EmptyError: Fault("empty", errors.EmptyError, HEAD + END),
    errors.LimitError: Fault("long", errors.LimitError, whole("words " * 99)),
    errors.DeadlineError: Fault("silent", errors.DeadlineError, sends(HEAD, then="stall")),
    errors.ProtocolError: Fault(
        "echo",
        errors.ProtocolError,
        PAGE + KEY.encode(),
    ),
}
OPTIONS: dict[str, Any] = {"retries": 1, "max_chars": 99}


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    """The servers that fail."""
    with Street(list(FAULTS.values())).open() as running:
        yield running


async def asked(address: str, timeout: float) -> None:
    """Ask with a key."""
    await ask("Hello", url=address, token=KEY, timeout=timeout, **OPTIONS)


async def streamed(address: str, timeout: float) -> None:
    """Ask with a key, piece by piece, in the other protocol."""
    async for _ in stream("Hello", url=f"{address}/v1", token=KEY, timeout=timeout, **OPTIONS):
        pass


@pytest.mark.parametrize("way", [asked, streamed])
@pytest.mark.parametrize("kind", FAULTS)
def test_no_error_shows_a_key(
    kind: type[CromicleError],
    way: Any,
    street: Street,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    """Neither in its forms, nor in a traceback with all values, nor in what was logged."""
    caplog.set_level(logging.DEBUG)
    warnings.simplefilter("always")
    timeout_s = 0.3 if kind is errors.DeadlineError else 10
    with pytest.raises(CromicleError) as caught:
        asyncio.run(way(street.address(FAULTS[kind]), timeout_s), debug=True)
    error = caught.value
    assert way is streamed or type(error) is kind
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    seen = [repr(error), str(vars(error)), *shown.format(), caplog.text, *map(str, recwarn)]
    assert KEY not in "".join(seen)
    assert KEY.encode() not in pickle.dumps(error)
    assert not [thing for thing in held(error) if type(thing).__module__.startswith("aiohttp")]


def held(error: BaseException) -> list[object]:
    """Give what an error and the frames of its traceback hold, and what that holds."""
    frames: list[FrameType] = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    first = [*vars(error).values(), *(value for f in frames for value in f.f_locals.values())]
    cells = [
        cell.cell_contents for value in first for cell in getattr(value, "__closure__", None) or ()
    ]
    second = [value for thing in first for value in getattr(thing, "__dict__", {}).values()]
    return [*first, *cells, *second]
