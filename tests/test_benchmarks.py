"""The benchmark, as far as it can be looked at without a clock."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from benchmarks import __main__ as benchmark
from benchmarks.figures import row, table
from benchmarks.replies import CUTS, cut, read_words
from benchmarks.server import answer, events, server
from benchmarks.streams import Pace, cell, cells

if TYPE_CHECKING:
    from pathlib import Path

    from support.kernels import Kernel


@pytest.mark.parametrize("protocol", ["chat", "openai"])
def test_the_same_answer_is_measured_for_us_and_for_the_floor(
    newest: Kernel, protocol: str
) -> None:
    """Both show every character, the floor in one display, and each figure has both sides."""
    with server() as answering:
        pace = Pace(2_000, 2_000, protocol)
        both = cells(answering, pace)
        for code in both:
            assert newest.run(code).outputs[-1]["text/plain"] == answer(2_000)
            answering.times()
        measured = row("both", [tuple(cell(newest, answering, code, pace) for code in both)])
    assert measured.ours.keys() == measured.floor.keys() == measured.ratio.keys()
    assert measured.ratio["iopub bytes/byte"] > 1
    assert measured.ours["first text s"] > 0
    assert "ratio" in table([measured])


@pytest.mark.parametrize("protocol", ["chat", "openai"])
def test_an_answer_comes_in_chunks_of_the_length_asked_for(protocol: str) -> None:
    """As each chunk costs a read, whatever it holds."""
    route = "/chat/completions" if protocol == "openai" else "/chat"
    with server() as answering:
        urls = [
            answering.address(2_000, 1e6, chunk_chars=chars, protocol=protocol) + route
            for chars in (4, 100)
        ]
        counts = [_chunks_of(url) for url in urls]
        answering.times()
    ends = 2 if protocol == "openai" else 0  # the reason and the mark
    assert counts == [500 + ends, 20 + ends]


def test_an_answer_is_timed_to_its_end() -> None:
    """Also where its reader asks before the server has come to it."""
    with server() as answering, urlopen(f"{answering.address(40, 50)}/chat", b"{}") as reply:
        assert reply.read(1)
        began_s, ended_s = answering.times()
        assert reply.read()
    assert ended_s - began_s > 0.1


@pytest.mark.parametrize("how", CUTS)
def test_a_reply_is_read_whole_however_it_is_cut(how: str) -> None:
    """Else the readers would be compared by what they leave out."""
    assert read_words(cut(events(answer(20_000)), how)) == answer(20_000)


def test_nothing_is_drawn_that_was_never_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence says so."""
    monkeypatch.setattr(benchmark, "KEPT", tmp_path / "benchmark.json")
    monkeypatch.setattr("sys.argv", ["bench", "--draw"])
    with pytest.raises(
        SystemExit, match=r"was never measured here; bash \.ci/bench measures and draws"
    ):
        benchmark.main()


def _chunks_of(url: str) -> int:
    """Count the chunks of a reply."""
    place = urlsplit(url)
    lengths = []
    with (
        socket.create_connection((place.hostname, place.port)) as peer,
        peer.makefile("rb") as said,
    ):
        peer.sendall(f"POST {place.path} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        while said.readline().strip():
            pass
        while length := int(said.readline(), 16):
            lengths.append(said.read(length + 2))
    return len(lengths)
