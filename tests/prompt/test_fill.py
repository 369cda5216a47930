"""Values put into a prompt: where they are asked for, and nowhere else, byte for byte."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from corpus.prompts import prompts
from hypothesis import given
from hypothesis import strategies as st

from cromicle_magic.errors import SettingError
from cromicle_magic.prompt.fill import fill

OTHERS, OURS = prompts(ours=False), prompts(ours=True)


class Tempting(str):
    """A value that takes part in whatever is tried with it."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Tempting:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, at: Any) -> Tempting:
        return self

    def __call__(self, *_: Any, **__: Any) -> Tempting:  # noqa: D102 - see the class
        return self

    __or__ = __ror__ = __and__ = __lt__ = __gt__ = __call__  # type: ignore[assignment]


NAMES = """
    T a align b c color cookiecutter currency d data default e else_ end f foo github i id include
    input item items j join key list map n name page part props put_ quote range secrets style this
    title type upper url user value width x y
"""


def tempting() -> dict[str, object]:
    """Give a namespace in which nearly every name of the corpus exists."""
    return dict.fromkeys(NAMES.split(), Tempting("TEMPTED"))


def test_the_corpus_is_large_and_double_braces_abound() -> None:
    """Else the tests below would say little."""
    assert len(OTHERS) >= 60
    assert sum("{{" in text for text in OTHERS.values()) >= 60


@pytest.mark.parametrize("name", OTHERS | OURS)
def test_a_prompt_arrives_as_typed_where_no_name_is_known(name: str) -> None:
    """Of any language; nor does Python warn about code that is no Python."""
    text = (OTHERS | OURS)[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fill(text, {}).text == text


@pytest.mark.parametrize("name", OTHERS)
def test_a_prompt_of_another_language_arrives_as_typed_whatever_is_known(name: str) -> None:
    """Though all of its names exist, take any operator and can be called."""
    assert fill(OTHERS[name], tempting()).text == OTHERS[name]


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_asked_for_is_put_in_beside_it(name: str) -> None:
    """As what is in a fence says nothing about the words around it."""
    template = OTHERS[name]
    prompt = f"Look at {{{{ thing }}}}:\n`````\n{template}\n`````\n"
    filled = fill(prompt, tempting() | {"thing": "this"})
    assert filled.text.startswith("Look at this:\n`````\n")
    assert template in filled.text


@pytest.mark.parametrize("name", OURS)
def test_what_looks_like_ours_is_ours_where_it_can_be(name: str) -> None:
    """There is nothing to tell it by."""
    assert "TEMPTED" in fill(OURS[name], tempting()).text


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("{{ x }}", "1"),
        ("{{x}}", "1"),
        ("n={{x}}, ({{ x }}) \"{{ x }}\" '{{x}}'", "n=1, (1) \"1\" '1'"),
        ("{{ x + 1 }} {{ 1 + 1 }} {{\tx\n}}", "2 2 1"),
        ("{{ {'a': {'b': x}} }}", "{'a': {'b': 1}}"),
        ("{{ f'{x:03}' }} {{ [y for y in range(x)] }}", "001 [0]"),
        ("{{ (x, x) }} {{ (x | 2) }}", "(1, 1) 3"),
        ('{"n": {{ x }}}', '{"n": 1}'),
        ("{{ a }}_{{ x }}.csv", "{{ x }}_1.csv"),
        ("<p class={x}>{{ x }}</p>", "<p class={x}>1</p>"),
        ("costs $5: {{ x }} of $6", "costs $5: 1 of $6"),
        ("#{{ x }} is 10%{{ x }}", "#1 is 10%1"),
        ("{x} {{ x }} {{{x}}} {{{ x }}}", "{x} 1 {{{x}}} {{{ x }}}"),
        ("the key 'f' and {{ x }} and 'g'", "the key 'f' and 1 and 'g'"),
        ("{{ d['}}'] }}", "two"),
    ],
)
def test_an_expression_is_replaced_by_its_value(prompt: str, sent: str) -> None:
    """With any blanks inside, of any form that is one expression."""
    assert fill(prompt, {"x": 1, "a": "{{ x }}", "d": {"}}": "two"}}).text == sent


def test_each_expression_is_evaluated_once() -> None:
    """However often it stands there, and in order; what it gives is not looked through."""
    seen: list[str] = []

    def see(word: str) -> str:
        seen.append(word)
        return "{{ see('again') }}"

    filled = fill("{{ see('a') }} {{see('a')}} {{ see('b') }}", {"see": see})
    assert filled.text == " ".join(["{{ see('again') }}"] * 3)
    assert seen == ["a", "b"]
    assert [put.source for put in filled.put_in] == ["see('a')", "see('b')"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("nope", "there is no variable nope"),
        ("x + nope", "there is no variable nope"),
        ("1 / x", "ZeroDivisionError: division by zero"),
        ("x.nope", "AttributeError: 'int' object has no attribute 'nope'"),
        ("x +", "it isn't a Python expression"),
        ("await x", "it isn't a Python expression"),
        ("print", "there is no variable print"),
        ("worst()", "Worst"),
    ],
)
def test_what_fails_is_left_as_typed_and_named(source: str, why: str) -> None:
    """The rest is put in all the same; asked to be strict, it is an error."""

    class Worst(Exception):  # noqa: N818
        def __str__(self) -> str:
            raise ValueError

    def worst() -> None:
        raise Worst

    namespace = {"x": 0, "worst": worst}
    filled = fill(f"{{{{ {source} }}}} and {{{{ x }}}}", namespace)
    assert filled.text == f"{{{{ {source} }}}} and 0"
    assert [(left.source, left.why) for left in filled.left] == [(source, why)]
    assert filled.notes == [
        "put in: x (int)",
        f"left as typed: {{{{ {source} }}}} ({why})",
    ]
    with pytest.raises(SettingError, match=r"can't be put in; correct it, or .* --raw"):
        fill(f"{{{{ {source} }}}}", namespace, strict=True)


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("{% if x %}{{ x }}{% endif %}", "a template is around it"),
        ("${{ x }}", "$ stands before it"),
        (r"\frac{{x}}{2}", "it has no blanks inside"),
        ("f'{{ x }}'", "a string that is formatted is around it"),
        ("<a b={{ x }}>", "it is an attribute's value"),
        ("{{ x | x }}", "its | is a filter's; put parentheses around it"),
    ],
)
def test_what_was_perhaps_meant_for_us_is_named_and_no_error(prompt: str, why: str) -> None:
    """Since its names exist; where they don't, there is nothing to say."""
    filled = fill(prompt, {"x": 1}, strict=True)
    assert (filled.text, [left.why for left in filled.left]) == (prompt, [why])
    assert fill(prompt, {}, strict=True).notes == []


def test_a_template_in_a_fence_stays_and_the_words_around_are_filled() -> None:
    """And the other way round."""
    template = "```\n{% for x in y %}{{ x }}{% endfor %}\n```\n"
    assert fill(f"{{{{ x }}}}\n{template}{{{{ x }}}}", {"x": 1}).text == f"1\n{template}1"
    words = "a {% tag %} {{ x }}\n~~~\n{{ x }}\n~~~\n"
    assert fill(words, {"x": 1}).text == "a {% tag %} {{ x }}\n~~~\n1\n~~~\n"


def test_the_notes_are_short() -> None:
    """Three are named, with long expressions cut; controls are pictures."""
    names = {f"x{n}": "\x1b" for n in range(5)}
    prompt = " ".join(f"{{{{ {name} + '{'y' * 50}' }}}}" for name in names) + "{{ no\x1b }}"
    put_in, left = fill(prompt, dict(names)).notes
    assert put_in.endswith("and 2 more")
    assert len(put_in) < 250
    assert "␛" in left


@given(st.text(alphabet="{}x %#.$\\f\"'`~\n1+|=<>^_", max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever the braces; and without names there is nothing to change but sums of numbers."""
    filled = fill(text, {})
    assert filled.put_in or filled.text == text


def test_a_long_text_of_braces_takes_no_long() -> None:
    """No more than a few looks at each pair."""
    import time  # noqa: PLC0415

    for piece in (
        "{{ ",
        "{{ x ",
        "}} ",
        "{{ (",
        "f'{{ x",
        "{%",
        "<a b={{",
        "$",
        "{{x}}$",
        "{{x}} ",
        "f'' {{ x }}",
    ):
        start = time.process_time()
        fill(piece * (100_000 // len(piece)), {"x": 1})
        assert time.process_time() - start < 5, piece
