"""Buttons of the reader's own, whose click can be seen outside the kernel."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from support.peers import peer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.peers import Gate, Visit

__all__ = ["BUTTON", "opening"]

# A cell that makes one, and prints what to click; its click goes into ``log`` and knocks at a port.
BUTTON = """
import ipywidgets, socket
log = []
def on_click(_):
    log.append("click")
    with socket.create_connection(("127.0.0.1", {port})) as connection:
        connection.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
button = ipywidgets.Button()
button.on_click(on_click)
print(button.comm.comm_id, end="")
"""


@contextmanager
def opening(gate: Gate) -> Iterator[int]:
    """Open a gate as soon as somebody knocks at a port, which is given."""

    async def script(_: Visit) -> None:
        gate.open()

    with peer(script) as server:
        yield int(server.url.rpartition(":")[2])
