"""A question answered in its cell: shown while the answer comes, or begun in the background."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from cromicle_magic.cell.errand import Errand, turn_of
from cromicle_magic.exchange import answer_of, engine_of
from cromicle_magic.kernel.clicks import clicks_let_in
from cromicle_magic.running.follow import follow
from cromicle_magic.running.interrupts import interruptible

if TYPE_CHECKING:
    from cromicle_magic.answer import Answer
    from cromicle_magic.cell.question import Question
    from cromicle_magic.notebook import Notebook
    from cromicle_magic.running.jobs import Job
    from cromicle_magic.views.view import Place, View

__all__ = ["answered", "kept"]


async def answered(
    notebook: Notebook, question: Question, place: Place, *, is_silent: bool = False
) -> Answer:
    """Let a question be answered, on the running loop.

    Args:
        notebook: Where it is asked.
        question: The question.
        place: Which kind of cell is around.
        is_silent: Whether nothing is to be seen.

    Returns:
        The answer: whole, stopped by the reader, or under way in the background.

    Raises:
        SettingError: It can't be asked so, or what is wanted of the answer is not in it.
        Interrupted: The cell was interrupted; the text so far is shown and bound.
        CromicleError: No whole answer came, and ``--no-raise-error`` is not set; the text so far
            is shown and bound.
    """
    settings = question.settings
    view = notebook.view("background" if settings.bg else place, is_silent=is_silent)
    turn = turn_of(notebook, question)
    if settings.bg and view.outlives_cell:
        job = notebook.keep(notebook.jobs.job(engine_of(settings), settings.model))
        _begin(notebook, job, view, Errand(notebook, question, turn, job, "background"))
        return job
    answer = notebook.keep(answer_of(settings))
    answer.tells_error = settings.no_raise_error
    errand = Errand(notebook, question, turn, answer, place)
    try:
        with clicks_let_in(notebook.shell), interruptible(lambda: kept(answer)):
            view.open(answer)
            answer.begin(errand.chunks(), errand.end)
            await follow(answer, view)
    finally:
        errand.end()
    if answer.error and not settings.no_raise_error:
        raise answer.error from None
    if errand.below:
        notebook.show(errand.below)
    return answer


def kept(answer: Answer) -> str:
    """Say what an interrupt leaves of an answer."""
    return f"{answer.chars:,} characters were received and are kept."


def _begin(notebook: Notebook, job: Job, view: View, errand: Errand) -> None:
    """Begin an answer in the background; where that fails, its turn ends."""
    with ExitStack() as undone:
        undone.callback(errand.end)
        notebook.jobs.begin(job, view, errand.chunks(), errand.end)
        undone.pop_all()
