"""The Stop button: the reader ends the answer, and that is no error."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from support.peers import peer
from support.scripts import CELLS, is_shown, silent

if TYPE_CHECKING:
    from support.kernels import Kernel

SHELLS = ("main shell", "subshell")


def button(kernel: Kernel, number: str) -> str:
    """Give the comm of the Stop button of a cell."""
    opened = kernel.watch(
        number,
        lambda m: m["content"].get("data", {}).get("state", {}).get("description") == "Stop",
    )
    return str(opened["content"]["comm_id"])


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("way", CELLS)
def test_stop_ends_the_stream_and_run_all_goes_on(
    each: Kernel, way: str, shell: str, request: pytest.FixtureRequest
) -> None:
    """The server sees the client go, the text stays shown and bound, and the next cell runs."""
    # ipykernel 6 has none: there JupyterLab clicks on the main shell.
    subshell = each.subshell() if shell == "subshell" else None
    with peer(silent) as server:
        running = each.submit(
            CELLS[way].format(options=f"-o answer --url {server.url}"), stop_on_error=True
        )
        following = each.submit("print(answer)")
        stop = button(each, running)
        each.watch(running, is_shown)
        start = time.monotonic()
        each.click(stop, subshell)
        assert server.visit().gone.wait(5)
        print(f"{request.node.name}: {time.monotonic() - start:.3f} s")
        run = each.finish(running)
        assert time.monotonic() - start < 5
        assert run.status == "ok"
        assert [data["text/plain"] for data in run.outputs if "text/html" in data] == ["word "]
        assert each.finish(following).stdout == "word \n"
