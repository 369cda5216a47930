"""What %cromicle obeys: one short function for each command of the table."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from cromicle_magic import __version__
from cromicle_magic.cell.answering import kept
from cromicle_magic.cell.sent import show_sent
from cromicle_magic.discretion import Address, Secret, public_address
from cromicle_magic.environment import variables
from cromicle_magic.errors import CromicleError, SettingError
from cromicle_magic.kernel.clicks import clicks_let_in
from cromicle_magic.line import logins
from cromicle_magic.line.chat_commands import DOES_ABOUT_CHATS
from cromicle_magic.manual.help import short_help
from cromicle_magic.options import OPTIONS
from cromicle_magic.privacy.keys import secrets
from cromicle_magic.privacy.leaks import mask
from cromicle_magic.privacy.typed_keys import showable
from cromicle_magic.render.columns import columns
from cromicle_magic.render.terminal import visible
from cromicle_magic.running.follow import follow
from cromicle_magic.running.interrupts import awake, interruptible
from cromicle_magic.running.jobs import wait as wait_for
from cromicle_magic.settings import settle
from cromicle_magic.wire.cromicle import DEFAULT_TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from types import ModuleType

    from cromicle_magic.answer import Answer
    from cromicle_magic.doctor.check import Check
    from cromicle_magic.notebook import Notebook
    from cromicle_magic.providers.engines import Engine
    from cromicle_magic.settings import Found
    from cromicle_magic.views.view import Place

__all__ = ["DOES", "obey"]

# The word that takes a choice of engine back.
AUTO = "auto"

_TOPICS = "%cromicle -h lists the options, and %cromicle help TOPIC shows a page on one of these:"


async def obey(notebook: Notebook, command: str, about: str, place: Place) -> Answer | None:
    """Obey one command.

    Args:
        notebook: Where it was given.
        command: Its name, one of ``vocabulary.COMMANDS``.
        about: What follows it on the line.
        place: Which kind of cell is around.

    Returns:
        The answer, if the command asked for one.

    Raises:
        SettingError: What follows it can't work.
        Interrupted: The cell was interrupted.
        CromicleError: What the command asked for failed.
    """
    with clicks_let_in(notebook.shell), interruptible(lambda: "nothing was changed."):
        return await DOES[command](notebook, about, place)


async def _help(notebook: Notebook, topic: str, _place: Place) -> None:
    """List what is obeyed and the topics of the manual, or show the page on one."""
    from cromicle_magic.manual import pages  # noqa: PLC0415 - few need it
    from cromicle_magic.render.markdown import to_html  # noqa: PLC0415 - it brings its parser along

    if not topic:
        notebook.tell(f"{short_help()}\n\n{_TOPICS}\n\n{pages.topics_table()}")
        return
    text = pages.page(topic)
    notebook.show({"text/html": to_html(text), "text/plain": text})


async def _version(notebook: Notebook, _about: str, _place: Place) -> None:
    notebook.tell(f"cromicle-magic {__version__}")


async def _show(notebook: Notebook, _about: str, place: Place) -> None:
    """Show the latest answer under the present cell, also while it grows."""
    answer = notebook.latest
    if answer is None:
        raise SettingError("There is no answer to show yet; run a prompt first.")
    with interruptible(lambda: kept(answer)):
        view = notebook.view(place)
        view.open(answer)
        await follow(answer, view)


async def _sent(notebook: Notebook, _about: str, _place: Place) -> None:
    show_sent(notebook)


async def _status(notebook: Notebook, _about: str, _place: Place) -> None:
    notebook.tell(notebook.jobs.status())


async def _wait(notebook: Notebook, which: str, _place: Place) -> None:
    jobs = notebook.jobs.unheard() if which == "all" else notebook.jobs.select(which)
    await wait_for(jobs)


async def _stop(notebook: Notebook, which: str, _place: Place) -> None:
    jobs = notebook.jobs.select(which)
    for job in jobs:
        job.stop()
    await wait_for(jobs)


async def _use(notebook: Notebook, name: str, _place: Place) -> None:
    if not name:
        engine = await awake(_engines().engine_for(notebook.settings()))
        notebook.tell(_told(engine, "answers"))
        return
    used, engine = await _chosen(notebook, name)
    notebook.used = used
    notebook.tell(_told(engine, "answers from now on"))


async def _models(notebook: Notebook, name: str, _place: Place) -> None:
    _, engine = await _chosen(notebook, name)
    beside = [] if name else await awake(_engines().others(notebook.settings(), engine))
    rows = [
        ("*" if each is engine and model == engine.model else "", each.name, model)
        for each in (engine, *beside)
        for model in _engines().models_of(each)
    ]
    if not rows:
        notebook.tell(visible(f"{engine.name} lists no models."))
        return
    notebook.tell(columns([("", "engine", "model"), *rows]))


async def _config(notebook: Notebook, _about: str, _place: Place) -> None:
    found = settle(None, notebook.config(), used=notebook.used)
    names = [row.name for row in OPTIONS if row.is_setting]
    rows = [(name, _shown(found[name].value), _origin(found[name])) for name in names]
    table = columns([("setting", "value", "set by"), *rows])
    try:
        who = _told(await awake(_engines().engine_for(notebook.settings())), "answers")
    except CromicleError as error:  # which the table helps to mend
        who = str(error)
    notebook.tell("\n".join(filter(None, (f"{table}\n", logins.kept(), who))))


async def _login(notebook: Notebook, name: str, _place: Place) -> None:
    await logins.login(notebook, name)


async def _logout(notebook: Notebook, name: str, _place: Place) -> None:
    await logins.logout(notebook, name)


async def _doctor(notebook: Notebook, name: str, _place: Place) -> None:
    """Show each step of the way to the engine; after an interrupt, those made so far."""
    # Imported here, for it brings aiohttp along.
    from cromicle_magic.doctor.check import table  # noqa: PLC0415
    from cromicle_magic.doctor.examination import examine, sources  # noqa: PLC0415

    # As if a cell named it: it is examined, and not used from then on.
    line = {"engine": name} if name not in {"", AUTO} else None
    used = {} if name == AUTO else notebook.used
    settings, origins = notebook.settings(line, used), sources(line, notebook.config(), used=used)
    checks: list[Check] = []
    try:
        await awake(_gathered(examine(settings, origins), checks))
    finally:
        if checks:
            notebook.tell(table(checks))


async def _gathered(made: AsyncGenerator[Check, None], checks: list[Check]) -> None:
    async with aclosing(made):
        async for check in made:
            checks.append(check)  # noqa: PERF401 - what came before an interrupt is kept


async def _chosen(notebook: Notebook, name: str) -> tuple[dict[str, object], Engine]:
    """Give what a name sets, and the engine behind it, asked whether it is there."""
    from cromicle_magic.providers.names import is_file  # noqa: PLC0415 - see _engines

    used: dict[str, object] = dict(notebook.used)
    if name:
        used = {} if name == AUTO else {"engine": name}
    settings = notebook.settings(used=used)
    engine = await awake(_engines().probed(settings))
    if not (name and used):
        return used, engine
    if settings.engine and is_file(settings.engine):
        used = {"engine": _absolute(name)}
    if settings.url:
        used = {"engine": engine.url}  # a bare address may have turned out to be an engine's
    return used, engine


def _absolute(path: str) -> str:
    """Give a file's path that holds wherever the notebook goes."""
    return str(Path(path).expanduser().resolve())


def _told(engine: Engine, does: str) -> str:
    """Say in one sentence that an engine does something, with which model, and why it does."""
    model = f", with {engine.model}" if engine.model not in {"", engine.name} else ""
    why = f": {engine.origin}" if engine.origin else ""
    return visible(f"{engine.name} {does}{model}{why}.")


def _shown(value: object) -> str:
    if isinstance(value, Secret):
        return "" if value == DEFAULT_TOKEN else "set, and never shown"
    if isinstance(value, Address):
        return public_address(value)
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "none"
    return "" if value is None else mask(str(showable("", value)), secrets(variables()))


def _origin(found: Found) -> str:
    return "" if found.origin == "default" else found.origin


def _engines() -> ModuleType:
    """Bring the rooms that know engines when they are first needed: they bring aiohttp along."""
    from cromicle_magic.providers import engines  # noqa: PLC0415

    return engines


DOES: dict[str, Callable[[Notebook, str, Place], Awaitable[Answer | None]]] = {
    "help": _help,
    "use": _use,
    "models": _models,
    "config": _config,
    "doctor": _doctor,
    "login": _login,
    "logout": _logout,
    "sent": _sent,
    "show": _show,
    "status": _status,
    "wait": _wait,
    "stop": _stop,
    "version": _version,
    **DOES_ABOUT_CHATS,
}
