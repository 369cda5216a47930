"""Real kernels, driven over the messages that every frontend sends."""

from __future__ import annotations

import os
import queue
import signal
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from jupyter_client.blocking.client import BlockingKernelClient

DEADLINE_S = 60.0
DISPLAYS = ("display_data", "execute_result", "update_display_data")
Message = dict[str, Any]
# What the tester may have set for himself.
OURS = (
    *("CROMICLE_URL", "CROMICLE_TOKEN", "CROMICLE_TOKEN_FILE", "CROMICLE_UPSTREAM_TOKEN"),
    *("OPENAI_BASE_URL", "OPENAI_API_KEY", "OLLAMA_HOST"),
)
# What a request to run a cell says beside its code; unlike a notebook, a failure stops nothing.
CONTENT = {
    "silent": False,
    "store_history": True,
    "user_expressions": {},
    "allow_stdin": True,
    "stop_on_error": False,
}


@dataclass
class Run:
    """What one cell sent.

    Attributes:
        messages: Its messages on iopub, in order.
        reply: The content of its reply on the shell channel.
    """

    messages: list[Message] = field(default_factory=list)
    reply: Message = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Either "ok", "error" or "aborted"."""
        return str(self.reply["status"])

    @property
    def stdout(self) -> str:
        """What the cell printed."""
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        """What the cell complained."""
        return self._stream("stderr")

    @property
    def error(self) -> list[str]:
        """The lines of the traceback, if the cell sent one."""
        return [line for m in self.of("error") for line in m["content"]["traceback"]]

    @property
    def outputs(self) -> list[Message]:
        """The displays as a notebook keeps them: each display id once, in its last form."""
        kept: dict[str, Message] = {}
        for message in self.of(*DISPLAYS, "clear_output"):
            content = message["content"]
            if "wait" in content:
                kept.clear()
                continue
            key = content.get("transient", {}).get("display_id") or message["header"]["msg_id"]
            kept[key] = content["data"]
        return list(kept.values())

    def of(self, *kinds: str) -> list[Message]:
        """Give the messages of some kinds, in order."""
        return [m for m in self.messages if m["header"]["msg_type"] in kinds]

    def _stream(self, name: str) -> str:
        streams = (m["content"] for m in self.of("stream"))
        return "".join(content["text"] for content in streams if content["name"] == name)


class Kernel:
    """One kernel with one frontend, which is the test."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client
        self._runs: dict[str, Run] = {}
        self.heard: list[Message] = []

    def run(self, code: str, **options: Any) -> Run:
        """Run a cell to its end."""
        return self.finish(self.submit(code, **options))

    def submit(self, code: str, **options: Any) -> str:
        """Send a cell, as Run All does, without waiting for its end.

        Args:
            code: The cell's text.
            **options: What else the request says; ``metadata`` names the cell as a notebook does,
                and an empty one is a console's.

        Returns:
            Its message's id.
        """
        metadata = options.pop("metadata", {"cellId": "a-cell"})
        content = CONTENT | {"code": code} | options
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        number = str(message["header"]["msg_id"])
        self._runs[number] = Run()
        return number

    def finish(self, number: str, deadline_s: float = DEADLINE_S) -> Run:
        """Wait until a cell has ended: its reply is there, and the kernel is idle again."""
        run = self._runs[number]
        self.watch(number, lambda m: m["content"].get("execution_state") == "idle", deadline_s)
        while not run.reply:
            reply = self.client.get_shell_msg(timeout=DEADLINE_S)
            if answered := self._runs.get(reply["parent_header"]["msg_id"]):
                answered.reply = reply["content"]
        return run

    def watch(
        self, number: str, is_it: Callable[[Message], bool], deadline_s: float = DEADLINE_S
    ) -> Message:
        """Wait for a message of a cell on iopub."""
        deadline = time.monotonic() + deadline_s
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                message = self.client.get_iopub_msg(timeout=left_s)
            except queue.Empty:
                break
            self.heard.append(message)
            parent = message["parent_header"].get("msg_id")
            if parent in self._runs:
                self._runs[parent].messages.append(message)
            if parent == number and is_it(message):
                return message
        # It ends, and tells on its stderr where each of its threads stands.
        self.manager.signal_kernel(signal.SIGABRT)
        self.wait_for_exit()
        raise TimeoutError(f"no such message within {deadline_s} s")

    def drain(self, number: str) -> Run:
        """Give a cell's run once more, with what came of it after it had ended."""
        self.run("0;")
        return self._runs[number]

    def wait_for_exit(self) -> None:
        """Wait until the kernel's process has ended, as it was asked to."""
        deadline = time.monotonic() + DEADLINE_S
        while self.manager.is_alive():
            assert time.monotonic() < deadline
            time.sleep(0.05)  # a process tells of its end only to who asks

    def interrupt(self, mode: str = "signal") -> None:
        """Interrupt as the frontend's button does: by a "signal", or by a "message"."""
        if mode == "signal":
            self.manager.interrupt_kernel()
            return
        # With its reply it has been done; else it might still hit the next cell.
        self._control("interrupt_request")

    def click(self, comm_id: str, subshell_id: str | None = None) -> str:
        """Click a button widget as a browser does, by a subshell or by the shell that runs cells.

        Returns:
            Its message's id.
        """
        content = {"comm_id": comm_id, "data": {"method": "custom", "content": {"event": "click"}}}
        message = self.client.session.msg("comm_msg", content)
        if subshell_id:
            message["header"]["subshell_id"] = subshell_id
        number = str(message["header"]["msg_id"])
        self._runs[number] = Run()
        self.client.shell_channel.send(message)
        return number

    def subshell(self) -> str | None:
        """Make a subshell, as JupyterLab does for widgets; None where the kernel has none."""
        info = self.client.kernel_info(reply=True, timeout=DEADLINE_S)["content"]
        if "kernel subshells" not in info.get("supported_features", []):
            return None
        return str(self._control("create_subshell_request")["subshell_id"])

    def _control(self, kind: str) -> Message:
        self.client.control_channel.send(self.client.session.msg(kind))
        reply: Message = self.client.get_control_msg(timeout=DEADLINE_S)["content"]
        return reply


@contextmanager
def kernel(
    cwd: Path, python: str = sys.executable, *, stderr: IO[str] | None = None, **env: str
) -> Iterator[Kernel]:
    """Run a kernel with the extension loaded; the arguments are those of ``bare_kernel``.

    Yields:
        The kernel, ready.
    """
    with bare_kernel(cwd, python, stderr=stderr, **env) as running:
        assert running.run("%load_ext cromicle_magic").status == "ok"
        yield running


@contextmanager
def bare_kernel(
    cwd: Path, python: str = sys.executable, *, stderr: IO[str] | None = None, **env: str
) -> Iterator[Kernel]:
    """Run a kernel in which nothing is loaded yet.

    Args:
        cwd: The folder it runs in, away from the source.
        python: The interpreter whose environment it runs in.
        stderr: Where the process itself complains; by default where the tests do.
        **env: Environment variables to add.

    Yields:
        The kernel, ready.
    """
    with ExitStack() as stack:
        try:
            running = stack.enter_context(_started(cwd, python, stderr, env))
        except RuntimeError as error:
            # jupyter_client gives the ports back before the kernel takes them: one may be gone.
            if "Kernel died before replying" not in str(error):
                raise
            running = stack.enter_context(_started(cwd, python, stderr, env))
        yield running


@contextmanager
def _started(
    cwd: Path, python: str, stderr: IO[str] | None, env: Mapping[str, str]
) -> Iterator[Kernel]:
    manager = KernelManager(kernel_name="python3")
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=command, display_name="test", language="python")
    env = environment(cwd) | {"PYTHONFAULTHANDLER": "1", **env}
    manager.start_kernel(cwd=str(cwd), env=env, stderr=stderr)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=DEADLINE_S)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        # Asked to end, not killed: what was covered is written at a kernel's own end.
        if manager.has_kernel:
            manager.shutdown_kernel(now="COVERAGE_PROCESS_CONFIG" not in os.environ)


def importing() -> dict[str, str]:
    """Give the variable by which another process can import what this one can."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def environment(home: Path) -> dict[str, str]:
    """Give the environment of a reader who has set nothing, with a home of its own."""
    kept = {key: value for key, value in os.environ.items() if key not in OURS}
    # An engine that listens on this machine is no part of the tests.
    home_of = {"IPYTHONDIR": str(home / ".ipython"), "CROMICLE_PORTS": "none"}
    # Tests share kernels; those about chats ask for them.
    return kept | home_of | {"PYTHONWARNINGS": "default", "CROMICLE_BUDGET": "0"}
