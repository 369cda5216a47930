"""How long a server asks to be left alone."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["retry_after_s"]


def retry_after_s(value: str, now: datetime) -> float | None:
    """Read the header Retry-After, by RFC 9110, section 10.2.3: whole seconds, or a date.

    Args:
        value: The header's value, "" if there is none.
        now: The present time, with its zone.

    Returns:
        Seconds from now on, 0 for a date that has passed; None where nothing readable is said.

    >>> from datetime import datetime, timezone
    >>> now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    >>> retry_after_s("120", now), retry_after_s("Thu, 01 Jan 2026 00:00:05 GMT", now)
    (120.0, 5.0)
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text)
        return seconds if isfinite(seconds) else None
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if then.tzinfo is None:  # "-0000" names no zone, and HTTP knows only one
        then = then.replace(tzinfo=now.tzinfo)
    return max(0.0, (then - now).total_seconds())
