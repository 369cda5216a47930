"""Keys in a text, found by their well-known forms and by the values of secrets; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cromicle_magic.discretion import SHORTEST_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Leak", "find", "labels", "mask", "secret_values"]

# What each form is called. Each begins with a plain text, which is what makes a search through
# megabytes quick; what must not stand before it is looked at behind it. No form can begin again
# within a run that it has already read in vain, so the time is linear.
_FORMS = tuple(
    (label, re.compile(form))
    for label, form in (
        ("Anthropic key", r"sk-ant-(?<![\w-]sk-ant-)[\w-]{16,}"),
        ("API key", r"sk-(?<![\w-]sk-)(?!ant-)(?=[\w-]{0,200}\d)[\w-]{20,}"),
        ("Stripe key", r"[sr]k_live_(?<!\w[sr]k_live_)[A-Za-z0-9]{16,}"),
        ("Groq key", r"gsk_(?<!\wgsk_)[A-Za-z0-9]{20,}"),
        ("xAI key", r"xai-(?<!\wxai-)[A-Za-z0-9]{20,}"),
        ("NVIDIA key", r"nvapi-(?<!\wnvapi-)[\w-]{20,}"),
        ("Hugging Face token", r"hf_(?<!\whf_)[A-Za-z0-9]{20,}"),
        ("GitHub token", r"gh[pousr]_(?<!\wgh[pousr]_)[A-Za-z0-9]{20,}"),
        ("GitHub token", r"github_pat_(?<!\wgithub_pat_)\w{20,}"),
        ("GitLab token", r"glpat-(?<!\wglpat-)[\w-]{16,}"),
        ("PyPI token", r"pypi-AgE(?<!\wpypi-AgE)[\w-]{32,}"),
        ("AWS key", r"AKIA(?<!\wAKIA)[0-9A-Z]{16}(?!\w)"),
        ("AWS key", r"ASIA(?<!\wASIA)[0-9A-Z]{16}(?!\w)"),
        ("Google key", r"AIza(?<!\wAIza)[\w-]{30,}"),
        ("Slack token", r"xox[abeoprs]-(?<!\wxox[abeoprs]-)[\w-]{10,}"),
        ("bearer token", r"[Bb]earer\s{1,9}(?P<key>(?=[\w.~+/=-]{0,200}\d)[\w.~+/=-]{20,})"),
        # Three parts, each base64 of JSON or of a signature, RFC 7519.
        ("JSON web token", r"eyJ(?<![\w-]eyJ)[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"),
        (
            "private key",
            (
                r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
                r"(?:[\w+/=\s:,.\\]|-(?!-)){0,16384}(?:-----END [A-Z0-9 ]{1,60}-----)?"
            ),
        ),
        # Examples in prose say "password", or name a variable.
        (
            "password in an address",
            (
                r"://[^\s/?#@:]{0,200}:(?P<key>(?![$<{\[*])(?!(?i:pass|passw(?:or)?d|secret|pw|x+)@)"
                r"[^\s/?#@]{1,200})@"
            ),
        ),
    )
)

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
# A word, a number, a path, or an address: nobody's key, though its variable is named like one.
_PLAIN = re.compile(
    r"[A-Za-z]?[a-z]+|[A-Z]+|[\d.,]+|(?:[A-Za-z]:)?[~.]{0,2}[/\\]\S*|[\w.+-]+://[^@]*"
)


class Leak(NamedTuple):
    """A key in a text.

    Attributes:
        start, end: Where it stands.
        label: The name of the secret whose value it is, or else the kind of key.
    """

    start: int
    end: int
    label: str


def find(text: str, secrets: Mapping[str, str] | None = None) -> list[Leak]:
    """Find the keys in a text, in time that grows with its length only.

    Args:
        text: Any text.
        secrets: Values that must not be in it, by their names; those of fewer than 8 characters
            are not looked for.

    Returns:
        The keys in order, none overlapping another. Where a form and a value overlap, the name of
        the value is the label.

    >>> find("my key is gsk_0123456789abcdefghij, hush")
    [Leak(start=10, end=34, label='Groq key')]
    """
    found = sorted((*_values_in(text, secrets or {}), *_forms_in(text)))
    return list(_merged(found))


def mask(text: str, secrets: Mapping[str, str] | None = None) -> str:
    """Give a text with a label in brackets in the place of each key.

    Args:
        text: Any text.
        secrets: As for ``find``.

    >>> mask("use hunter2hunter2 here", {"DB_PASSWORD": "hunter2hunter2"})
    'use [DB_PASSWORD] here'
    """
    parts, at = [], 0
    for leak in find(text, secrets):
        parts += [text[at : leak.start], f"[{leak.label}]"]
        at = leak.end
    return "".join([*parts, text[at:]])


def labels(leaks: Iterable[Leak]) -> list[str]:
    """Give the labels of some keys, each once, in the order in which they come.

    >>> labels(find("sk-proj-0123456789abcdefghij, or sk-proj-9876543210abcdefghij"))
    ['API key']
    """
    return list(dict.fromkeys(leak.label for leak in leaks))


def secret_values(variables: Mapping[str, str]) -> dict[str, str]:
    """Give those of some variables that hold a secret, as far as name and value can tell.

    Args:
        variables: Values by their names, such as the environment's.

    >>> secret_values({"API_KEY": "k-123-456", "KEY_FILE": "/etc/key", "TOKEN_KIND": "personal"})
    {'API_KEY': 'k-123-456'}
    """
    named = {name: value.strip() for name, value in variables.items() if _SECRET_NAME.search(name)}
    return {
        name: value
        for name, value in named.items()
        if len(value) >= SHORTEST_SECRET and not _PLAIN.fullmatch(value)
    }


def _values_in(text: str, secrets: Mapping[str, str]) -> Iterator[tuple[int, int, int, str]]:
    for name, value in secrets.items():
        if len(value) < SHORTEST_SECRET:
            continue
        start = text.find(value)
        while start >= 0:
            end = start + len(value)
            yield start, 0, end, name
            start = text.find(value, end)


def _forms_in(text: str) -> Iterator[tuple[int, int, int, str]]:
    for label, form in _FORMS:
        for match in form.finditer(text):
            start, end = match.span("key" if "key" in form.groupindex else 0)
            yield start, 1, end, label


def _merged(found: Iterable[tuple[int, int, int, str]]) -> Iterator[Leak]:
    """Make one of each group that overlaps; the name of a value goes before that of a form."""
    start, rank, end, label = -1, 1, -1, ""
    for other_start, other_rank, other_end, other in found:
        if other_start >= end:
            if end >= 0:
                yield Leak(start, end, label)
            start, rank, end, label = other_start, other_rank, other_end, other
            continue
        if other_rank < rank:
            rank, label = other_rank, other
        end = max(end, other_end)
    if end >= 0:
        yield Leak(start, end, label)
