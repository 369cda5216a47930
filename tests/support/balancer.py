"""A real nginx on 127.0.0.1, with TLS, for a configuration as the manual gives it."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["balancer"]

DEADLINE_S = 20
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
# What stands around the block in any installation; all that is written stays in one folder, and
# whoever calls by another name gets nothing.
AROUND = """
{user}
pid {home}/nginx.pid;
error_log {home}/error.log;
events {{}}
http {{
    access_log off;
    {folders}
    server {{ listen 127.0.0.1:{port} ssl default_server; {certificate} return 444; }}
    {block}
}}
"""


@contextmanager
def balancer(block: str, home: Path, name: str) -> Iterator[Callable[[], HTTPConnection]]:
    """Run nginx with a block of its configuration.

    Args:
        block: The block, in which ``listen 443 ssl;`` gets a free port and a certificate.
        home: A folder for what it writes.
        name: The name that it is called by.

    Yields:
        What makes a connection to it over TLS, under that name.
    """
    authority = trustme.CA()
    pem = home / "server.pem"
    authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(str(pem))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (home / "nginx.conf").write_text(_configuration(block, home, port, pem))
    _nginx(home)  # which returns once it listens

    def connect() -> HTTPConnection:
        connection = HTTPConnection(name, timeout=DEADLINE_S)
        plain = socket.create_connection(("127.0.0.1", port), DEADLINE_S)
        connection.sock = trust.wrap_socket(plain, server_hostname=name)
        return connection

    try:
        yield connect
    finally:
        _nginx(home, "-s", "stop")


def _configuration(block: str, home: Path, port: int, pem: Path) -> str:
    certificate = f"ssl_certificate {pem}; ssl_certificate_key {pem};"
    listening = block.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl; {certificate}")
    assert listening != block
    folders = "".join(f"{name}_temp_path {home}/{name};\n    " for name in TEMPORARY)
    # A worker of another user couldn't look into the folder of a test.
    user = "user root;" if os.geteuid() == 0 else ""
    return AROUND.format(
        user=user,
        home=home,
        folders=folders,
        port=port,
        certificate=certificate,
        block=listening,
    )


def _nginx(home: Path, *arguments: str) -> None:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is missing; bash .ci/test installs it"
    places = ["-p", str(home), "-e", str(home / "error.log"), "-c", str(home / "nginx.conf")]
    command = [program, *places, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stderr
