"""Code taken out of answers as models write them, and a word on whether it could run."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from cromicle_magic.errors import SettingError
from cromicle_magic.extraction import extract, take
from cromicle_magic.languages import flaw

PY = "```python\nx = 1\n```\n"
MIXED = f"First:\n```bash\npip install a\n```\nThen:\n{PY}and\n~~~~json\n{{}}\n~~~~\n"


@pytest.mark.parametrize(
    ("text", "want", "code"),
    [
        (MIXED, "", "pip install a"),
        (MIXED, "python", "x = 1"),
        (MIXED, "PY", "x = 1"),
        (MIXED, "sh", "pip install a"),
        (MIXED, "json", "{}"),
        (MIXED, "2", "x = 1"),
        (MIXED, "-1", "{}"),
        ("```python\nx = 1", "", "x = 1"),
        ("- so:\n\n  ```py title=a.py\n  if x:\n      y\n  ```\n", "python", "if x:\n    y"),
        ("> ```\n> x\n> ```\n", "", "x"),
        ("1. a\n   ~~~\n   x\n   ```\n   ~~~\n", "1", "x\n```"),
        ("````\n```\nx\n```\n````", "", "```\nx\n```"),
        ("```{python}\nx\n```", "python", "x"),
        ("```python:a/b.py\nx\n```", "python", "x"),
        ("```C++\nint x;\n```", "cpp", "int x;"),
        ("```\n\n  x\n\n```", "", "\n  x\n"),
        ("``` \r\nx\r\n```\r\n", "", "x"),
        ("```python\n```", "", ""),
        ("Indented:\n\n    x = 1\n    y\n\nSo.", "", "x = 1\ny"),
        ("Look:\n```\nimport a\n```\n", "python", "import a"),
        ("Look:\n```\nhello there\n```\n```\nimport a\n```\n", "python", "import a"),
        ("import a\nprint(a)\n", "python", "import a\nprint(a)"),
        ("%time await a()\n!ls\n", "python", "%time await a()\n!ls"),
    ],
)
def test_code_is_taken_out(text: str, want: str, code: str) -> None:
    """By its language, by any of its names, by its number, or the first."""
    assert extract(text, want) == code


NESTED = """Here is the file:

```markdown
# Title

```python
x = 1
```

and

```sh
ls
```
```

That's all.
"""


def test_a_nested_fence_of_the_same_length_stays_inside() -> None:
    """A block of Markdown ends where its own fence does; inner blocks count behind it."""
    whole = take(NESTED, "markdown")
    assert whole.text.startswith("# Title\n")
    assert whole.text.endswith("```sh\nls\n```")
    assert (extract(NESTED, "python"), extract(NESTED, "sh"), whole.blocks) == ("x = 1", "ls", 3)
    still_open = NESTED.removesuffix("```\n\nThat's all.\n")
    assert extract(still_open, "md").startswith("# Title\n")
    assert extract(still_open, "sh") == "ls"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ("\n42\n", "42"),
        ('As in [1], it is {"a": [1, {"b": "}"}]} or {"c": 1}.', '{"a": [1, {"b": "}"}]}'),
        ('{not json} but [1, 2,\n 3], you see {"', "[1, 2,\n 3]"),
        ('```\n{"a": 1}\n```', '{"a": 1}'),
        ("```python\nx = {1: 2}\n```\nthat is {}", "{}"),
        ("```json\n{oops}\n```\n[1]", "{oops}"),
    ],
)
def test_json_is_found_without_a_fence(text: str, code: str) -> None:
    """A block that says it is JSON comes first; of those in prose, the longest."""
    assert extract(text, "json") == code


@pytest.mark.parametrize(
    ("text", "want", "says"),
    [
        (PY, "r", r"has no r block; it has 1 block: python\. Choose by"),
        (MIXED, "4", r"has no block 4; it has 3 blocks: bash, python, json\."),
        (MIXED, "0", "has no block 0; it has 3 blocks"),
        (MIXED, "-4", "has no block -4"),
        ("Yes.", "", 'no code: nothing in it is fenced; it begins "Yes."'),
        ("Yes", "python", "has no python block: nothing in it is fenced"),
        ("Maybe, so", "python", "has no python block"),
        ("No {json} here [", "json", "has no json block"),
        (" \n", "", "no code: it is empty"),
        ("```a\x1b\nx\n```", "b\x1b", "no b␛ block; it has 1 block: a␛"),
    ],
)
def test_what_is_missing_is_told_with_what_is_there(text: str, want: str, says: str) -> None:
    """One sentence, with nothing in it that acts."""
    with pytest.raises(SettingError, match=says):
        take(text, want)


def test_where_it_was_is_told() -> None:
    """For the footer."""
    assert take(MIXED, "python").note == "took block 2 of 3 (python)"
    assert take("```\nx\n```").note == "took block 1 of 1"
    assert take("so [1]", "json").note == "took the json in the text"


@pytest.mark.parametrize(
    ("text", "language", "says"),
    [
        ("x = 1", "python", ""),
        ("%%bash\nls |", "py", ""),
        ("%time x\n!ls {x}\nx?\nfiles = !ls\n%matplotlib inline", "python", ""),
        ("await x\nasync with y: pass", "python", ""),
        ("'\\d' is 1", "python", ""),
        ("x = 1\ny = (", "python", "It isn't valid Python: line 2: '(' was never closed."),
        ("def f():\nreturn", "python", "It isn't valid Python: line 2: expected an indented block"),
        ("x = '\0'", "python", "It isn't valid Python: "),
        ("(" * 500 + ")" * 500, "python", "It isn't valid Python: "),
        ('{"a": 1}', "json", ""),
        ('{"a": 1,\n}', "json", "It isn't valid JSON: line "),
        ("[" * 200_000, "json", "It isn't valid JSON: "),
        ("int x", "c", ""),
    ],
)
def test_a_flaw_is_told_in_one_sentence(text: str, language: str, says: str) -> None:
    """Python as IPython reads it, and JSON; nothing is run, and of other languages nothing said."""
    found = flaw(text, language)
    assert found.startswith(says)
    assert bool(found) is bool(says)


@pytest.mark.parametrize("piece", ["[", "{", '["', "```\n", "```md\n```a\n", "    x\n\n", '{"a":'])
def test_a_long_answer_takes_no_long(piece: str) -> None:
    """Whatever it repeats."""
    start = time.process_time()
    for want in ("", "json", "python", "3"):
        with suppress(SettingError):
            extract(piece * (60_000 // len(piece)), want)
    assert time.process_time() - start < 5


def test_fences_within_fences_cost_their_length() -> None:
    """However many open with a blank behind their marks."""
    text = "``` md\n" * 4_000
    began = time.process_time()
    with suppress(SettingError):
        extract(text, "code")
    assert time.process_time() - began < 2  # 0.1 s, or a minute if each looked to the end
