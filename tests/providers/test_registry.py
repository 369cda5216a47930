"""Names and places of providers: registered, from entry points, built in, imported."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.foreign import lay_distribution

import cromicle_magic
from cromicle_magic import errors
from cromicle_magic.providers import registry
from cromicle_magic.providers.base import AsyncGeneratorProvider, AsyncResult, Messages
from cromicle_magic.providers.cromicle import Cromicle
from cromicle_magic.providers.openai import OpenAI
from cromicle_magic.providers.registry import names, provider_at, provider_named, register

if TYPE_CHECKING:
    from pathlib import Path


class Echo:
    """A class that keeps g4f's contract."""

    @staticmethod
    async def create_async(model: str, messages: Any) -> str:
        """Answer by the prompt."""
        return str(messages[-1]["content"])


class Own(AsyncGeneratorProvider):
    """A subclass of ours."""

    @classmethod
    async def create_async_generator(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> AsyncResult:
        """Answer by the prompt."""
        yield messages[-1]["content"]


@pytest.fixture(autouse=True)
def _no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a test registers to itself."""
    monkeypatch.setattr(registry, "_registered", {})


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, for distributions of a test's own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


ECHO = """
class Echo:
    @staticmethod
    def create_completion(model, messages, **kwargs):
        yield messages[-1]["content"]
"""


def refusal(text: str) -> errors.CromicleError:
    """Ask for a provider that isn't there, and give the error."""
    with pytest.raises(errors.CromicleError) as caught:
        provider_named(text)
    assert str(caught.value).isprintable()
    return caught.value


def test_a_registered_name_is_found_however_it_is_written() -> None:
    """Ours as it is, another adapted; a name given anew is the new one's."""
    cromicle_magic.register("Echo", Echo)
    register("own", Own)
    found = provider_named("ECHO")
    assert found is not None
    assert issubclass(found, AsyncGeneratorProvider)
    assert found.__name__ == "Echo"
    assert provider_named("own") is Own
    assert names()[:2] == ["Echo", "own"]
    register("echo", Own)
    assert provider_named("Echo") is Own
    assert names()[:2] == ["echo", "own"]


@pytest.mark.parametrize("name", ["", "two words", "a.b", "a:b", "-x", "a/b", "\x1b[2J"])
def test_a_name_that_the_line_could_not_hold_is_refused(name: str) -> None:
    """One word it must be, and neither an address nor a class's place."""
    with pytest.raises(errors.SettingError, match="can't name a provider"):
        register(name, Echo)


def test_a_class_that_keeps_no_contract_gets_no_name() -> None:
    """It is refused at once, and not when it is asked."""
    with pytest.raises(errors.SettingError, match="Path is no provider"):
        register("path", type("Path", (), {}))
    assert "path" not in names()


def test_the_built_in_ones_have_names() -> None:
    """And what no name is stands for none."""
    assert provider_named("cromicle") is provider_at(None) is Cromicle
    assert provider_named("OpenAI") is provider_at("http://127.0.0.1:1/v1") is OpenAI
    assert names() == ["cromicle", "openai"]
    for text in ("nobody", "", "http://127.0.0.1:1/v1", "./model.gguf", "127.0.0.1:80", "a b.c"):
        assert provider_named(text) is None


def test_an_entry_point_is_loaded_only_when_it_is_asked_for(shelf: Path) -> None:
    """Its name is known before; what is registered goes first."""
    lay_distribution(shelf, "Tiny = tiny_one:Echo", tiny_one=ECHO)
    assert names() == ["Tiny", "cromicle", "openai"]
    assert "tiny_one" not in sys.modules
    found = provider_named("tiny")
    assert found is not None
    assert (found.__name__, found.__module__) == ("Echo", "tiny_one")
    register("tiny", Own)
    assert provider_named("Tiny") is Own
    assert names() == ["tiny", "cromicle", "openai"]


@pytest.mark.parametrize(
    ("value", "source", "kind", "says"),
    [
        ("tiny_a:Echo", "import nowhere_at_all", errors.SettingError, " needs the package nowhere"),
        ("tiny_b:Ecko", ECHO, errors.SettingError, " isn't there: tiny_b has no Ecko"),
        ("tiny_c:Echo", "1 / 0", errors.ForeignError, ' failed: ZeroDivisionError: "division by'),
        ("tiny_d:Echo", "def", errors.ForeignError, " failed: SyntaxError: "),
        ("tiny_e", ECHO, errors.ForeignError, " failed: ValueError: "),
    ],
)
def test_a_broken_entry_point_is_one_sentence(
    shelf: Path, value: str, source: str, kind: type[errors.CromicleError], says: str
) -> None:
    """It names the provider, its package, and what is wrong."""
    lay_distribution(shelf, f"tiny = {value}", **{value.partition(":")[0]: source})
    error = refusal("tiny")
    assert type(error) is kind
    assert str(error).startswith(f"The provider tiny of the package tiny-shop{says}")


def test_a_class_is_found_by_its_place(shelf: Path) -> None:
    """By a dot or a colon, also one within another."""
    (shelf / "tiny_place.py").write_text(f"{ECHO}\nclass Outer:\n    Inner = Echo\n")
    for text in ("tiny_place.Echo", "tiny_place:Echo", "tiny_place:Outer.Inner"):
        found = provider_named(text)
        assert found is not None
        assert found.__name__ == "Echo"
    assert provider_named("cromicle_magic.Cromicle") is Cromicle


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nowhere_at_all.Provider.X", "isn't there: no package nowhere_at_all is installed; pip"),
        ("cromicle_magic.nowhere.X", "isn't there: no module is named cromicle_magic.nowhere;"),
        ("cromicle_magic.Nowhere", "isn't there: cromicle_magic has no Nowhere; check the name."),
        ("pathlib.Path", None),
        ("cromicle_magic.errors", None),
    ],
)
def test_a_class_that_is_not_there_is_one_sentence(text: str, says: str | None) -> None:
    """It names what is missing; what is there and no provider is refused like any other."""
    error = refusal(text)
    assert type(error) is errors.SettingError
    if says:
        assert str(error).startswith(f"{text} {says}")
    else:
        assert "provider" in str(error)


def test_to_ask_for_names_brings_nothing_heavy() -> None:
    """Neither aiohttp nor any provider, for Tab asks often."""
    code = "import sys; from cromicle_magic.providers.registry import names; names()"
    code += "; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=20).returncode == 0
