"""Texts for property tests: Markdown made of the lines that matter to it."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["HOSTILE", "chunked", "hostile_texts", "markdown_texts"]

LINES = (
    *("para", "- a", "* b", "+ c", "1. one", "2. two", "10. ten", "1) p", "-", "1.", "  - nested"),
    *("   cont", "    code", "\tcode", "```", "```python", "   ```", "  ```", "~~~", "~~~~", "> q"),
    *(
        "> - q",
        "> ```",
        ">",
        "| a | b |",
        "|---|---|",
        "# head",
        "---",
        "===",
        "* * *",
        "$$",
        "$$ x",
    ),
    *(
        "x $$",
        "\\[",
        "\\]",
        "$$x$$",
        "   \\[",
        "",
        "",
        "",
        "",
        "  ",
        "<div>",
        "-   wide",
        "-     code",
    ),
    *("-\ttab", "a\\", "````", "``` a`b", "- [ ] t", "- ```", "1. $$", "   $$", "a | b", "--|--"),
)
HOSTILE = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![a](https://evil.example/x)"),
    *(
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "[](https://evil.example)",
        "<a href=x>",
    ),
    *(
        "```html onload=x\n<script>\n```\n",
        "```mermaid\ngraph\n```\n",
        "`$`",
        "$x$",
        "$",
        "$$",
        "\\(",
    ),
    *(
        "\\[",
        "\\]",
        "\\)",
        "$\\href{javascript:a}{b}$",
        "$\\mmlToken{mglyph}[src='//e.example']{}$",
    ),
    *(
        "| a |\n|---|\n| <b> |\n",
        "&lt;b&gt;",
        "&#x202e;",
        "\x1b[31m",
        "\u202e",
        "\ud800",
        "\x00",
        "\r",
    ),
    *(
        "- [x] ",
        "> ",
        "**",
        "_",
        "~~",
        "https://e.example/?a=<b>\"'",
        "\n\n",
        " ",
        "a",
        "<style>*{}",
    ),
    *(
        '" onclick="x',
        "' x='",
        "--><b>",
        "]]>",
        "<!--",
        "[a]: //evil.example\n\n",
        "[a]",
        "//evil.example",
    ),
)


def markdown_texts() -> st.SearchStrategy[str]:
    """Texts of lines that open, close and continue every kind of block."""
    ends = st.sampled_from(("\n", "\n", "\n", "\r\n", "\r", ""))
    lines = st.lists(st.sampled_from(LINES), max_size=14)
    return st.tuples(lines, ends, ends).map(
        lambda parts: (parts[1] or "\n").join(parts[0]) + parts[2]
    )


def hostile_texts() -> st.SearchStrategy[str]:
    """Texts of what attackers write, in any order and half cut off."""
    return st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=4)), max_size=12).map(
        "".join
    )


def chunked(text: str, sizes: list[int]) -> list[str]:
    """Cut a text into chunks of the sizes given, again and again."""
    chunks = []
    while text:
        for size in sizes:
            chunks.append(text[:size])
            text = text[size:]
    return chunks
