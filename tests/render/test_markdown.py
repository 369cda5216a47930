"""What Markdown becomes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from support.outlines import read
from support.texts import hostile_texts

from cromicle_magic.render.markdown import PIECE_WEIGHT, WHOLE_WEIGHT, render_pieces, to_html
from cromicle_magic.render.sanitise import ALIGNMENTS, MATH

NAMES = """
a blockquote br code div em h1 h2 h3 h4 h5 h6 hr li ol p pre s span strong table tbody td th
thead tr ul
"""
TAGS = set(NAMES.split())
REL = "noopener noreferrer nofollow"

PLAIN = "white-space:pre-wrap;overflow-wrap:anywhere;word-break:normal"


def is_formula(attributes: dict[str, str | None]) -> bool:
    """Tell whether an element is one that MathJax shall typeset."""
    return attributes.get("class") == MATH


def formulas(html: str) -> list[str]:
    """Return the texts that MathJax shall typeset."""
    return [text for text, around in read(html).texts if around and is_formula(around[-1][1])]


def check_harmless(html: str) -> None:
    """Assert that nothing in the HTML acts, fetches, or is taken for a formula."""
    seen = read(html)
    for tag, attributes in seen.elements:
        assert tag in TAGS
        assert set(attributes) <= {"class", "href", "rel", "style", "start"}
        assert attributes.get("style", "text-align:left") in {*ALIGNMENTS, PLAIN}
        if tag == "a":
            assert re.match(r"https?://[^/]|mailto:", attributes["href"] or "")
            assert attributes["rel"] == REL
    for text, around in seen.texts:
        names = {tag for tag, _ in around}
        if not names & {"code", "pre"} and not any(is_formula(each) for _, each in around):
            assert text in ("$", "\\") or not re.search(r"[$\\]", text)
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text
        )


@settings(max_examples=400, deadline=None)
@given(hostile_texts())
def test_no_prefix_of_anything_comes_alive(text: str) -> None:
    """Cut off anywhere, a hostile answer has no live element, remote fetch or stray formula."""
    for end in range(0, len(text) + 1, max(1, len(text) // 8)):
        check_harmless(to_html(text[:end]))
    check_harmless(to_html(text))


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("~~a~~", "<p><s>a</s></p>\n"),
        ("- [ ] a\n- [x] b", "<ul>\n<li>☐ a</li>\n<li>☑ b</li>\n</ul>\n"),
        ("- [ ]a", "<ul>\n<li>[ ]a</li>\n</ul>\n"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>\n'),
        ("<b>a</b>", "<p>&lt;b&gt;a&lt;/b&gt;</p>\n"),
        ("a[^1]", "<p>a[^1]</p>\n"),
        ("a&#x202E;b\x1b", "<p>a⟨U+202E⟩b␛</p>\n"),
        ("\u05d0\u200f!", "<p>\u05d0\u200f!</p>\n"),
        ("```\n\na\n```", '<pre class="highlight"><span></span>\na\n</pre>\n'),
        ("```mermaid\na\n```", '<pre class="highlight"><span></span>a\n</pre>\n'),
        ('```" onclick="x\na\n```', '<pre class="highlight"><span></span>a\n</pre>\n'),
    ],
)
def test_a_case_becomes_this(markdown: str, html: str) -> None:
    """What GitHub adds to CommonMark, and what is left out."""
    assert to_html(markdown) == html


def test_a_table_is_aligned_cell_by_cell() -> None:
    """JupyterLab puts a bare cell's text on the right, so every cell says its side."""
    html = to_html("| a | b | c |\n|---|:-:|--:|\n| 1 | 2 | 3 |\n")
    sides = [attributes["style"] for tag, attributes in read(html).elements if tag in ("th", "td")]
    assert sides == ["text-align:left", "text-align:center", "text-align:right"] * 2


def test_code_wears_the_theme() -> None:
    """Keywords have the class that JupyterLab colours in light and dark."""
    assert '<span class="k">def</span>' in to_html("```python\ndef f(): pass\n```")


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $6",
        "US$5 or US$6",
        "$5-$6",
        "pay $20 (US$)",
        "$HOME/$USER",
        r"\$5 and \$6",
        "$ 5 $",
        "5$ 6$",
        "$$",
        "`$x$`",
        r"\\(a\\)",
        r"\begin{align}x\end{align}",
        "$5 apples$",
        "~~$~~5 $",
        "a$b$c",
    ],
)
def test_a_price_is_no_formula(text: str) -> None:
    """Dollars and backslashes in prose stay what they are, with MathJax never seeing a pair."""
    html = to_html(text)
    assert formulas(html) == []
    check_harmless(html)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$x$", "$x$"),
        ("so $a_1 * b_1 < c$.", "$a_1 * b_1 < c$"),
        (r"\(x\)", r"\(x\)"),
        (r"a \[x\\[2pt]y\] b", r"\[x\\[2pt]y\]"),
        ("$$x$$", "$$x$$"),
        ("in $$x$$.", "$$x$$"),
        ("a\n$$\n- x\n= y\n$$\nb", "$$\n- x\n= y\n$$"),
        ("- a\n  \\[\n  x\n  \\]", "\\[\nx\n\\]"),
        ("> $$\n> x\n> $$", "$$\nx\n$$"),
        (r"$2 \times 3$", r"$2 \times 3$"),
        (r"$a \$ b$", r"$a \$ b$"),
        ("| $x$ |\n|---|", "$x$"),
    ],
)
def test_a_formula_is_left_to_mathjax(text: str, found: str) -> None:
    """The four ways to write a formula, in lines and in blocks."""
    assert formulas(to_html(text)) == [found]


@pytest.mark.parametrize(
    "tex",
    [
        r"\newcommand{\x}{y}",
        r"\def\x{y}",
        r"\gdef\x y",
        r"\let\a\b",
        r"\require{html}",
        r"\href{a}{b}",
        r"\class{a}{b}",
        r"\cssId{a}{b}",
        r"\style{a}{b}",
        r"\includegraphics{a}",
        r"\data{a}{b}",
        r"\mmlToken{mi}{x}",
        r"\unicode[a]{1}",
        r"\renewenvironment{a}{b}{c}",
        r"\DeclareMathOperator{\a}{b}",
        r"\text{\htmlData{a}{b}}",
        r"\label{a}",
        "{" * 60 + "}" * 60,
        "x" * 5_000,
        r"\bbox[url(a)]{b}",
    ],
)
@pytest.mark.parametrize("form", ["${}$", "$$\n{}\n$$", r"\({}\)", r"a \[{}\]"])
def test_a_refused_formula_is_shown_as_code(tex: str, form: str) -> None:
    """What fetches, defines or sets attributes never reaches MathJax, but the reader sees it."""
    html = to_html(form.replace("{}", tex))
    assert formulas(html) == []
    assert tex in "".join(text for text, _ in read(html).texts)


@pytest.mark.parametrize(
    "tex", [r"a \\ \newline b", r"\longrightarrow", r"\displaystyle x", r"\leq \tag{1}"]
)
def test_a_harmless_command_is_not_refused(tex: str) -> None:
    """Names that only begin like a refused one pass."""
    assert formulas(to_html(f"${tex}$")) == [f"${tex}$"]


@pytest.mark.parametrize(
    ("markdown", "text", "href"),
    [
        ("[a](https://e.example/b)", "a", "https://e.example/b"),
        ("[a](mailto:b@e.example)", "a", "mailto:b@e.example"),
        ("[](https://e.example)", "https://e.example", "https://e.example"),
        ("[\u200b](https://e.example)", "\u200bhttps://e.example", "https://e.example"),
        ("![a *b*](https://e.example/x.png)", "image: a b (e.example)", "https://e.example/x.png"),
        (
            "![](https://good.example@evil.example/)",
            "image (evil.example)",
            "https://good.example@evil.example/",
        ),
        (
            "[![a](https://i.example/x)](https://e.example)",
            "image: a (i.example)",
            "https://e.example",
        ),
        ("see https://e.example/a_(b).", "https://e.example/a_(b)", "https://e.example/a_(b)"),
        ("(https://e.example)", "https://e.example", "https://e.example"),
        ("<https://e.example>", "https://e.example", "https://e.example"),
    ],
)
def test_a_link_shows_where_it_leads(markdown: str, text: str, href: str) -> None:
    """Links and images have one target and a text to be seen."""
    seen = read(to_html(markdown))
    links = [attributes["href"] for tag, attributes in seen.elements if tag == "a"]
    assert links == [href]
    assert (
        "".join(each for each, around in seen.texts if any(tag == "a" for tag, _ in around)) == text
    )


@pytest.mark.parametrize(
    "markdown",
    [
        "[a](javascript:b)",
        "[a](b.md)",
        "[a](#b)",
        "[a](//evil.example)",
        "[a](data:text/html,b)",
        "[a](file:///etc)",
        "![a](data:image/png;base64,b)",
        "![a](b.png)",
        "[](b.md)",
        "[a](https:b)",
        "[a](http:///b)",
        "https://",
        "a.py",
        "[a](vscode://b)",
        "[a](http://[)",
    ],
)
def test_other_targets_are_no_links(markdown: str) -> None:
    """What isn't http, https or mailto keeps its text only."""
    seen = read(to_html(markdown))
    assert "a" not in {tag for tag, _ in seen.elements}
    assert "".join(text for text, _ in seen.texts).strip()


def test_too_long_a_text_is_shown_plainly() -> None:
    """Above the limit a line says so, and the text is there to the letter."""
    html = to_html("*a* " * WHOLE_WEIGHT)
    assert html.startswith("<p><em>Shown as plain text: 800,000 characters")
    assert "*a* *a*" in html
    assert "<em>a" not in html


def test_pieces_of_a_long_answer_are_those_of_the_whole() -> None:
    """Rendered step by step a long answer says the same."""
    answer = "## Part\n\nWords and `code`.\n\n- a\n- b\n\n```py\nx = 1\n```\n\n" * 400
    pieces = list(render_pieces(answer))
    assert len(pieces) == 1_600
    assert "".join(pieces) == to_html(answer)


def test_one_heavy_piece_does_not_make_the_others_plain() -> None:
    """Only the piece that is too much is shown as plain text."""
    pieces = list(render_pieces("*a*\n\n" + "[" * PIECE_WEIGHT + "\n\n*b*"))
    assert pieces[0] == "<p><em>a</em></p>\n"
    assert "plain text" in pieces[1]
    assert pieces[2] == "<p><em>b</em></p>\n"
