"""The contract of every provider."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from cromicle_magic.errors import SettingError
from cromicle_magic.providers.base import AsyncGeneratorProvider, Messages, format_prompt
from cromicle_magic.providers.cromicle import Cromicle


def turns(*pairs: tuple[str, str]) -> Messages:
    """Give messages from pairs of role and content."""
    return [{"role": role, "content": content} for role, content in pairs]


def test_one_message_goes_as_it_is() -> None:
    """A single content is not changed in any way."""
    assert format_prompt(turns(("user", " Hi\n{x} "))) == " Hi\n{x} "


def test_several_messages_become_lines() -> None:
    """Each role is named, and the assistant's turn is left open."""
    messages = turns(("system", "Be brief"), ("user", "Hi"), ("assistant", "Ho"), ("user", "?"))
    assert (
        format_prompt(messages) == "System: Be brief\nUser: Hi\nAssistant: Ho\nUser: ?\nAssistant:"
    )


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{}],
        [{"role": "user"}],
        [{"role": "user", "content": None}],
        [{"role": "user", "content": []}],
        ["hello"],
        [{"role": 1, "content": ""}],
    ],
)
def test_messages_that_are_none_get_one_sentence(messages: Any) -> None:
    """Wherever g4f of that time raised IndexError or KeyError, the error says what to give."""
    with pytest.raises(SettingError, match="role and content"):
        format_prompt(messages)


def test_the_contract_is_that_of_g4f() -> None:
    """Names, attributes and signatures are those that callers of 2023 know."""
    signature = inspect.signature(Cromicle.create_async_generator)
    assert list(signature.parameters) == ["model", "messages", "proxy", "kwargs"]
    assert signature.parameters["proxy"].default is None
    assert inspect.isasyncgenfunction(Cromicle.create_async_generator)
    assert issubclass(Cromicle, AsyncGeneratorProvider)
    assert (Cromicle.url, Cromicle.working, Cromicle.supports_gpt_35_turbo) == (
        "https://cromicle.top",
        False,
        True,
    )
    assert Cromicle.supports_stream
    lacking = (Cromicle.needs_auth, Cromicle.supports_gpt_4, Cromicle.supports_message_history)
    assert not any(lacking)


def test_g4f_8_finds_what_it_reads() -> None:
    """Name, address and label; keys are grouped by a parent, where a class names one."""
    child = type("Child", (Cromicle,), {"parent": "Cromicle", "label": "A child"})
    url = "https://cromicle.top"
    assert Cromicle.get_dict() == {"name": "Cromicle", "url": url, "label": None}
    assert child.get_dict() == {"name": "Child", "url": url, "label": "A child"}
    assert (Cromicle.get_parent(), child.get_parent()) == ("Cromicle", "Cromicle")
    assert (Cromicle.live, Cromicle.use_stream_timeout) == (0, True)
