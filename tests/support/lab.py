"""A real JupyterLab or Notebook 7 on loopback, with nothing of the user's in it."""

from __future__ import annotations

import contextlib
import http.client
import json
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

import psutil

from .household import KERNEL, SETTINGS, THEMES, Settings, environment_of, furnish, write_kernelspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["KERNEL", "App", "Lab", "LabError", "Settings", "running_lab"]

App = Literal["lab", "notebook"]

START_DEADLINE_S: Final = 60.0
STOP_DEADLINE_S: Final = 15.0
POLL_S: Final = 0.05
LOG_TAIL_CHARS: Final = 2_000


class LabError(RuntimeError):
    """The server did not start; the message ends with its log."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A server that is up: where it listens and where its files are."""

    app: App
    port: int
    token: str
    folder: Path
    home: Path

    @property
    def address(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def page_of(self, name: str) -> str:
        """Return the address at which a browser sees the notebook `name`."""
        rooms = {"lab": "doc/tree", "notebook": "notebooks"}
        return f"{self.address}/{rooms[self.app]}/{quote(name)}?token={self.token}"

    def add_kernel(self, name: str, python: str) -> None:
        """Make the kernel `name` run in the executable `python`, for this server only."""
        write_kernelspec(self.home, name, python)

    def kernels(self) -> list[str]:
        """Return the ids of the kernels that run now."""
        return [str(kernel["id"]) for kernel in self._ask("GET", "/api/kernels")]

    def shut_down_kernels(self) -> None:
        """End every kernel, so that the next opening starts a fresh one."""
        for session in self._ask("GET", "/api/sessions"):
            self._ask("DELETE", f"/api/sessions/{session['id']}")
        for kernel in self.kernels():
            self._ask("DELETE", f"/api/kernels/{kernel}")

    def _ask(self, method: str, path: str) -> list[dict[str, object]]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as line:
            line.request(method, path, headers={"Authorization": f"token {self.token}"})
            answer = line.getresponse()
            body = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise LabError(f"{method} {path} was answered with {answer.status}: {body[:200]!r}")
        return list(json.loads(body)) if body else []


@contextlib.contextmanager
def running_lab(
    folder: Path,
    *,
    app: App = "lab",
    python: str = sys.executable,
    settings: Mapping[str, dict[str, object]] | None = None,
    theme: Literal["light", "dark"] = "light",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Lab]:
    """Start a server whose notebooks lie in `folder`, stop it at the end.

    Args:
        folder: Made if missing; the server's own files go to `folder/.home`.
        app: JupyterLab, or Notebook 7.
        python: The executable the kernel `KERNEL` runs in.
        settings: Per plugin, what to set besides `SETTINGS`.
        theme: The theme from the first paint on.
        environment: Variables for the server and its kernels.

    Yields:
        The server, ready to answer.

    Raises:
        LabError: It did not answer in time, or ended by itself.
    """
    lab = Lab(app, free_port(), secrets.token_hex(16), folder, folder / ".home")
    furnish(
        lab.home, {**SETTINGS, THEMES: {"theme": f"JupyterLab {theme.title()}"}, **(settings or {})}
    )
    lab.add_kernel(KERNEL, python)
    with (lab.home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command(lab),
            env={**environment_of(lab.home), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_ready(lab, server)
        yield lab
    finally:
        stop(server)


def free_port() -> int:
    """Return a port nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def command(lab: Lab) -> list[str]:
    """Return the server's command line."""
    return [
        sys.executable,
        "-m",
        {"lab": "jupyterlab", "notebook": "notebook"}[lab.app],
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={lab.port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={lab.folder}",
        f"--IdentityProvider.token={lab.token}",
    ]


def wait_until_ready(lab: Lab, server: subprocess.Popen[bytes]) -> None:
    """Return once the server answers."""
    deadline = time.monotonic() + START_DEADLINE_S
    while not answers(lab):
        if server.poll() is not None or time.monotonic() > deadline:
            log = (lab.home / "server.log").read_text(errors="replace")
            raise LabError(f"{lab.app} did not start:\n{log[-LOG_TAIL_CHARS:]}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(POLL_S)


def answers(lab: Lab) -> bool:
    """Say whether the server answers a request."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", lab.port, timeout=5)) as line:
        try:
            line.request("GET", f"/api/status?token={lab.token}")
            return line.getresponse().status == http.client.OK
        except OSError:
            return False


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and what it started, politely and then firmly; nothing else."""
    family = own_children(server.pid)
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(STOP_DEADLINE_S)
    if server.poll() is None:
        server.kill()
        server.wait()
    _, left = psutil.wait_procs(family, timeout=STOP_DEADLINE_S)
    for child in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


def own_children(pid: int) -> list[psutil.Process]:
    """Return every process the server started, its kernels among them."""
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []
