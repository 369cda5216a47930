"""A model's thinking told apart from its answer."""

from __future__ import annotations

import pytest

from cromicle_magic.wire.reasoning import Marking, Thinking

CASES = {
    "<think>Hm. <b></think>\n\nYes.": ("Hm. <b>", "Yes."),
    " \n<think>one</think> <think>two</think>answer": ("onetwo", "answer"),
    "No thinking here.": ("", "No thinking here."),
    "  indented": ("", "  indented"),
    "It writes <think>so</think> by itself.": ("", "It writes <think>so</think> by itself."),
    "<thin air": ("", "<thin air"),
    "<think>never closed </thin": ("never closed </thin", ""),
    "<think></think>": ("", ""),
    "<think>a</think>b<think>c</think>": ("a", "b<think>c</think>"),
    "<": ("", "<"),
    "<think>a</think> <thi": ("a", "<thi"),
    "<think>a</think> \n": ("a", ""),
    "  <thing> \n": ("", "  <thing> \n"),
    "   ": ("", "   "),
    "": ("", ""),
    "</think>": ("", "</think>"),
    "<think>a < b </ c </thinking></think>d": ("a < b </ c </thinking>", "d"),
}


def parted(*pieces: str) -> tuple[str, str]:
    """Feed pieces to the end, and give the thinking and the answer."""
    thinking = Thinking()
    fed = [*map(thinking.feed, pieces), thinking.flush()]
    return "".join(thought for thought, _ in fed), "".join(text for _, text in fed)


@pytest.mark.parametrize("text", CASES)
def test_any_cut_gives_the_same(text: str) -> None:
    """Whole, cut in two anywhere, and character by character."""
    assert parted(text) == CASES[text]
    assert parted(*text) == CASES[text]
    for cut in range(len(text)):
        assert parted(text[:cut], text[cut:]) == CASES[text]


def test_an_answer_is_not_held_back() -> None:
    """Once the answer has begun, each piece comes out at once."""
    thinking = Thinking()
    assert thinking.feed("Yes") == ("", "Yes")
    assert thinking.feed(" <thi") == ("", " <thi")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ([("a", ""), ("b", ""), ("", "c"), ("", "d")], "<think>ab</think>\n\ncd"),
        ([("a", "b"), ("late", ""), ("", "c")], "<think>a</think>\n\nbc"),
        ([("", ""), ("", "a")], "a"),
        ([("a", "")], "<think>a"),
    ],
)
def test_thinking_and_answer_are_joined_so_that_they_can_be_parted(
    said: list[tuple[str, str]], text: str
) -> None:
    """Each piece at once; what is thought behind the first word is left out."""
    marking = Marking()
    assert "".join(marking.feed(*each) for each in said) == text
    assert parted(text)[1] == "".join(words for _, words in said)
