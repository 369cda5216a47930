"""llama.cpp's server from the wheel xllamacpp: started, tried and ended.

The only file that knows xllamacpp, whose interface changes from release to release. Run as a
script, it tries a file in a process of its own: llama.cpp aborts over some broken files, which must
not take the notebook's kernel along.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["REQUIREMENT", "Engine", "Trial", "graphics_bytes", "is_installed"]

# As the extra "local" has it: a reader who came by another way than pip can name no extra of ours.
REQUIREMENT = "xllamacpp>=2026.9.10809,<2027"

# Enough for a long talk; the 128 K and more that models know would fill a laptop's memory.
CONTEXT_TOKENS = 8192
# For a trial, which reserves memory for its context while another model may still be there.
TRIAL_TOKENS = 512
# Answers at once, in the context that they share; the next one waits. A single slot would let a
# cell wait for one in the background.
SLOTS = 4
# An answer can't be cancelled within a batch: at 50 tokens a second that is 5 s, not 40 s as with
# llama.cpp's 2048, and a processor is no slower for it.
BATCH_TOKENS = 256
# A request comes whole at once; who sends half of one would hold up the end.
READ_S = 2
STOP_S = 10.0
POLL_S = 0.05

# An error in llama.cpp's log: time, level, where from, what.
_LOGGED = re.compile(r"[\d.]+ E (?:\S+ +)?(?:\w+: |error loading model: )+(.+)")


def is_installed() -> bool:
    """Tell whether xllamacpp is there; it isn't imported for that."""
    return find_spec("xllamacpp") is not None


def graphics_bytes() -> int:
    """Give the free memory of graphics cards that have their own, 0 without any."""
    if sys.platform == "darwin":
        return 0  # where cards share the machine's
    graphics = _library().ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_GPU
    cards = (card for card in _library().get_device_info() if card["type"] == graphics)
    return sum(int(card["memory_free"]) for card in cards)


class Engine:
    """A running engine; to make one holds the interpreter for as long as the model loads.

    xllamacpp does not release it (as of 2026.10): for 0.2 s a GB of a file that was read before;
    for 4 s a GB on two cores where the processor wants quantized weights in another order, at which
    answers take half the time.

    Args:
        path: The model's file.
        context: How many tokens fit.
        key: What each request must carry.

    Raises:
        RuntimeError: llama.cpp refuses the file.
    """

    def __init__(self, path: Path, context: int, key: str) -> None:
        params = _parameters(path, min(context, CONTEXT_TOKENS))
        params.api_keys, params.model_alias = [str(key)], {path.stem}
        self._key = key
        self._server: Any = _library().Server(params)
        self.address: str = str(self._server.listening_address)

    def close(self) -> bool:
        """End the engine, unless an answer goes on that can't be cut.

        The wheel waits at the end for the last request, the interpreter held: with one under way
        whose client is in this very process, forever. So each is cut, and waited for, before.

        Returns:
            Whether it has ended, and its memory is free.
        """
        parts = urlsplit(self.address)
        _hang_up(int(parts.port or 0))
        deadline = time.monotonic() + STOP_S
        while self._is_busy(parts.netloc, deadline):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        del self._server
        return True

    def _is_busy(self, place: str, deadline: float) -> bool:
        client = http.client.HTTPConnection(place, timeout=max(deadline - time.monotonic(), POLL_S))
        try:
            client.request("GET", "/slots", headers={"Authorization": f"Bearer {self._key}"})
            return any(slot["is_processing"] for slot in json.load(client.getresponse()))
        except TimeoutError:
            return True  # at a batch, behind which it will look at its connections
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()


class Trial:
    """A process that loads a file, answers once and ends; the system has read the file by that.

    Args:
        path: The model's file.
    """

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this file, by this very interpreter
            [sys.executable, __file__, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | _ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def result(self) -> int:
        """Wait for its end.

        Returns:
            How many tokens the model was trained for.

        Raises:
            RuntimeError: llama.cpp refuses the file, or breaks down; in its own words, as far as it
                has any.
        """
        said, complained = self._process.communicate()
        if self._process.returncode:
            log = complained.decode("utf-8", "replace")
            raise RuntimeError(_reason(log, self._process.returncode))
        return int(said.split()[-1])

    def stop(self) -> None:
        """End it now; whoever waits for it gets an error."""
        self._process.kill()


_HELLO = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
_JSON = {"Content-Type": "application/json"}
_ENVIRONMENT = {
    "GGML_NO_BACKTRACE": "1",  # would start a debugger
    "PYTHONSAFEPATH": "1",  # the files beside this one are no modules of the trial's
}


def _library() -> Any:
    """Bring it when it is first needed: it is an extra, takes long to load, and knows no types."""
    import xllamacpp  # noqa: PLC0415

    return xllamacpp


def _parameters(path: Path, context: int) -> Any:
    params = _library().CommonParams()
    params.model.path, params.offline = str(path), True
    params.n_ctx, params.n_batch = context, BATCH_TOKENS
    params.n_parallel, params.kv_unified = SLOTS, True
    params.port, params.timeout_read = 0, READ_S
    params.endpoint_slots, params.ui = True, False
    # By default it keeps up to 8 GB of earlier prompts, and 32 states of some models for each slot.
    params.cache_ram_mib, params.n_ctx_checkpoints = 0, 4
    # The first answer warms it up as well, and does not hold the interpreter.
    params.warmup, params.verbosity = False, -1
    return params


def _hang_up(port: int) -> None:
    """Shut the engine's ends of its connections; Windows has no list of them."""
    for name in os.listdir("/dev/fd") if os.path.isdir("/dev/fd") else ():  # noqa: PTH112, PTH208
        try:
            end = socket.socket(fileno=int(name))
        except OSError:
            continue
        try:
            end.getpeername()
            if end.getsockname()[1] == port:
                end.shutdown(socket.SHUT_RDWR)
        except (OSError, IndexError):
            continue
        finally:
            end.detach()


def _reason(log: str, code: int) -> str:
    if code < 0:
        return f"it broke down ({signal.Signals(-code).name})"
    found: Iterator[str] = (m[1] for line in log.splitlines() if (m := _LOGGED.match(line)))
    lines = log.split("\n")
    return next(found, next((line for line in reversed(lines) if line.strip()), "no reason given"))


def _try(path: Path) -> None:
    params = _parameters(path, TRIAL_TOKENS)
    params.load_mode = _library().llama_load_mode.LLAMA_LOAD_MODE_MMAP
    params.no_extra_bufts, params.verbosity = True, 1
    try:
        server = _library().Server(params)
    except RuntimeError:
        sys.exit(1)
    client = http.client.HTTPConnection(urlsplit(server.listening_address).netloc)
    client.request("GET", "/v1/models")
    model = json.load(client.getresponse())["data"][0]
    # Over some models it aborts only now. An answer that it refuses is told when it is asked for.
    client.request("POST", "/v1/chat/completions", json.dumps(_HELLO), _JSON)
    client.getresponse().read()
    client.close()
    sys.stdout.write(f"{model['meta']['n_ctx_train']}\n")


if __name__ == "__main__":
    _try(Path(sys.argv[1]))
