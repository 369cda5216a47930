"""What a cell wants of its answer in the end: code taken out, bound, and offered in a new cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cromicle_magic.errors import SettingError
from cromicle_magic.extraction import Extract, take
from cromicle_magic.kernel.insertion import insert
from cromicle_magic.languages import flaw, is_checked

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from cromicle_magic.answer import Answer
    from cromicle_magic.settings import Settings
    from cromicle_magic.views.view import Place

__all__ = ["Taken", "taken_from"]


class Taken(NamedTuple):
    """What a cell gets of its answer.

    Attributes:
        text: What its variable gets; None if that stays as it is.
        below: What to show below the answer, as a MIME bundle, if anything.
    """

    text: str | None
    below: dict[str, str] | None = None


def taken_from(answer: Answer, settings: Settings, shell: InteractiveShell, place: Place) -> Taken:
    """Take what is wanted out of an answer, and say so in its notes.

    Where it holds nothing of the kind, that becomes the answer's error, unless it has one. Of an
    answer that failed or was interrupted what can be taken is taken, and nothing is offered: the
    cell ends with an error, and frontends then insert nothing.

    Args:
        answer: The answer, ended.
        settings: What is wanted.
        shell: Where code is offered.
        place: Which kind of cell is around.

    Returns:
        What the variable gets, and what is to be shown below the answer.
    """
    if settings.extract is None and not settings.insert:
        return Taken(answer.text)
    is_whole = answer.error is None and not answer.is_interrupted
    try:
        found = take(answer.text, settings.extract or "")
    except SettingError as error:
        answer.error = error if is_whole else answer.error
        return Taken(None)
    answer.extract = found.text
    answer.notes.append(found.note)
    if not (settings.insert and is_whole):
        return Taken(found.text)
    return Taken(found.text, _offered(found, answer, shell, place))


def _offered(
    found: Extract, answer: Answer, shell: InteractiveShell, place: Place
) -> dict[str, str] | None:
    """Offer code where a reader can run it; give what to show where there is no such place."""
    # A block without a name goes into a cell of Python like any other.
    language = found.language or "python"
    wrong = flaw(found.text, language).removesuffix(".")
    checked = wrong or ("its syntax is valid" if is_checked(language) else "")
    where = insert(shell, found.text, place)
    done = f"put into {where}, not run" if where else "shown below, not run"
    answer.notes += filter(None, [done, checked])
    if where:
        return None
    # Imported here, for it brings along what lays Markdown out.
    from cromicle_magic.views.listing import listing  # noqa: PLC0415

    return listing(found.text, language)
