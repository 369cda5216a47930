"""What a check found, and how the reader sees it; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from cromicle_magic.render.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["STEPS", "Check", "Step", "Verdict", "has_failed", "lines", "table"]

Step = Literal["engine", "name", "connection", "proxy", "TLS", "key", "protocol", "first text"]
Verdict = Literal["ok", "warning", "failed", "skipped"]

# In the order in which a request takes them: TLS is agreed upon through the proxy, if there is one.
STEPS: tuple[Step, ...] = (
    *("engine", "name", "connection", "proxy"),
    *("TLS", "key", "protocol", "first text"),
)
_TRY = "try"
_STEP_CHARS = max(map(len, STEPS))
_VERDICT_CHARS = max(map(len, ("ok", "warning", "failed", "skipped", _TRY)))


class Check(NamedTuple):
    """One step of the way.

    Attributes:
        step: Which one.
        verdict: How it went; a step whose forerunner failed is skipped.
        detail: What was found, with the value; may hold foreign text.
        remedy: What to type, a command a line, as it stands: what begins with ``%`` into a cell,
            anything else into a terminal. "" where nothing need be done.
    """

    step: Step
    verdict: Verdict
    detail: str
    remedy: str = ""


def lines(check: Check) -> str:
    """Set one check: a line with the verdict, and one below it for each remedy.

    Args:
        check: The check; controls within it are made visible.

    Returns:
        The lines, without a newline at their end.

    >>> print(lines(Check("connection", "failed", "Nothing listens.", "ollama serve")))
    connection  failed   Nothing listens.
                try      ollama serve
    """
    rows: list[tuple[str, str, str]] = [(check.step, check.verdict, check.detail)]
    rows += [("", _TRY, command) for command in check.remedy.splitlines()]
    return "\n".join(
        f"{step:{_STEP_CHARS}}  {verdict:{_VERDICT_CHARS}}  {_line(text)}"
        for step, verdict, text in rows
    )


def table(checks: Iterable[Check]) -> str:
    """Set several checks, one below the other.

    Args:
        checks: The checks.

    Returns:
        Their lines, without a newline at their end.
    """
    return "\n".join(map(lines, checks))


def has_failed(checks: Iterable[Check]) -> bool:
    """Tell whether something failed; a warning is no failure."""
    return any(check.verdict == "failed" for check in checks)


def _line(text: str) -> str:
    return " ".join(visible(text).split())
