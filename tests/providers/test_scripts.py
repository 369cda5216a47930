"""Programs of a few lines, each in a Python of its own, which must not hear a single complaint."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.certificates import Certificate, certificate
from support.peers import HEAD, Visit, chunk, peer, whole

if TYPE_CHECKING:
    from pathlib import Path

HEADING = """
import asyncio, atexit, gc, logging, sys
# A machine that pauses is no fault of ours.
logging.getLogger("asyncio").addFilter(lambda record: " took " not in record.getMessage())
loops = []
@atexit.register  # before ours, hence called after it
def close():
    for loop in loops:
        loop.close()
from contextlib import aclosing, closing, suppress
from cromicle_magic import Cromicle, errors

URL = sys.argv[1]
HELLO = [{"role": "user", "content": "Hello"}]

def ask(url=URL, **options):
    return Cromicle.create_async("", HELLO, url=url, **options)

def stream():
    return Cromicle.create_async_generator("", HELLO, url=URL)
"""

ANSWERED = {
    "one request": "print(asyncio.run(ask()))",
    "two loops in a row": "asyncio.run(ask()); print(asyncio.run(ask()))",
    "twenty at once": """
async def main():
    print(*set(await asyncio.gather(*(ask() for _ in range(20)))))
asyncio.run(main())
""",
    "a hundred and fifty, then one by one": """
async def main():
    print(*set(await asyncio.gather(*(ask() for _ in range(150)))))
    for _ in range(5):
        assert await ask() == "Hi"
asyncio.run(main())
""",
    "a runner used twice": """
if sys.version_info < (3, 11):
    print("Hi")
else:
    with asyncio.Runner() as runner:
        runner.run(ask()); print(runner.run(ask()))
""",
    "uvloop": "import uvloop; print(uvloop.run(ask()))",
    "a loop of uvloop's that is left open": """
import uvloop
loops = [uvloop.new_event_loop()]
print(*{loops[0].run_until_complete(ask()) for _ in range(2)})
""",
    "unloaded within uvloop": """
import uvloop
from cromicle_magic.providers import pool
async def main():
    await ask()
    pool.close_all()
    print(await ask())
uvloop.run(main())
""",
    "without asyncio": "print(*Cromicle.create_completion('', HELLO, url=URL))",
    "a loop in a thread": """
import threading
thread = threading.Thread(target=lambda: print(asyncio.run(ask())))
thread.start(); thread.join()
""",
    "a loop in a daemon": """
import threading
loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
print(asyncio.run_coroutine_threadsafe(ask(), loop).result())
""",
    "loops in twenty threads": """
import threading
def often():
    for _ in range(3):
        assert asyncio.run(ask()) == "Hi"
threads = [threading.Thread(target=often) for _ in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("Hi")
""",
    "a loop that is left open": """
loops = [asyncio.new_event_loop()]
print(loops[0].run_until_complete(ask()))
""",
    "two loops that are left open": """
loops = [asyncio.new_event_loop() for _ in range(2)]
print(*{loop.run_until_complete(ask()) for loop in loops for _ in range(2)})
""",
    "a loop that ends its generators and goes on": """
loop = asyncio.new_event_loop()
loop.run_until_complete(ask())
loop.run_until_complete(loop.shutdown_asyncgens())
loop._asyncgens_shutdown_called = False  # else asyncio itself warns of any further generator
print(loop.run_until_complete(ask()))
loop.run_until_complete(loop.shutdown_asyncgens())
loop.close()
""",
    "unloaded within a running loop": """
from cromicle_magic.providers import pool
async def main():
    await ask()
    pool.close_all()
    print(await ask())
asyncio.run(main())
""",
    "unloaded without a loop": """
from cromicle_magic.providers import pool
loop = asyncio.new_event_loop()
loop.run_until_complete(ask())
pool.close_all()
print(loop.run_until_complete(ask()))
pool.close_all()
loop.close()
""",
}

CUT = {
    "cancelled": """
async def main():
    task = asyncio.ensure_future(ask())
    await asyncio.sleep(0.2)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
asyncio.run(main())
""",
    "left early": """
async def main():
    async with aclosing(stream()) as pieces:
        await anext(pieces)
asyncio.run(main())
""",
    "abandoned": """
async def main():
    await anext(stream())
    gc.collect()
asyncio.run(main())
""",
    "cancelled within uvloop": """
import uvloop
async def main():
    task = asyncio.ensure_future(ask())
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.wait({task})
uvloop.run(main())
""",
    "abandoned and held": """
async def main():
    pieces = stream()
    await anext(pieces)
    return pieces
pieces = asyncio.run(main())
""",
    "timed out": """
with suppress(errors.DeadlineError):
    asyncio.run(ask(timeout=0.1))
""",
    "refused": """
with suppress(errors.ConnectError):
    asyncio.run(ask("http://127.0.0.1:1"))
""",
    "unloaded while it streams": """
from cromicle_magic.providers import pool
async def main():
    async with aclosing(stream()) as pieces:
        await anext(pieces)
        pool.close_all()
        task = asyncio.ensure_future(anext(pieces))
        await asyncio.wait({task}, timeout=0.2)
        assert not task.done()  # it goes on
        task.cancel()
        await asyncio.wait({task})
asyncio.run(main())
""",
    "abandoned without asyncio": """
pieces = Cromicle.create_completion("", HELLO, url=URL)
next(pieces)
""",
}


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate and the environment that trusts it."""
    return certificate(tmp_path_factory.mktemp("certificate"))


def run(code: str, url: str, home: Path, safe: Certificate) -> str:
    """Run a program with every warning an error, and give what it printed and nothing else."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", HEADING + code, url],
        cwd=home,
        env=os.environ | safe.trust,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("code", ANSWERED.values(), ids=ANSWERED)
def test_a_program_that_is_answered(
    code: str, scheme: str, tmp_path: Path, safe: Certificate
) -> None:
    """Whoever owns the loop, nothing of ours is left open at the end."""
    tls = safe.tls if scheme == "https" else None
    with peer(whole("Hi"), tls=tls, is_kept=True) as server:
        assert run(code, server.url, tmp_path, safe) == "Hi\n"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", ["cancelled", "timed out"])
def test_a_program_that_gets_no_answer(
    name: str, scheme: str, tmp_path: Path, safe: Certificate
) -> None:
    """The same where not even the head of the answer has come."""
    with peer(_silent, tls=safe.tls if scheme == "https" else None) as server:
        assert run(CUT[name], server.url, tmp_path, safe) == ""


def test_a_server_that_takes_no_leave_is_not_waited_for(tmp_path: Path, safe: Certificate) -> None:
    """A farewell of TLS takes two; one that is far away or stands still is slow to answer it."""
    cut = CUT["timed out"].replace("timeout=0.1", "timeout=0.5")
    with peer(_still, tls=safe.tls) as server:
        assert run(cut, server.url, tmp_path, safe) == ""


async def _still(_: Visit) -> None:
    time.sleep(2)


async def _silent(_: Visit) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("code", CUT.values(), ids=CUT)
def test_a_program_that_does_not_wait_for_the_end(
    code: str, scheme: str, tmp_path: Path, safe: Certificate
) -> None:
    """However an exchange is cut, its connection is closed without a word."""
    with peer(_endless, tls=safe.tls if scheme == "https" else None) as server:
        assert run(code, server.url, tmp_path, safe) == ""


async def _endless(visit: Visit) -> None:
    await visit.send(HEAD, chunk("first"))
    await asyncio.Event().wait()
