"""The family of errors."""

from __future__ import annotations

import pickle

import pytest

from cromicle_magic import errors

FAMILY = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", FAMILY)
def test_an_error_travels_by_pickle(kind: type[errors.CromicleError]) -> None:
    """Its sentence, its fields and the text received so far arrive on the other side."""
    error = kind("What happened.", address="http://a.invalid", status=500)
    error.partial = "half"
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (kind, str(error), vars(error))


@pytest.mark.parametrize("kind", FAMILY)
def test_a_cell_shows_one_line(kind: type[errors.CromicleError]) -> None:
    """IPython and everything built on it show the sentence, and no traceback."""
    assert kind("What happened.")._render_traceback_() == [f"{kind.__name__}: What happened."]


def test_the_tree_in_the_caption_is_the_tree() -> None:
    """Every error stands in the drawing, below its parent."""
    drawn = (errors.__doc__ or "").split("::", 1)[1]
    for kind in FAMILY:
        assert kind.__name__ in drawn
        assert kind is errors.CromicleError or set(kind.__bases__) & set(FAMILY)
