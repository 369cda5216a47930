"""Clicks handled while a cell runs, so that a Stop button can stop."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from cromicle_magic.kernel.fallback import log_fallback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["clicks_let_in"]

_CLICKS = {"comm_msg", "comm_close"}


@contextmanager
def clicks_let_in(shell: InteractiveShell) -> Iterator[None]:
    """Handle what the page's widgets send at once, while the running cell awaits or nests.

    ipykernel 6 queues such a message behind the running cell, ipykernel 7.0 to 7.3 too unless the
    page sends it to a subshell, and 7.4 handles it only where the cell awaits. All else stays
    queued, in its order.

    Args:
        shell: The shell whose cell runs now. Without a kernel, and under ``%%capture``, whose
            publisher can't tell whose output it shows, nothing is done.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is None or not hasattr(shell.display_pub, "set_parent"):
        yield
        return
    stream = _stream(kernel)
    if stream is None:
        log_fallback("ipykernel's shell stream", "a click waits until the cell has ended.")
        yield
        return
    queue = stream._recv_callback
    if isinstance(queue, _Pump):
        yield  # an answer within another's cell
        return
    stream.on_recv(_Pump(kernel, queue), copy=False)
    try:
        yield
    finally:
        stream.on_recv(queue, copy=False)


class _Pump:
    """Takes each message off the shell's stream: a click is handled, all else goes on as before."""

    def __init__(self, kernel: Any, queue: Any) -> None:
        self._kernel, self._queue = kernel, queue
        # The cell's own: from ipykernel 7 on it tells whose output is whose.
        self._context = copy_context()
        self._cell = kernel._parent_ident["shell"], kernel.get_parent("shell")

    def __call__(self, frames: list[Any]) -> Any:
        session = self._kernel.session
        try:
            idents, rest = session.feed_identities(frames, copy=False)
            # Without its content a message may be read again; a whole one is guarded from replay.
            kind = session.deserialize(rest, content=False, copy=False)["header"]["msg_type"]
        except (ValueError, TypeError):
            return self._queue(frames)  # the kernel logs what it can't read
        if kind not in _CLICKS:
            return self._queue(frames)
        message = session.deserialize(rest, content=True, copy=False)
        return self._context.copy().run(self._handle, idents, message)

    def _handle(self, idents: list[bytes], message: dict[str, Any]) -> None:
        kernel = self._kernel
        kernel.set_parent(idents, message, channel="shell")
        kernel._publish_status("busy", "shell")
        try:
            kernel.shell_handlers[message["header"]["msg_type"]](None, idents, message)
        finally:
            kernel._publish_status("idle", "shell")
            kernel.set_parent(*self._cell, channel="shell")


def _stream(kernel: Any) -> Any:
    """Give the stream on which the main thread gets the shell's messages, None if unknown."""
    try:
        stream = kernel.shell_stream
        if thread := getattr(kernel, "shell_channel_thread", None):  # from ipykernel 7 on
            stream = thread.manager._shell_channel_to_main.to_stream
        is_known = callable(stream._recv_callback) and "shell" in kernel._parent_ident
    except AttributeError:
        return None
    return stream if is_known and hasattr(kernel, "_publish_status") else None
