"""A GGUF file run in this process, and in a kernel: answers, its end, files that can't be run."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import aclosing, contextmanager
from typing import IO, TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import psutil
import pytest
from support.environments import ROOT
from support.kernels import Kernel, kernel
from support.models import write_model

from cromicle_magic.errors import AccessError, SettingError, TruncatedError
from cromicle_magic.providers import llama, local
from cromicle_magic.providers.discovery import models_at
from cromicle_magic.providers.local import Local, start
from cromicle_magic.providers.memory import available_bytes
from cromicle_magic.providers.openai import OpenAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HELLO = [{"role": "user", "content": "Hello?"}]
TEXT = "Naïve 中😀."
DEADLINE_S = 20.0


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Leave no engine behind."""
    yield
    local.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A model that says the text above to everybody."""
    write_model(tmp_path / "tiny.gguf", TEXT)
    return tmp_path / "tiny.gguf"


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A model that goes on for a while."""
    write_model(tmp_path / "endless.gguf", "word ", context=2**15, is_endless=True)
    return tmp_path / "endless.gguf"


def run(path: Path, **options: Any) -> Local:
    """Run a file."""
    return asyncio.run(start(str(path), **options))


def ask(place: Local, **options: Any) -> str:
    """Ask a running model and give its answer."""
    return asyncio.run(
        OpenAI.create_async(place.model, HELLO, url=place.url, token=place.token, **options)
    )


def is_open(place: Local) -> bool:
    """Tell whether somebody listens at the address."""
    parts = urlsplit(place.url)
    with socket.socket() as client:
        return client.connect_ex((parts.hostname, parts.port)) == 0


def until(is_it: Callable[[], bool]) -> None:
    """Wait for what tells of itself only to who asks."""
    deadline = time.monotonic() + DEADLINE_S
    while not is_it():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_file_answers(file: Path) -> None:
    """In whole characters, under its own name, at an address of OpenAI's protocol."""
    place = run(file)
    assert (ask(place), place.model) == (TEXT, "tiny")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", place.url)
    assert asyncio.run(models_at(place.url, place.token)) == ("tiny",)
    assert place.token not in repr(place)


def test_the_same_file_again_is_the_one_that_runs(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However its path is written; written anew, it is another one."""
    place = run(file)
    monkeypatch.chdir(file.parent)
    monkeypatch.setenv("HOME", str(file.parent))
    assert run(file.parent / ".." / file.parent.name / file.name) is place
    assert asyncio.run(start("tiny.gguf")) is asyncio.run(start("~/tiny.gguf")) is place
    write_model(file, "Other")
    assert ask(run(file)) == "Other"
    assert not is_open(place)


def test_a_second_file_replaces_the_first(file: Path, endless: Path) -> None:
    """There is one at a time, for each fills memory."""
    first, second = run(file), run(endless)
    assert ask(second, max_tokens=5) == "word "
    assert not is_open(first)


def test_two_starts_at_once_run_one_engine(file: Path) -> None:
    """The later waits for the earlier."""

    async def main() -> list[Local]:
        return list(await asyncio.gather(start(str(file)), start(str(file))))

    first, second = asyncio.run(main())
    assert first is second


def test_nobody_is_answered_without_the_key(file: Path) -> None:
    """No other program, and no web page, which can send no such header."""
    place = run(file)
    for path in ("/v1/models", "/slots", "/props", "/v1/chat/completions", "/tools"):
        for headers in ({}, {"Authorization": "Bearer abc"}, {"Authorization": "Bearer "}):
            request = Request(place.url.removesuffix("/v1") + path, headers=headers)
            with pytest.raises(HTTPError, match="401") as caught:
                urlopen(request, timeout=DEADLINE_S)
            caught.value.close()
    with pytest.raises(AccessError):
        asyncio.run(models_at(place.url))


def test_each_start_has_another_key(file: Path) -> None:
    """One that was overheard is of no use later."""
    first = run(file)
    local.close()
    assert run(file).token != first.token


def test_the_loop_goes_on_while_a_file_is_tried(file: Path) -> None:
    """That is the time it takes to read it from the disk."""

    async def main() -> tuple[int, int]:
        starting = asyncio.ensure_future(start(str(file)))
        ticks = children = 0
        while not starting.done():
            await asyncio.sleep(0.002)
            ticks += 1
            children = max(children, len(psutil.Process().children()))
        await starting
        return ticks, children

    ticks, children = asyncio.run(main())
    assert ticks >= 5
    assert children == 1


def test_a_cancelled_start_leaves_nothing(file: Path, endless: Path) -> None:
    """No process and no engine; what ran before runs on."""

    async def main() -> None:
        starting = asyncio.ensure_future(start(str(endless)))
        while not psutil.Process().children():
            await asyncio.sleep(0.001)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    place = run(file)
    asyncio.run(main())
    assert not psutil.Process().children()
    assert ask(place) == TEXT


def test_closed_it_is_gone(file: Path) -> None:
    """Its port refuses and its threads have ended; closed twice does no harm; it starts again."""
    run(file)
    local.close()
    before = psutil.Process().num_threads()
    place = run(file)
    assert psutil.Process().num_threads() > before
    local.close()
    local.close()
    until(lambda: psutil.Process().num_threads() <= before)
    assert not is_open(place)
    assert ask(run(file)) == TEXT


def test_a_cancel_frees_its_slot(endless: Path) -> None:
    """Four answers that were left don't keep the fifth waiting."""
    place = run(endless)

    async def leave() -> None:
        stream = OpenAI.create_async_generator("", HELLO, url=place.url, token=place.token)
        async with aclosing(stream):
            await anext(stream)

    async def main() -> None:
        await asyncio.gather(*(leave() for _ in range(llama.SLOTS)))

    asyncio.run(main())
    assert ask(place, max_tokens=5) == "word "


def test_closing_cuts_answers_under_way(endless: Path) -> None:
    """Though their reader is in this process, and can't read while it closes."""
    place = run(endless)

    async def main() -> None:
        stream = OpenAI.create_async_generator("", HELLO, url=place.url, token=place.token)
        async with aclosing(stream):
            await anext(stream)
            began = time.monotonic()
            local.close()
            assert time.monotonic() - began < llama.STOP_S
            with pytest.raises(TruncatedError) as caught:
                await asyncio.wait_for(_drain(stream), DEADLINE_S)
            assert "word ".startswith(caught.value.partial[:5])

    asyncio.run(main())
    assert not is_open(place)


def test_an_answer_that_can_not_be_cut_in_time_is_ended_later(
    endless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than hold the interpreter, the engine is left alone until the next close."""
    place = run(endless)

    async def main() -> None:
        # So much beside each word that the engine waits for its reader.
        much = {"logprobs": True, "top_logprobs": 20}
        stream = OpenAI.create_async_generator(
            "", HELLO, url=place.url, token=place.token, params=much
        )
        async with aclosing(stream):
            await anext(stream)
            with monkeypatch.context() as hasty:
                hasty.setattr(llama, "STOP_S", 0)
                hasty.setattr(llama, "_hang_up", lambda _: None)  # as on Windows
                local.close()
            assert is_open(place)
            local.close()

    asyncio.run(main())
    assert not is_open(place)


async def _drain(stream: Any) -> None:
    async for _ in stream:
        pass


def test_half_a_request_does_not_hold_up_the_end(file: Path) -> None:
    """Any program of this machine can send one."""
    place = run(file)
    parts = urlsplit(place.url)
    code = f"""if True:
        import socket
        client = socket.create_connection(("127.0.0.1", {parts.port}))
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\\r\\nhost: x\\r\\n")
        print("sent", flush=True)
        client.recv(1)
    """
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline()
        began = time.monotonic()
        local.close()
        assert time.monotonic() - began < llama.STOP_S
    assert not is_open(place)


LEAVING = """if True:
    import asyncio, sys
    from cromicle_magic.providers.local import start
    from cromicle_magic.providers.openai import OpenAI
    async def main():
        place = await start(sys.argv[1])
        hello = [{"role": "user", "content": "Hello?"}]
        stream = OpenAI.create_async_generator("", hello, url=place.url, token=place.token)
        await anext(stream)
        sys.exit(7)
    asyncio.run(main())
"""


def test_the_exit_ends_it(endless: Path) -> None:
    """In the midst of an answer, without a word."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", LEAVING, str(endless)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, b"", b"")


def test_unloading_ends_it(file: Path, newest: Kernel) -> None:
    """In a kernel, where an answer streams from it before."""
    code = f"""if True:
        from cromicle_magic.providers.local import start
        from cromicle_magic.providers.openai import OpenAI
        place = await start({str(file)!r})
        print(await OpenAI.create_async("", {HELLO}, url=place.url, token=place.token))
        print(place.url)
    """
    ran = newest.run(code)
    assert ran.status == "ok", ran.error
    text, url = ran.stdout.split("\n")[:2]
    assert text == TEXT
    assert newest.run("%reload_ext cromicle_magic").status == "ok"
    port = urlsplit(url).port
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) != 0


def damaged(data: bytes, old: bytes, new: bytes) -> bytes:
    """Give a model's file with a change in it."""
    assert old in data
    return data.replace(old, new, 1)


def _u32(value: int) -> bytes:
    return b"\x04\0\0\0" + value.to_bytes(4, "little")


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "no GGUF file"),
    "text": (lambda _: b"Dear reader,\n" * 100, "no GGUF file"),
    "the first bytes": (lambda data: data[:10], "failed to read header"),
    "half a header": (lambda data: data[:5000], "can't run"),
    "cut": (lambda data: data[: len(data) // 2], "not within the file bounds"),
    "without its last byte": (lambda data: data[:-1], "not within the file bounds"),
    "too many tensors": (lambda data: data[:8] + b"\xff" * 7 + b"\x0f" + data[16:], "can't run"),
    "huge text": (lambda data: data[:24] + b"\xff" * 7 + b"\x0f" + data[32:], "can't run"),
    "other version": (lambda data: data[:4] + b"\x63" + data[5:], "can't run"),
    "architecture": (
        lambda data: damaged(data, b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0xlama"),
        "unknown model architecture: 'xlama'",
    ),
    "missing layers": (
        lambda data: damaged(data, b".block_count" + _u32(1), b".block_count" + _u32(9)),
        "not found",
    ),
    # Over this one llama.cpp aborts.
    "no layers": (
        lambda data: damaged(data, b".block_count" + _u32(1), b".block_count" + _u32(0)),
        "it broke down (SIGABRT)",
    ),
    # And over this one only when it is asked.
    "negative context": (
        lambda data: damaged(
            data, b".context_length" + _u32(512), b".context_length" + _u32(2**31)
        ),
        "it broke down (SIGABRT)",
    ),
    "template": (lambda data: damaged(data, b"{% endfor %}", b"{% endxyz %}"), "endxyz"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_one_sentence(file: Path, kind: str, capfd: Any) -> None:
    """With the reason, in llama.cpp's own words where it has one, and nothing else is printed."""
    change, says = BROKEN[kind]
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(SettingError) as caught:
        run(file)
    assert says in str(caught.value)
    assert '"tiny.gguf"' in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    """Nothing there, a folder, a file that may not be read, a path that can be none."""
    with pytest.raises(SettingError, match=r'^There is no file "a\.gguf"; check the path\.$'):
        run(tmp_path / "a.gguf")
    (tmp_path / "b.gguf").mkdir()
    with pytest.raises(SettingError, match=r'"b\.gguf" is a folder; name a \.gguf file in it'):
        run(tmp_path / "b.gguf")
    os.mkfifo(tmp_path / "p.gguf")
    with pytest.raises(SettingError, match=r'"p\.gguf" is no file; name a \.gguf file'):
        run(tmp_path / "p.gguf")
    (tmp_path / "c.gguf").symlink_to(tmp_path / "c.gguf")
    with pytest.raises(SettingError, match=r'"c\.gguf" can\'t be read \(\w'):
        run(tmp_path / "c.gguf")
    with pytest.raises(SettingError, match="can't be read"):
        run(tmp_path / "d\0.gguf")
    with pytest.raises(SettingError, match="can't be read"):
        run(tmp_path / ("e" * 1000))
    with pytest.raises(SettingError, match="can't be read"):
        asyncio.run(start("~nobody-of-that-name/f.gguf"))


def test_what_is_not_installed_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install, which is the extra's; to block an import so is Python's own way."""
    monkeypatch.setitem(sys.modules, "xllamacpp", None)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=f'pip install "{re.escape(llama.REQUIREMENT)}"'):
        run(file)
    project = (ROOT / "pyproject.toml").read_text()
    assert f'local = ["{llama.REQUIREMENT}"]' in project


def test_a_file_larger_than_memory_is_refused(file: Path) -> None:
    """By this machine's own memory: the file is long, and holds next to nothing."""
    with file.open("r+b") as opened:
        opened.truncate(2**43)
    began = time.monotonic()
    with pytest.raises(SettingError, match=r'"tiny\.gguf" needs about 1\d{4}\.\d GB .* are free;'):
        run(file)
    assert time.monotonic() - began < DEADLINE_S


def test_memory_decides(file: Path, endless: Path) -> None:
    """What the running one gives back counts; where nobody knows, it is tried."""
    needs = local._model_at(str(file)).needs
    with pytest.raises(SettingError, match=r"needs about 0\.3 GB of memory and 0\.0 GB are free"):
        run(file, available=lambda: 0)
    with pytest.raises(SettingError):
        run(file, available=lambda: needs - 1)
    run(file, available=lambda: needs)
    run(endless, available=lambda: 0)
    local.close()
    run(file, available=lambda: None)


def test_the_parts_of_a_model_count_together(file: Path) -> None:
    """Those of another model beside it don't."""
    names = ["a-00001-of-00002.gguf", "a-00002-of-00002.gguf", "b-00001-of-00002.gguf", "a.gguf"]
    for name in names:
        (file.parent / name).write_bytes(file.read_bytes())
    assert local._model_at(str(file.parent / names[0])).size == 2 * file.stat().st_size


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"proc/meminfo": "MemTotal:  9 kB\nMemAvailable:    2 kB\n"}, 2048),
        ({"proc/meminfo": "MemAvailable: 2 kB\n", "memory.max": "max\n"}, 2048),
        ({"proc/meminfo": "MemAvailable: 2 kB\n", "memory.max": "900\n"}, 400),
        ({"memory.max": "900\n", "memory.stat": "anon 7\ninactive_file 300\n"}, 700),
        ({"memory.max": "400\n"}, 0),
    ],
)
def test_memory_is_what_the_machine_and_the_container_leave(
    tmp_path: Path, files: dict[str, str], expected: int
) -> None:
    """In the words of Linux, of which a container's may be the smaller."""
    for name, text in {"memory.current": "500\n", **files}.items():
        path = tmp_path / (name if "/" in name else f"sys/fs/cgroup/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert available_bytes(tmp_path) == expected


def test_without_such_words_all_memory_counts(tmp_path: Path) -> None:
    """As on a Mac."""
    assert available_bytes(tmp_path) == psutil.virtual_memory().total
    assert 0 < (available_bytes() or 0) <= psutil.virtual_memory().total


def test_a_failed_start_leaves_the_running_one(file: Path, endless: Path) -> None:
    """Whoever asked for the second still has the first."""
    place = run(file)
    endless.write_bytes(endless.read_bytes()[:5000])
    with pytest.raises(SettingError):
        run(endless)
    assert ask(place) == TEXT
    assert run(file) is place


@contextmanager
def told_where(complaints: IO[str]) -> Iterator[None]:
    """Of a kernel that hangs, give the stacks that it complained with."""
    try:
        yield
    except TimeoutError:
        complaints.seek(0)
        pytest.fail(complaints.read())


def test_a_kernel_survives_every_file(file: Path) -> None:
    """Each fails in one line, llama.cpp prints nothing there, and a good one answers afterwards."""
    whole = file.read_bytes()
    with (
        (file.parent / "complaints").open("w+") as complaints,
        told_where(complaints),
        kernel(file.parent, stderr=complaints) as running,
    ):
        assert running.run("from cromicle_magic.providers.local import start").status == "ok"
        size = os.fstat(complaints.fileno()).st_size
        for change, says in map(BROKEN.__getitem__, ("text", "cut", "architecture", "no layers")):
            file.write_bytes(change(whole))
            ran = running.run("await start('tiny.gguf')")
            (line,) = ran.error
            assert line.startswith("SettingError: ")
            assert says in line
            assert ran.stdout + ran.stderr == ""
        os.truncate(file, 2**43)
        assert "GB of memory" in running.run("await start('tiny.gguf')").error[0]
        blocked = "import sys; sys.modules['xllamacpp'] = None; await start('tiny.gguf')"
        assert "pip install" in running.run(blocked).error[0]
        file.write_bytes(whole)
        code = f"""if True:
            del sys.modules['xllamacpp']
            from cromicle_magic.providers.openai import OpenAI
            place = await start('tiny.gguf')
            print(await OpenAI.create_async("", {HELLO}, url=place.url, token=place.token))
        """
        ran = running.run(code)
        assert (ran.stdout, ran.stderr, ran.error) == (f"{TEXT}\n", "", [])
        complaints.seek(size)
        assert complaints.read() == ""
