"""What %cromicle obeys: one short function for each command of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cromicle_magic import __version__, leaving, logins
from cromicle_magic.commandline import help_text
from cromicle_magic.errors import SettingError
from cromicle_magic.kernel.clicks import clicks_let_in
from cromicle_magic.options import OPTIONS, Address, Secret, public_address
from cromicle_magic.render.columns import columns
from cromicle_magic.render.terminal import visible
from cromicle_magic.running.follow import follow
from cromicle_magic.running.interrupts import awake, interruptible
from cromicle_magic.running.jobs import wait as wait_for
from cromicle_magic.settings import settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

    from cromicle_magic.answer import Answer
    from cromicle_magic.notebook import Notebook
    from cromicle_magic.providers.engines import Engine
    from cromicle_magic.settings import Found
    from cromicle_magic.views.view import Place

__all__ = ["DOES", "kept", "obey"]

# The word that takes a choice of engine back.
AUTO = "auto"


async def obey(notebook: Notebook, command: str, about: str, place: Place) -> None:
    """Obey one command.

    Args:
        notebook: Where it was given.
        command: Its name, one of ``commandline.COMMANDS``.
        about: What follows it on the line.
        place: Which kind of cell is around.

    Raises:
        SettingError: What follows it can't work.
        Interrupted: The cell was interrupted.
        CromicleError: What the command asked for failed.
    """
    with clicks_let_in(notebook.shell), interruptible(lambda: "nothing was changed."):
        await DOES[command](notebook, about, place)


def kept(answer: Answer) -> str:
    """Say what an interrupt leaves of an answer."""
    return f"{answer.chars:,} characters were received and are kept."


async def _help(notebook: Notebook, _about: str, _place: Place) -> None:
    notebook.tell(help_text())


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
    leaving.show_sent(notebook)


async def _status(notebook: Notebook, _about: str, _place: Place) -> None:
    notebook.tell(notebook.jobs.status())


async def _wait(notebook: Notebook, which: str, _place: Place) -> None:
    await wait_for(notebook.jobs.select(which))


async def _stop(notebook: Notebook, which: str, _place: Place) -> None:
    jobs = notebook.jobs.select(which)
    for job in jobs:
        job.stop()
    await wait_for(jobs)


async def _use(notebook: Notebook, name: str, _place: Place) -> None:
    if not name:
        engine = await awake(_engines().engine_for(notebook.settings()))
        notebook.tell(f"{_introduced(engine)} answers{_because(engine)}.")
        return
    used, engine = await _chosen(notebook, name)
    notebook.used = used
    notebook.tell(f"{_introduced(engine)} answers from now on{_because(engine)}.")


async def _models(notebook: Notebook, name: str, _place: Place) -> None:
    _, engine = await _chosen(notebook, name)
    beside = [] if name else await awake(_engines().others(notebook.settings(), engine))
    rows = [
        ("*" if each is engine and model == engine.model else "", each.name, model)
        for each in (engine, *beside)
        for model in _engines().models_of(each)
    ]
    if not rows:
        notebook.tell(f"{_introduced(engine)} lists no models.")
        return
    notebook.tell(columns([("", "engine", "model"), *rows]))


async def _config(notebook: Notebook, _about: str, _place: Place) -> None:
    found = settle(None, notebook.config(), used=notebook.used)
    rows = [(row.name, _shown(found[row.name]), found[row.name].origin) for row in OPTIONS]
    engine = await awake(_engines().engine_for(notebook.settings()))
    table = columns([("setting", "value", "set by"), *rows])
    answers = f"{_introduced(engine)} answers{_because(engine)}."
    notebook.tell("\n".join(filter(None, (f"{table}\n", logins.kept(), answers))))


async def _login(notebook: Notebook, name: str, _place: Place) -> None:
    await logins.login(notebook, name)


async def _logout(notebook: Notebook, name: str, _place: Place) -> None:
    await logins.logout(notebook, name)


async def _chosen(notebook: Notebook, name: str) -> tuple[dict[str, object], Engine]:
    """Give what a name sets, and the engine behind it, asked whether it is there."""
    used: dict[str, object] = dict(notebook.used)
    if name:
        used = {} if name == AUTO else {"engine": name}
    settings = notebook.settings(used=used)
    engine = await awake(_engines().probed(settings))
    if name and settings.url:
        used = {"engine": engine.url}  # a bare address may have turned out to be an engine's
    return used, engine


def _introduced(engine: Engine) -> str:
    return visible(engine.name + (f", model {engine.model}," if engine.model else ""))


def _because(engine: Engine) -> str:
    return f": {engine.origin}" if engine.origin else ""


def _shown(found: Found) -> str:
    if isinstance(found.value, Secret):
        return "" if found.origin == "default" else "set, and never shown"
    if isinstance(found.value, Address):
        return public_address(found.value)
    return "" if found.value is None else str(found.value)


def _engines() -> ModuleType:
    """Bring the rooms that know engines when they are first needed: they bring aiohttp along."""
    from cromicle_magic.providers import engines  # noqa: PLC0415

    return engines


DOES: dict[str, Callable[[Notebook, str, Place], Awaitable[None]]] = {
    "help": _help,
    "use": _use,
    "models": _models,
    "config": _config,
    "login": _login,
    "logout": _logout,
    "sent": _sent,
    "show": _show,
    "status": _status,
    "wait": _wait,
    "stop": _stop,
    "version": _version,
}
