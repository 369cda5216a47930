"""The one table of options, compared with all that comes from it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from cromicle_magic.asking import Options
from cromicle_magic.entrance import CromicleMagics
from cromicle_magic.errors import SettingError
from cromicle_magic.line.commandline import read_line
from cromicle_magic.line.commands import DOES
from cromicle_magic.line.completion import Names, offers
from cromicle_magic.line.vocabulary import COMMANDS, spellings
from cromicle_magic.manual.help import help_text, short_help
from cromicle_magic.options import LIMITS, OPTIONS
from cromicle_magic.settings import Settings, resolve
from cromicle_magic.values import Option

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = Names(list, list, list)
# A value of each kind that is not the default.
VALUES: dict[str, Any] = {
    "model": "tiny",
    "engine": "vllm",
    "system": "be brief",
    "out": "answer",
    "extract": "python",
    "url": "http://a.invalid",
    "token": "mine",
    "token_file": "key.txt",
    "proxy": "http://p.invalid",
    "timeout": "3",
    "first_timeout": "3",
    "connect_timeout": "3",
    "total_timeout": "3",
    "retries": "1",
    "max_chars": "3",
    "temperature": "3",
    "max_tokens": "3",
    "param": {"top_k": 3},
    "guard": "mask",
    "ports": "3",
    "aliases": {"fast": "tiny"},
    "chat": "idea",
    "fork": "idea",
    "budget": "3",
    "context": "3",
}
VALUES |= {row.name: "yes" for row in OPTIONS if row.parse is bool}
of_each = pytest.mark.parametrize("row", OPTIONS, ids=[row.name for row in OPTIONS])


def written(row: Option, spelling: str) -> str:
    """Give an option as it stands on a magic line."""
    value = VALUES[row.name]
    if row.parse is bool:
        return spelling
    words = [word for pair in value.items() for word in pair] if row.is_pair else [repr(value)]
    return " ".join(map(str, [spelling, *words]))


def test_each_name_and_spelling_stands_once() -> None:
    """No two rows can be taken for one another."""
    names = [row.name for row in OPTIONS]
    shown = [spelling for row in OPTIONS for spelling in (row.flag, row.short) if spelling]
    variables = [row.environment for row in OPTIONS if row.environment]
    for known in (names, shown, variables):
        assert len(known) == len(set(known))
    assert set(LIMITS) < set(names)


@of_each
def test_the_parser_takes_the_rows_of_the_line(row: Option) -> None:
    """By both spellings, and no row that is only a setting."""
    if not row.is_option:
        with pytest.raises(SettingError, match=f"There is no option {row.flag}"):
            read_line(f"{row.flag} x")
        return
    for spelling in filter(None, (row.flag, row.short)):
        assert read_line(f"{written(row, spelling)} Why?") == ({row.name: VALUES[row.name]}, "Why?")


@of_each
def test_what_a_row_reads_is_what_a_request_depends_on(
    row: Option, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name on the line; the default itself can be read, too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key.txt").touch(0o600)
    (tmp_path / "key.txt").write_text("mine")
    value = VALUES[row.name]
    settled = getattr(resolve({row.name: value}, {}, {}), row.name)
    assert settled == row.read(value) != row.default
    if row.default is not None and row.parse is not bool:
        assert row.read(row.default) == row.default
    if row.environment:
        assert getattr(resolve({}, {}, {row.environment: value}), row.name) == settled


def test_the_traits_are_the_settings() -> None:
    """With the same help, in no way more or fewer; %config knows them by these."""
    traits = CromicleMagics.class_traits(config=True)
    assert {name: trait.help for name, trait in traits.items()} == {
        row.name: row.help for row in OPTIONS if row.is_setting
    }


def test_the_settings_of_a_request_are_the_rows() -> None:
    """In their order; and what a call from Python takes is among them, under the same names."""
    assert [field.name for field in fields(Settings)] == [row.name for row in OPTIONS]
    assert set(Options.__annotations__) < {row.name for row in OPTIONS}


def test_tab_and_the_help_know_the_rows_of_the_line() -> None:
    """Each by its long spelling; the help says what is wanted and what it does."""
    flags = [row.flag for row in OPTIONS if row.is_option]
    assert flags == spellings() == offers("%%cromicle --", 0, 13, NOBODY)[1]
    told = " ".join(help_text().split())
    for row in OPTIONS:
        both = ", ".join(filter(None, (row.short, row.flag)))
        said = " ".join(f"{both} {row.metavar} {row.help}".split())
        assert (said in told) is row.is_option


def test_the_commands_are_obeyed_shown_and_offered() -> None:
    """Each row of their table, and nothing besides."""
    names = [row.name for row in COMMANDS]
    assert sorted(DOES) == sorted(names)
    assert offers("%cromicle ", 0, 10, NOBODY)[1][: len(names)] == names
    for row in COMMANDS:
        assert f"%cromicle {row.name} {row.metavar}".rstrip() in short_help()
        assert row.help in short_help()
