"""The last look at a prompt: keys are told, masked or refused."""

from __future__ import annotations

import pytest

from cromicle_magic.errors import SettingError
from cromicle_magic.privacy.checkpoint import checked

KEY = "ghp_0123456789abcdefghij"
SECRETS = {"MY_TOKEN": "qwertz-4711"}


def messages(*contents: str) -> list[dict[str, str]]:
    """Give a conversation that begins with a system prompt."""
    roles = ["system", *["user", "assistant"] * len(contents)]
    return [{"role": role, "content": text} for role, text in zip(roles, contents, strict=False)]


HELD = messages(f"use {KEY}", "hello", "well", "it is qwertz-4711, not ghp_short")


def test_a_warning_names_what_is_in_it_and_changes_nothing() -> None:
    """Wherever in the conversation it is; a name once, a value never."""
    assert checked(HELD, "warn", SECRETS) == (HELD, "the prompt held GitHub token, MY_TOKEN")
    assert checked(HELD[1:], "warn", SECRETS)[1] == "the prompt held MY_TOKEN"


def test_a_mask_stands_in_the_place_of_each() -> None:
    """The rest is as it was, and the conversation that was given, too."""
    before = [dict(each) for each in HELD]
    sent, notice = checked(HELD, "mask", SECRETS)
    masked = ("use [GitHub token]", "hello", "well", "it is [MY_TOKEN], not ghp_short")
    assert sent == messages(*masked)
    assert notice == "masked in the prompt: GitHub token, MY_TOKEN"
    assert before == HELD


def test_a_refusal_is_one_sentence() -> None:
    """It names them, and says what to do."""
    with pytest.raises(SettingError) as caught:
        checked(HELD, "refuse", SECRETS)
    assert str(caught.value) == (
        "The prompt holds GitHub token, MY_TOKEN, so nothing was sent; take it out, or use "
        "--guard mask."
    )


@pytest.mark.parametrize("guard", ["warn", "mask", "refuse", "off"])
def test_what_holds_no_key_goes_as_it_is(guard: str) -> None:
    """And nothing is said of it."""
    plain = messages("be brief", "what is a key, and what is MY_TOKEN?")
    assert checked(plain, guard, SECRETS) == (plain, "")


def test_off_looks_at_nothing() -> None:
    """Whoever says so gets what was typed."""
    assert checked(HELD, "off", SECRETS) == (HELD, "")
