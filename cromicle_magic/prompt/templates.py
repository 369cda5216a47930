r"""Double braces of other languages: templates, strings that are formatted, elements, formulas.

A prompt often holds such code, and in it ``{{ name }}`` is that code's own, whatever names the
notebook knows. What tells it is a mark that no Python expression has (``{%``, ``{{#if``,
``{{ .Name`` and others) or the place around the braces (``f"{{x}}"``, ``style={{...}}``,
``\frac{{a}}``).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Surroundings"]

_FILTERS = (
    "abs|capitalize|currency|d|date|default|e|escape|first|format|indent|int|items|join|json|last"
    "|length|list|lower|map|nindent|quote|replace|round|safe|select|size|sort|split|string|striptags"
    "|title|toYaml|to_json|to_nice_yaml|to_yaml|tojson|translate|trim|truncate|upper|urlencode"
)
# One of these makes all double braces around it a template's; each is impossible in, or beside, a
# Python expression between two braces.
_MARKS = re.compile(
    r"\{%[\s\S]{1,400}?%\}"  # Jinja, Django, Liquid, Twig: a statement
    r"|\{\#[^#\n]*\#\}"  # and a comment
    r"|\{\{[#/!>&^~]"  # Mustache, Handlebars: a section, its end, a comment, a partial
    r"|\{\{-\s|\s-\}\}"  # Go: blanks trimmed
    r"|\{\{\s*\.[A-Za-z_\s}]"  # Go: a field, as for docker, kubectl and Helm
    r"|\{\{\s*[$@]"  # a variable of Go, of Handlebars, of Blade
    r"|\{\{\s*(?:else\b|(?:if|with|for)\s)"
    r"|\{\{\s*(?:range|define|template|block|include|each)\s+(?!(?:in|is|if|and|or|not)\b)[\w.\"$(]"
    rf"|\{{\{{[^{{}}|]+\|\s*(?:{_FILTERS})\b"  # Jinja: a filter
    r"|\s(?:v-[a-z]+|ng-[a-z]+|\*ng[A-Z]\w+|x-[a-z]+)="  # Vue, Angular, Alpine: a directive
    r"|^\s*@\w+\{\w+,",  # BibTeX: an entry
    re.MULTILINE,
)
# A Python f-string, or C#'s of that kind, where double braces stand for single ones.
_FORMATTED = re.compile(
    r"(?:(?<![\w'\"])(?:[fFtT][rR]?|[rR][fFtT])|\$@?)"
    r"(?:(\"\"\"|''')[\s\S]*?\1|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
)
# A line on which braces without blanks are doubled for another reason.
_DOUBLING = re.compile(
    r"\.format\(|\b[fF][rR]?[\"']|\b\w+!\(|\b(?:fmt|std|string|String|logg?er?)(?:\.|::)\w+\("
    r"|\\[A-Za-z]"  # LaTeX: a command
    r"|^\s*(?:[\w, ]+=\s*)?[!%]"  # IPython: a magic, or the shell's
)
# The value of an attribute within a tag: JSX.
_ATTRIBUTE = re.compile(r"<[A-Za-z][\w.]*(?:\s[^<>]*)?[\w-]=\Z")
_ATTRIBUTE_CHARS = 400
_FENCE = re.compile(r"^[ >\t]*(?:```|~~~)", re.MULTILINE)
_GLUED_BEFORE = re.compile(r"[\w^)\]}{#%]\Z")
_GLUED_BEHIND = re.compile(r"[{}^;]|%\n")
# As far as a line is looked at, to both sides.
LINE_CHARS = 400
_LINE_END = re.compile(r"\r\n|\n|\r")


class Surroundings:
    """What surrounds each pair of double braces in a prompt.

    Args:
        text: The whole prompt.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._templates = [
            (start, end) for start, end in _segments(text) if _MARKS.search(text, start, end)
        ]
        self._formatted = [match.span() for match in _FORMATTED.finditer(text)]

    def reason(self, start: int) -> str:
        """Say why braces are another language's, "" if they may be ours.

        Args:
            start: Where the opening ones begin.
        """
        if start and self._text[start - 1] in "\\$@":
            return f"{self._text[start - 1]} stands before it"
        if _is_within(start, self._templates):
            return "a template is around it"
        if _is_within(start, self._formatted):
            return "a string that is formatted is around it"
        if _ATTRIBUTE.search(self._text[max(0, start - _ATTRIBUTE_CHARS) : start]):
            return "it is an attribute's value"
        return ""

    def doubt(self, start: int, end: int) -> str:
        """Say why braces without blanks inside are rather another language's, "" if they aren't.

        LaTeX doubles braces, and so does who formats a string, but neither writes blanks.

        Args:
            start: Where the opening braces begin.
            end: Where the closing ones end.
        """
        before = self._text[max(0, start - LINE_CHARS) : start].rpartition("\n")[2]
        behind, newline, _ = self._text[end : end + LINE_CHARS].partition("\n")
        is_glued = _GLUED_BEFORE.search(before) or _GLUED_BEHIND.match(behind + newline)
        is_formula = before.replace("\\$", "").count("$") % 2 and "$" in behind
        is_doubled = is_glued or is_formula or _DOUBLING.search(before) or _DOUBLING.search(behind)
        return "it has no blanks inside" if is_doubled else ""


def _is_within(at: int, spans: list[tuple[int, int]]) -> bool:
    """Tell whether a place is within one of some spans, which are in order."""
    before = bisect_right(spans, (at, len(spans) and spans[-1][1])) - 1
    return before >= 0 and at < spans[before][1]


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Part a text into its fenced blocks and what stands between them.

    A template in a fence makes nothing outside of it a template's, and the other way round.
    """
    if not _FENCE.search(text):
        yield 0, len(text)
        return
    # Imported here, for it brings the Markdown parser along.
    from cromicle_magic.render.fences import blocks  # noqa: PLC0415

    lines = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]
    at = 0
    for block in blocks(text):
        start, end = lines[block.first], lines[min(block.end, len(lines) - 1)]
        yield at, start
        yield start, end
        at = end
    yield at, len(text)
