"""The settings of one cell: its line first, then %config, then the environment, then defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cromicle_magic.errors import SettingError
from cromicle_magic.options import OPTIONS, Address, Secret, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cromicle_magic.options import Option

__all__ = ["Settings", "has_cursor", "resolve"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a request depends on; each field is a row of ``options.OPTIONS``.

    Attributes:
        model: The model to ask for, "" for the server's own choice.
        system: The instruction sent before the prompt, if any.
        out: The variable that gets the answer, if any.
        url: The server's address; None means the embedded server.
        token: The token that the server wants.
        proxy: The HTTP proxy to go through, if any.
        timeout: The longest silence of the server, in seconds.
        temperature: How freely the model chooses, None for the engine's own way.
        max_tokens: The longest answer in tokens, None for the engine's own limit.
        param: More fields of the request, if any.
        bg: Whether the answer goes on in the background.
        help: Whether the help was asked for.
    """

    model: str
    system: str | None
    out: str | None
    url: Address | None
    token: Secret = field(repr=False)
    proxy: Address | None
    timeout: float
    temperature: float | None
    max_tokens: int | None
    param: Mapping[str, object] | None
    bg: bool
    help: bool


def resolve(
    line: Mapping[str, object] | None = None,
    config: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    keywords: Mapping[str, object] | None = None,
) -> Settings:
    """Settle every option: the first of keywords, line, config, environment that sets it wins.

    A token that is set further from the cell than the address goes to this machine only: else a
    notebook from elsewhere could name an address and collect the reader's token there.

    Args:
        line: What the cell's own line sets; None as a value means not set, everywhere here.
        config: What ``%config`` sets.
        environment: The environment variables; by default those of this process.
        keywords: What the keywords of a call from Python set.

    Returns:
        The settings, complete and checked.

    Raises:
        SettingError: A value cannot work; the sentence names where it came from.
    """
    variables = os.environ if environment is None else environment
    sources = (
        ("{name}=", keywords or {}),
        ("{flag}", line or {}),
        ("%config CromicleMagics.{name}", config or {}),
        ("{environment}", {row.name: variables.get(row.environment) or None for row in OPTIONS}),
    )
    found = {row.name: _settled(row, sources) for row in OPTIONS}
    values = {name: value for name, (value, _) in found.items()}
    if found["token"][1] > found["url"][1] and not is_loopback(values["url"]):
        values["token"] = next(row.default for row in OPTIONS if row.name == "token")
    return Settings(**values)


def has_cursor() -> bool:
    """Tell whether the terminal says that it can move its cursor."""
    return os.environ.get("TERM", "dumb") != "dumb"


def _settled(row: Option, sources: Sequence[tuple[str, Mapping[str, object]]]) -> tuple[Any, int]:
    """Give an option's value, and how far from the cell it was set."""
    for distance, (origin, values) in enumerate(sources):
        if (value := values.get(row.name)) is None:
            continue
        try:
            return row.read(value), distance
        except SettingError as error:
            label = origin.format(flag=row.flag, name=row.name, environment=row.environment)
            raise SettingError(f"{label}: {error}") from None
    return row.default, len(sources)
