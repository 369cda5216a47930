"""What the environment says of engines, in the ways of other tools."""

from __future__ import annotations

import pytest

from cromicle_magic.environment import announced, ollama_address, tokens
from cromicle_magic.errors import SettingError


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434/v1"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:5000", "http://127.0.0.1:5000/v1"),
        (":5000", "http://127.0.0.1:5000/v1"),
        ("h.invalid", "http://h.invalid:11434/v1"),
        ("http://h.invalid", "http://h.invalid:80/v1"),
        ("https://h.invalid", "https://h.invalid:443/v1"),
        ("https://h.invalid:5000/ollama/", "https://h.invalid:5000/ollama/v1"),
        ("h.invalid/ollama", "http://h.invalid:11434/ollama/v1"),
        ("[::1]:5000", "http://[::1]:5000/v1"),
        ("[::]:5000", "http://127.0.0.1:5000/v1"),
        ("::1", "http://[::1]:11434/v1"),
        ("::", "http://127.0.0.1:11434/v1"),
        (' "localhost" ', "http://localhost:11434/v1"),
        ("HTTPS://h.invalid", "https://h.invalid:443/v1"),
        ("http://me:hush@h.invalid:5000", "http://h.invalid:5000/v1"),
    ],
)
def test_each_form_of_ollamas_variable_is_an_address(host: str, address: str) -> None:
    """With Ollama's own port where none is said, and this machine where it listens everywhere."""
    assert ollama_address(host) == address


@pytest.mark.parametrize("host", ["h.invalid:port", "h.invalid:99999", "ftp://h.invalid", "a b"])
def test_what_is_no_host_is_one_sentence(host: str) -> None:
    """It names the variable and what it holds."""
    with pytest.raises(SettingError, match=r"^OLLAMA_HOST: '.*write it like"):
        ollama_address(host)


@pytest.mark.parametrize("host", ["h.invalid:port", "[h.invalid", "h.invalid:99999"])
@pytest.mark.parametrize("password", ["hush", "hush/hush", "hush@hush:hush"])
def test_a_password_in_ollamas_variable_is_not_repeated(host: str, password: str) -> None:
    """Whatever is wrong behind it."""
    with pytest.raises(SettingError, match=r"^OLLAMA_HOST: ") as caught:
        ollama_address(f"http://me:{password}@{host}")
    assert "hush" not in str(caught.value)


def test_openais_variables_come_before_ollamas() -> None:
    """The key goes with its own address, and neither is shown where it could be read."""
    variables = {
        "OPENAI_BASE_URL": "http://h.invalid/v1/",
        "OPENAI_API_KEY": "hush",
        "OLLAMA_HOST": "127.0.0.1",
    }
    found = announced(variables)
    assert found is not None
    assert (found.origin, found.url, found.token) == (
        "OPENAI_BASE_URL",
        "http://h.invalid/v1",
        "hush",
    )
    assert "hush" not in repr(found)
    del variables["OPENAI_BASE_URL"]
    found = announced(variables)
    assert found is not None
    assert (found.origin, found.token) == ("OLLAMA_HOST", "")


def test_a_key_alone_names_no_engine() -> None:
    """It is no order to send prompts to a company."""
    assert announced({"OPENAI_API_KEY": "hush"}) is None
    assert announced({}) is None


def test_a_bad_address_is_named_by_its_variable() -> None:
    """Without its password."""
    with pytest.raises(SettingError, match=r"^OPENAI_BASE_URL: 'h\.invalid' is no address"):
        announced({"OPENAI_BASE_URL": "me:hush@h.invalid"})


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "OLLAMA_HOST"])
def test_a_key_in_the_place_of_an_address_is_not_repeated(name: str) -> None:
    """Whoever mixes the two variables up must not find the key in the notebook."""
    with pytest.raises(SettingError, match=rf"^{name}: .*\[API key\].* is no address") as caught:
        announced({name: "sk-hush-0123456789-abcdef and more"})
    assert "hush" not in str(caught.value)


def test_a_server_is_told_its_tokens_by_the_environment() -> None:
    """Its own and that of the engine behind it; neither shows itself, and neither need be set."""
    told = tokens({"CROMICLE_TOKEN": "hush", "CROMICLE_UPSTREAM_TOKEN": "hushed"})
    assert told == ("hush", "hushed")
    assert "hush" not in repr(told)
    assert tokens({}) == ("", "")
