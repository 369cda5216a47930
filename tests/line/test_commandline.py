"""The magic line, read."""

from __future__ import annotations

import pytest

from cromicle_magic.errors import SettingError
from cromicle_magic.line.commandline import read_command, read_line
from cromicle_magic.line.vocabulary import COMMANDS
from cromicle_magic.manual.help import help_text
from cromicle_magic.options import OPTIONS

TRICKY = (
    r"""it's {this} and {{that}}, "quoted", $HOME, $x^2$, \frac{a}{b} \\ `ls` !rm %s # no; it"""
)


def test_the_prompt_stays_as_typed() -> None:
    """Nothing behind the options is split, unquoted, expanded or joined anew."""
    assert read_line(TRICKY) == ({}, TRICKY)
    assert read_line(f"-m tiny  {TRICKY}") == ({"model": "tiny"}, TRICKY)
    assert read_line(f"-- -m  {TRICKY}") == ({}, f"-m  {TRICKY}")
    assert read_line("- a  list") == ({}, "- a  list")


@pytest.mark.parametrize("value", [r"\frac{a}{b} \\ $x$ {y} C:\new # %s", "it's", "", "-m"])
def test_a_quoted_value_stays_as_typed(value: str) -> None:
    """Within its quotes a value keeps every mark, the backslash too."""
    assert read_line(f'-s "{value}" rest') == ({"system": value}, "rest")
    assert read_line(f'--system="{value}"') == ({"system": value}, "")


def test_short_and_long_spellings_are_the_same() -> None:
    """Each option may be written in each of its ways."""
    assert read_line("-m a -s b -o c -h") == read_line("--model a --system=b --out c --help")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--modle x", "--modle; did you mean --model?"),
        ("--time 3", "--time; did you mean --timeout?"),
        ("--token abc", "no option --token"),
        ("-5 degrees", "-- ends them"),
        ("-m", "-m needs a value: -m NAME"),
        ("-s 'open", "stays open"),
        ("--no-history=no", "--no-history takes no value; leave =no away"),
        ("--param", "--param needs a value: --param NAME VALUE"),
        ("--param top_k", "--param needs a value: --param NAME VALUE"),
    ],
)
def test_a_mistake_gets_one_sentence(line: str, says: str) -> None:
    """It names what was typed, and the nearest right way."""
    with pytest.raises(SettingError, match=says):
        read_line(line)


def test_the_help_names_every_option() -> None:
    """The help is the table, and nothing else is in it."""
    told = " ".join(help_text().split())
    for option in OPTIONS:
        assert (option.help in told) is option.is_option


def test_a_command_is_one_word_and_what_it_is_about() -> None:
    """Anything else is a prompt."""
    assert read_command(" use  ./my model.gguf ") == ("use", "./my model.gguf")
    assert read_command("wait") == ("wait", "all")
    assert read_command("stop 12") == ("stop", "12")
    assert read_command("stop;") == ("stop", "all")
    assert read_command("use\tollama") == ("use", "ollama")
    assert read_command("history") == ("history", "main")
    assert read_command("fix in one line") == ("fix", "in one line")
    assert read_command('export "my chats.md" idea') == ("export", '"my chats.md" idea')
    for prompt in ("Use it", "showing", "-m x show", "-- show it", "", "why stop?", "hello"):
        assert read_command(prompt) is None


@pytest.mark.parametrize(
    ("line", "meant"),
    [("histroy", "history"), ("model", "models"), (" statsu;", "status"), ("hlep", "help")],
)
def test_a_command_that_is_mistyped_is_no_prompt(line: str, meant: str) -> None:
    """A word alone that is so like one goes to nobody; the sentence names both ways."""
    with pytest.raises(SettingError, match=f"did you mean {meant}.*goes behind --"):
        read_command(line)


@pytest.mark.parametrize(
    "line",
    [
        *("show me", "stop it", "status of x", "wait a minute", "continue the story"),
        *("history of Rome", "export", "reset my mind", "retry this again"),
    ],
)
def test_a_prompt_that_begins_like_a_command_is_told_how_to_be_sent(line: str) -> None:
    """Neither is it obeyed by half, nor sent by mistake."""
    word = line.split(maxsplit=1)[0]
    with pytest.raises(SettingError, match=f"goes behind --: %cromicle -- {word} ..."):
        read_command(line)


def test_the_help_names_every_command() -> None:
    """Each on a line of its own."""
    for command in COMMANDS:
        assert f"%cromicle {command.name}" in help_text()
        assert command.help in help_text()


def test_a_pair_is_given_as_often_as_one_likes() -> None:
    """Its value is JSON, or else the text as it stands; the prompt begins behind it."""
    line = """--param top_k 5 --param=stop '["a", "b"]' -t 0 --param x null --param y "a b" {it}"""
    params = {"top_k": 5, "stop": ["a", "b"], "x": None, "y": "a b"}
    assert read_line(line) == ({"param": params, "temperature": "0"}, "{it}")
    assert read_line("--param top_k 5 --param top_k 6") == ({"param": {"top_k": 6}}, "")
