"""Faults survived: each ends in the whole text or in one typed error, within its deadline."""

from __future__ import annotations

import asyncio
import os
import pickle
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.catalogue.connections import CONNECTIONS
from support.catalogue.encodings import ENCODINGS
from support.catalogue.events import EVENTS
from support.catalogue.replies import REPLIES
from support.catalogue.secure import SECURE, write_certificates
from support.catalogue.statuses import STATUSES
from support.faults import KEY, Came, Fault, Street, outcomes
from support.kernels import importing

from cromicle_magic.errors import CromicleError

if TYPE_CHECKING:
    from collections.abc import Iterator

FAULTS = [*CONNECTIONS, *STATUSES, *REPLIES, *ENCODINGS, *EVENTS]


@pytest.fixture(scope="module")
def came() -> Iterator[dict[Fault, Came]]:
    """What came of each fault; many are asked at once."""
    with Street(FAULTS).open() as street:
        yield dict(zip(FAULTS, asyncio.run(outcomes(FAULTS, street)), strict=True))


@pytest.fixture(scope="module")
def came_safely(tmp_path_factory: pytest.TempPathFactory) -> dict[Fault, Came]:
    """The same under TLS, in a process that trusts the authority from its start on."""
    run = [sys.executable, "-W", "error", "-m", "support.catalogue.secure"]
    folder = tmp_path_factory.mktemp("certificates")
    write_certificates(folder)
    env = os.environ | importing() | {"SSL_CERT_FILE": str(folder / "authority.pem")}
    done = subprocess.run(run, cwd=folder, env=env, check=True, timeout=60, stdout=subprocess.PIPE)
    return dict(zip(SECURE, pickle.loads(done.stdout), strict=True))


def test_there_are_many() -> None:
    """At least 120, each with a name of its own."""
    assert len({str(fault) for fault in FAULTS + SECURE}) == len(FAULTS + SECURE) >= 120


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_ends_in_the_whole_text_or_one_error(fault: Fault, came: dict[Fault, Came]) -> None:
    """None hangs, none is silently short, and the error says what happened and keeps the rest."""
    check(fault, came[fault])


@pytest.mark.parametrize("fault", SECURE, ids=str)
def test_a_fault_of_tls_does_too(fault: Fault, came_safely: dict[Fault, Came]) -> None:
    """Who can't be trusted gets no prompt, and who can is watched like any other."""
    check(fault, came_safely[fault])


def check(fault: Fault, it: Came) -> None:
    """Compare what came of a fault with its row."""
    if isinstance(fault.comes, str):
        assert (it.text, it.error) == (fault.comes, None)
    else:
        check_error(fault, it.error)
    assert it.seconds < fault.within_s
    assert fault.requests in (None, it.requests)


def check_error(fault: Fault, error: Exception | None) -> None:
    """Look at all that an error promises."""
    assert isinstance(error, CromicleError)
    kinds = fault.comes if isinstance(fault.comes, tuple) else (fault.comes,)
    assert type(error) in kinds, error
    assert re.search(fault.says, str(error)), error
    assert error.partial.startswith(fault.partial)
    assert bool(error.partial) == bool(fault.partial)
    assert str(error).isprintable()
    assert error.address
    assert error.__context__ is error.__cause__ is None
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
    assert KEY not in f"{error!r} {vars(error)}"
