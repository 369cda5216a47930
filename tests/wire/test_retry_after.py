"""How long a server asks to wait, in the forms that HTTP knows."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from cromicle_magic.wire.retry_after import retry_after_s

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Thu, 01 Jan 2026 00:00:05 GMT", 5.0),
        ("Thu, 01 Jan 2026 00:00:05 -0000", 5.0),
        ("Wed, 31 Dec 2025 23:59:59 GMT", 0.0),
        ("soon", None),
        ("9" * 400, None),
    ],
)
def test_a_wish_to_wait_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    """A date that names no zone is in HTTP's own; one in the past is no wait."""
    assert retry_after_s(value, NOW) == seconds
