"""The tests' own servers: they leave nothing open, whoever has just come."""

from __future__ import annotations

import gc
import socket

from support.peers import peer
from support.scripts import silent


def test_who_comes_as_a_server_ends_is_hung_up_on() -> None:
    """Else a warning of what is left open would end whichever test runs then."""
    for _ in range(20):
        with peer(silent) as server:
            client = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))
        with client:
            assert client.recv(1) == b""
    gc.collect()
