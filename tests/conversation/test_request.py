"""What is sent: the system prompt and the prompt always, of the past what fits."""

from __future__ import annotations

from cromicle_magic.conversation.request import request_for
from cromicle_magic.conversation.turn import Ask, Turn


def past(*sizes: int) -> list[Turn]:
    """Give turns of so many characters each."""
    turns = [Turn(at, Ask("p" * (size - 1)), None, 0.0) for at, size in enumerate(sizes)]
    for turn in turns:
        turn.end("done", "a")
    return turns


def test_the_oldest_turns_are_left_out_first() -> None:
    """As many as needed, whole, and none younger than one that is left out."""
    request = request_for("1234567", past(5, 40, 20, 10), system="sys", budget_chars=40)
    contents = [message["content"] for message in request.messages]
    assert contents == ["sys", "p" * 19, "a", "p" * 9, "a", "1234567"]
    assert (request.turns, request.left_out, request.chars) == (2, 2, 40)
    assert "2 older ones left out (budget 40 characters)" in request.note
    assert request_for("1234567", past(5, 40, 20, 10), system="sys", budget_chars=39).turns == 1


def test_the_prompt_and_the_system_prompt_are_never_cut() -> None:
    """Even where they alone exceed the budget."""
    request = request_for("p" * 100, past(5), system="s" * 100, budget_chars=10)
    assert [(m["role"], len(m["content"])) for m in request.messages] == [
        ("system", 100),
        ("user", 100),
    ]
    assert (request.left_out, request.chars) == (1, 200)


def test_the_roles_alternate() -> None:
    """As engines with a strict template want them."""
    roles = [m["role"] for m in request_for("x", past(5, 5), system="s").messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]


def test_a_prompt_alone_needs_no_note() -> None:
    """There is nothing to say."""
    assert request_for("x").note == ""
    assert request_for("x", past(5)).note == "sent with 1 earlier turn"
