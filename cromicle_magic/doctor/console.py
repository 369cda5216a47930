"""The doctor on the command line, with an exit code."""

from __future__ import annotations

import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NoReturn

from cromicle_magic.doctor.check import has_failed, lines
from cromicle_magic.doctor.examination import examine, sources
from cromicle_magic.errors import SettingError
from cromicle_magic.options import OPTIONS
from cromicle_magic.running.interrupts import awake, interruptible
from cromicle_magic.running.nested import run_nested
from cromicle_magic.settings import resolve

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import AsyncGenerator, Callable

    from cromicle_magic.doctor.check import Check
    from cromicle_magic.doctor.examination import Sources
    from cromicle_magic.settings import Settings

__all__ = ["add_to"]

# What the command line takes of the magic's options; the rest says nothing of the way.
_TAKEN = ("engine", "model", "url", "proxy", "timeout")
_INTERRUPTED = 130  # as a shell counts it: 128 and SIGINT's number
_HELP = "check the way to the engine, step by step"
_NOTE = """\
Each step is ok, a warning, failed or skipped. What stands behind "try" can be typed as it stands:
what begins with % into a cell, anything else into a terminal. The exit code is 0 unless a step
failed; then it is 1, and 2 for a wrong option."""


def add_to(commands: Any) -> None:
    """Add the command to a command line.

    Args:
        commands: What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = commands.add_parser("doctor", help=_HELP, epilog=_NOTE)
    parser.add_argument("named", nargs="?", metavar="ENGINE", help="the same as --engine ENGINE")
    for row in OPTIONS:
        if row.name in _TAKEN:
            spellings = [spelling for spelling in (row.short, row.flag) if spelling]
            parser.add_argument(*spellings, dest=row.name, metavar=row.metavar, help=row.help)
    parser.set_defaults(run=_run, refuse=parser.error)


def _run(options: Namespace) -> int:
    """Examine, and write each check as soon as it is made.

    Returns:
        The exit code: 0 if all is well or merely to be warned of, 1 if a step failed.
    """
    line = {name: getattr(options, name) for name in _TAKEN}
    line["engine"] = line["engine"] or options.named
    try:
        settings, origins = resolve(line), sources(line)
    except SettingError as error:
        refuse: Callable[[str], NoReturn] = options.refuse
        refuse(str(error))
    try:
        return int(run_nested(_examined(settings, origins)))
    except KeyboardInterrupt:
        return _INTERRUPTED


async def _examined(settings: Settings, origins: Sources) -> bool:
    checks: list[Check] = []
    with interruptible(lambda: "the rest was not checked."):
        await awake(_told(examine(settings, origins), checks))
    return has_failed(checks)


async def _told(made: AsyncGenerator[Check, None], checks: list[Check]) -> None:
    async with aclosing(made):
        async for check in made:
            checks.append(check)
            sys.stdout.write(lines(check) + "\n")
            sys.stdout.flush()
