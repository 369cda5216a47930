"""The settings of one cell: its line first, then %cromicle use, %config, environment, defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from cromicle_magic.discretion import Address, Secret, is_loopback
from cromicle_magic.environment import variables
from cromicle_magic.errors import SettingError
from cromicle_magic.options import OPTIONS
from cromicle_magic.privacy.keys import kept_for, read_file
from cromicle_magic.privacy.leaks import mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cromicle_magic.values import Option

__all__ = ["LOGIN", "Found", "Settings", "resolve", "settle"]

# What a key that was typed in is set by.
LOGIN = "%cromicle login"

# What says who answers: the nearest source that sets one of them sets both.
_TARGET = ("engine", "url")
# How far a default is from the cell: behind keywords, line, use, %config and the environment.
_FURTHEST = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a request depends on; each field is a row of ``options.OPTIONS``.

    Attributes:
        model: The model to ask for, "" for the engine's own choice; no alias any more.
        engine: Who answers, by name, file or class; None where an address says it, or nobody.
        system: The instruction sent before the prompt, if any.
        out: The variable that gets the answer, if any.
        extract: What to take out of the answer; "" for its first block, None for nothing.
        insert: Whether to offer it in a new cell.
        url: The server's address, if one was named.
        token: The token that the server wants, wherever it came from.
        token_file: The file that was named to hold it, if any.
        proxy: The HTTP proxy to go through, if any.
        timeout: The longest silence of the server, in seconds.
        first_timeout: The longest wait for the first text, in seconds; None means ``timeout``.
        connect_timeout: The longest wait for a connection, in seconds.
        total_timeout: The longest time for the whole answer, in seconds; None for no limit.
        retries: How often to ask again where a server fails for now, before the first text only.
        max_chars: The longest answer that is kept, in characters, thinking included.
        temperature: How freely the model chooses, None for the engine's own way.
        max_tokens: The longest answer in tokens, None for the engine's own limit.
        param: More fields of the request, if any.
        guard: What happens if the prompt holds a key.
        ports: Where on this machine an engine is looked for, if none is named.
        aliases: Short names of models, if any.
        chat: The chat to go on with; None means the one of all cells.
        new: Whether the chat's earlier turns are out of sight from here on.
        fork: The new chat to go on in, if any.
        no_history: Whether the prompt belongs to no chat.
        budget: The most characters of a request with its earlier turns; 0 for no chat at all.
        raw: Whether the prompt is sent as typed.
        strict: Whether an expression in the prompt that fails is an error.
        context: What goes along of the notebook: a number of cells, all, vars or none.
        bg: Whether the answer goes on in the background.
        no_raise_error: Whether a failure is told below the answer instead of being raised.
        dry_run: Whether to show what would be sent, and send nothing.
        help: Whether the help was asked for.
    """

    model: str
    engine: str | None
    system: str | None
    out: str | None
    extract: str | None
    insert: bool
    url: Address | None
    token: Secret = field(repr=False)
    token_file: str | None
    proxy: Address | None
    timeout: float
    first_timeout: float | None
    connect_timeout: float
    total_timeout: float | None
    retries: int
    max_chars: int
    temperature: float | None
    max_tokens: int | None
    param: Mapping[str, object] | None
    guard: str
    ports: tuple[int, ...]
    aliases: Mapping[str, str] | None
    chat: str | None
    new: bool
    fork: str | None
    no_history: bool
    budget: int
    raw: bool
    strict: bool
    context: str
    bg: bool
    no_raise_error: bool
    dry_run: bool
    help: bool


class Found(NamedTuple):
    """A setting's value, and where it came from.

    Attributes:
        value: The value, checked.
        origin: Who set it, as the reader would write it; "default" if nobody did.
        distance: How far from the cell it was set; 0 is nearest.
    """

    value: Any
    origin: str
    distance: int


def resolve(
    line: Mapping[str, object] | None = None,
    config: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    used: Mapping[str, object] | None = None,
    keywords: Mapping[str, object] | None = None,
) -> Settings:
    """Settle every option: the first of keywords, line, used, config, environment wins.

    A token that is set further from the cell than the address goes to this machine only: else a
    notebook from elsewhere could name an address and collect the reader's token there. A file of it
    is read anew each time, and only where its key would be sent. Where no token is set, the one
    that ``%cromicle login`` has kept for the address's origin counts.

    Args:
        line: What the cell's own line sets; None as a value means not set, everywhere here.
        config: What ``%config`` sets.
        environment: The environment variables; by default those of this process.
        used: What ``%cromicle use`` set; nothing of it holds where something nearer names another
            engine.
        keywords: What the keywords of a call from Python set.

    Returns:
        The settings, complete and checked.

    Raises:
        SettingError: A value cannot work; the sentence names where it came from.
    """
    found = settle(line, config, environment, used=used, keywords=keywords)
    return Settings(**{name: each.value for name, each in found.items()})


def settle(
    line: Mapping[str, object] | None = None,
    config: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    used: Mapping[str, object] | None = None,
    keywords: Mapping[str, object] | None = None,
) -> dict[str, Found]:
    """Do as ``resolve`` does, and tell where each value came from.

    Args:
        line: What the cell's own line sets.
        config: What ``%config`` sets.
        environment: The environment variables; by default those of this process.
        used: What ``%cromicle use`` set.
        keywords: What the keywords of a call from Python set.

    Returns:
        What was found for each option, by its name.

    Raises:
        SettingError: A value cannot work; the sentence names where it came from.
    """
    environment = variables() if environment is None else environment
    is_renamed = any((line or {}).get(name) or (keywords or {}).get(name) for name in _TARGET)
    sources = (
        ("{name}=", keywords or {}),
        ("{flag}", line or {}),
        ("%cromicle use", {} if is_renamed else used or {}),
        ("%config CromicleMagics.{name}", config or {}),
        ("{environment}", {row.name: _variable(row, environment) for row in OPTIONS}),
    )
    found = {row.name: _settled(row, _one_target(sources)) for row in OPTIONS}
    if isinstance(found["engine"].value, Address):
        found["url"] = found["engine"]
        found["engine"] = _default("engine")
    found["token"] = _token(found["token"], found["token_file"], found["url"], found["proxy"])
    if alias := (found["aliases"].value or {}).get(found["model"].value):
        found["model"] = found["model"]._replace(value=alias)
    return found


def _variable(row: Option, environment: Mapping[str, str]) -> str | None:
    value = environment.get(row.environment) or None
    return Secret(value) if value and row.parse is Secret else value


def _token(token: Found, file: Found, url: Found, proxy: Found) -> Found:
    """Give the token for an address, from the nearer of two places or from what is kept."""
    nearest = file if file.distance < token.distance else token
    # A proxy reads all that is not encrypted.
    is_read = proxy.value and urlsplit(url.value or "").scheme != "https"
    is_far = nearest.distance > url.distance and not is_loopback(url.value)
    is_withheld = is_far or (is_read and nearest.distance > proxy.distance)
    if nearest.origin == "default" or is_withheld:
        key = kept_for(url.value) if url.value and not is_read else None
        return Found(key, LOGIN, _FURTHEST) if key else _default("token")
    if nearest is token:
        return token
    try:
        return file._replace(value=read_file(file.value))
    except SettingError as error:
        raise SettingError(f"{file.origin}: {error}") from None


def _one_target(
    sources: Iterable[tuple[str, Mapping[str, object]]],
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Leave out what says who answers further from the cell than something else that does."""
    is_named = False
    for origin, values in sources:
        kept = {name: value for name, value in values.items() if name not in _TARGET}
        yield origin, kept if is_named else values
        is_named = is_named or any(values.get(name) is not None for name in _TARGET)


def _settled(row: Option, sources: Iterable[tuple[str, Mapping[str, object]]]) -> Found:
    for distance, (origin, values) in enumerate(sources):
        if (value := values.get(row.name)) is None:
            continue
        label = origin.format(flag=row.flag, name=row.name, environment=row.environment)
        try:
            return Found(row.read(value), label, distance)
        except SettingError as error:
            # A key may have been put in the wrong place, and would be quoted.
            raise SettingError(f"{label}: {mask(str(error))}") from None
    return _default(row.name)


def _default(name: str) -> Found:
    row = next(row for row in OPTIONS if row.name == name)
    return Found(row.default, "default", _FURTHEST)
