"""What Tab offers on the magic line, and that it offers nothing of ours in a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cromicle_magic.line.completion import Names, offers

if TYPE_CHECKING:
    from support.kernels import Kernel

NAMES = Names(
    lambda: ["ollama", "vllm"], lambda: ["fast", "tiny:1b", "qwen/q3"], lambda: ["main", "idea"]
)


def offered(text: str) -> list[str]:
    """Give what is offered at the mark | in a cell."""
    before = text.partition("|")[0]
    row, column = before.count("\n"), len(before.rpartition("\n")[2])
    return offers(text.replace("|", ""), row, column, NAMES)[1]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%%cromicle --mo|", ["--model"]),
        ("%%cromicle --bg --mo|\nprompt", ["--model"]),
        ("\n\n%%cromicle --mo|", ["--model"]),
        ("%cromicle sto|", ["stop"]),
        ("x = %cromicle sta|", ["status"]),
        ("1\n%cromicle sta|", ["status"]),
        ("%%cromicle sto|", []),
        ("%%cromicle -m |", ["fast", "tiny:1b", "qwen/q3"]),
        ("%%cromicle --model=t|", ["tiny:1b"]),
        ("%%cromicle -m qwen/|", ["qwen/q3"]),
        ("%%cromicle -e ol|", ["ollama"]),
        ("%cromicle use v|", ["vllm"]),
        ("%cromicle doctor |", ["ollama", "vllm"]),
        ("%cromicle stop |", []),
        ("%%cromicle -c i|", ["idea"]),
        ("%%cromicle --fork |", []),
        ("%cromicle history |", ["main", "idea"]),
        ("%cromicle reset |", ["main", "idea", "all"]),
        ("%cromicle retry m|", ["main"]),
        ("%cromicle continue main |", []),
        ("%cromicle export |", []),
        ("%cromicle export x.md i|", ["idea"]),
        ("%cromicle fix |", []),
        ("%cromicle help ch|", ["chats"]),
        ("%cromicle help chats |", []),
        ("%%cromicle -s |", []),
        ("%%cromicle --param top_k |", []),
        ("%%cromicle --param top_k 5 --te|", ["--temperature"]),
        ("%cromicle -m x Why --mo|", []),
        ("%cromicle -- --mo|", []),
        ("%%cromicle\n--mo|", []),
        ("%%cromicle\n%cromicle --mo|", []),
        ("1\n%%cromicle --mo|", []),
        ("cromicle --mo|", []),
        ("%%cromicles --mo|", []),
    ],
)
def test_tab_knows_what_can_stand_there(cell: str, words: list[str]) -> None:
    """On the magic line and before the prompt, and nowhere else."""
    assert offered(cell) == words


def test_in_a_kernel_tab_offers_the_same(each: Kernel) -> None:
    """Over the messages of every frontend; the part that is replaced is the word at the cursor."""
    each.run("%config CromicleMagics.aliases = {'fast': 'tiny:1b'}")
    each.run("class Mine:\n    create_async = None")
    for code, word, found in (
        ("%%cromicle --temp", "--temp", "--temperature"),
        ("%%cromicle -m fa", "fa", "fast"),
        ("%%cromicle -e off", "off", "offline"),
        ("%cromicle use Mi", "Mi", "Mine"),
        ("%cromicle conf", "conf", "config"),
    ):
        reply = each.client.complete(code, reply=True, timeout=30)["content"]
        assert reply["matches"] == [found], code
        assert code[reply["cursor_start"] : reply["cursor_end"]] == word
    prompt = "%%cromicle\n--temp"
    assert "--temperature" not in each.client.complete(prompt, reply=True)["content"]["matches"]
