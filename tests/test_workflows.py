"""What runs in public: pinned, with the right to read alone, on each Python that is promised."""

from __future__ import annotations

import re

import pytest
from support.bounds import ROOT, pythons

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def workflow(request: pytest.FixtureRequest) -> str:
    """Each file's text."""
    return str(request.param.read_text("utf-8"))


def test_there_is_one() -> None:
    """Else the rest would hold for nothing."""
    assert WORKFLOWS


def test_every_action_is_pinned_to_a_commit(workflow: str) -> None:
    """A tag can be moved to another commit; the version stands beside it for the reader."""
    used = re.findall(r"uses:\s*(.*)", workflow)
    assert used
    assert not [action for action in used if not PINNED.fullmatch(action)]


def test_it_may_only_read_and_knows_no_secret(workflow: str) -> None:
    """One block of rights at the top, with one right, and no checkout that keeps its token."""
    assert re.findall(r"permissions:\n((?:[ ]+.*\n)*)", workflow) == ["  contents: read\n"]
    assert workflow.count("permissions") == 1
    assert workflow.count("actions/checkout@") == workflow.count("persist-credentials: false")
    assert not re.search(r"secrets|github\.token|write|pull_request_target", workflow)


def test_it_runs_what_a_contributor_runs_on_every_python(workflow: str) -> None:
    """The one script, on each Python of the classifiers."""
    assert re.findall(r"run:\s*(.*)", workflow) == ["bash .ci/run"]
    (matrix,) = re.findall(r"python: \[(.*)\]", workflow)
    assert re.findall(r'"(.*?)"', matrix) == pythons()
