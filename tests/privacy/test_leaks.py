"""Keys found in texts: each form, the values of secrets, and nothing else; in linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cromicle_magic.privacy.leaks import find, labels, mask, secret_values

A, D = "abcdefghijklmnopqrst", "0123456789"
KEYS = {
    "Anthropic key": [f"sk-ant-api03-{A}-{D}"],
    "API key": [f"sk-{A}{D}", f"sk-proj-{D}_{A}", f"sk-or-v1-{D}{A}"],
    "Stripe key": [f"sk_live_{A}", f"rk_live_{A}"],
    "Groq key": [f"gsk_{A}{D}"],
    "xAI key": [f"xai-{A}{D}"],
    "NVIDIA key": [f"nvapi-{A}{D}"],
    "Hugging Face token": [f"hf_{A}"],
    "GitHub token": [f"ghp_{A}{D}", f"gho_{A}{D}", f"github_pat_{D}_{A}"],
    "GitLab token": [f"glpat-{A}"],
    "PyPI token": [f"pypi-AgEIcHlwaS5vcmc{A}{A}"],
    "AWS key": [f"AKIA{D}ABCDEF", f"ASIA{D}ABCDEF"],
    "Google key": [f"AIza{A}{D}-_abc"],
    "Slack token": [f"xoxb-{D}-{A}", f"xoxp-{D}-{A}"],
    "bearer token": [f"{A}{D}==", f"{D}.{A}/+~"],
    "JSON web token": [f"eyJ{A}.eyJ{A}.{A}_-", f"eyJ{A}.{A}"],
    "private key": [
        f"-----BEGIN {kind}PRIVATE KEY-----\n{A}+/\n{D}==\n-----END {kind}PRIVATE KEY-----"
        for kind in ("", "RSA ", "OPENSSH ", "ENCRYPTED ")
    ],
    "password in an address": ["hunter2", "p%40ss:w"],
}
AROUND = {"bearer token": "Authorization: Bearer {}", "password in an address": "db://me:{}@h:1/x"}
# What prompts are made of.
PLAIN = [
    "def key(token): return {'api_key': token, 'max_tokens': 500}",
    "task-oriented-dialogue-systems-of-2023 and risk-averse-investors-in-1929",
    "sk-learn-like-names-with-no-number-in-them; --disk-size-limit-of-1000000-bytes",
    "the sha256 d40e8531b8d2ef44d40e8531b8d2ef44d40e8531b8d2ef44d40e8531b8d2ef44 of it",
    "https://h.invalid:8080/v1?q=a@b, me@h.invalid, http://127.0.0.1:11434/v1",
    "postgres://user:password@h/db, postgres://user:$PASSWORD@h/db, redis://:{pw}@h, x://u:xxx@h",
    "Bearer of bad news-that-is-rather-long-and-winding; a bearer token is sent",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
    "eyJ is how base64 of a JSON object begins; AKIA and AIza too. hf_model_name_of_mine xoxo",
    "c2stYWJjZGVmZ2hpamtsbW5vcA== 550e8400-e29b-41d4-a716-446655440000 中文 \ud800",
]
SECRETS = {"MY_TOKEN": "qwertz-4711", "OTHER_KEY": "x/y+z==12345", "TINY": "abc"}


@pytest.mark.parametrize(("label", "key"), [(name, key) for name in KEYS for key in KEYS[name]])
def test_each_form_is_found_and_nothing_around_it(label: str, key: str) -> None:
    """At the beginning, in the middle, in quotes and at the end of a text."""
    written = AROUND.get(label, "{}").format(key)
    for text in (written, f"key = '{written}'\n", f"({written}), please"):
        (leak,) = find(text)
        assert (text[leak.start : leak.end], leak.label) == (key, label)
        assert mask(text) == text.replace(key, f"[{label}]")


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_key_stays(text: str) -> None:
    """Code, names, hashes and examples are as they were."""
    assert find(text, SECRETS) == []
    assert mask(text, SECRETS) == text


def test_a_value_is_found_wherever_it_stands() -> None:
    """Within other words too, as often as it is there, and labelled by its name alone."""
    text = f"a{SECRETS['MY_TOKEN']}b {SECRETS['OTHER_KEY']}{SECRETS['MY_TOKEN']} abc"
    assert mask(text, SECRETS) == "a[MY_TOKEN]b [OTHER_KEY][MY_TOKEN] abc"
    assert labels(find(text, SECRETS)) == ["MY_TOKEN", "OTHER_KEY"]


def test_a_value_that_has_a_form_goes_by_its_name() -> None:
    """The reader knows the variable; also where only a part of the form is its value."""
    key = f"sk-{A}{D}"
    assert mask(f"x {key} y", {"OPENAI_API_KEY": key}) == "x [OPENAI_API_KEY] y"
    assert mask(f"x {key} y", {"PART": key[5:20]}) == "x [PART] y"
    assert mask(f"x {key}-more y", {"PART": key}) == "x [PART] y"


def test_only_secrets_are_looked_for() -> None:
    """By the name of the variable, and by a value that is no word, number, path or address."""
    secret = {
        "OPENAI_API_KEY": "anything-1",
        "db_password": "correct horse battery",
        "AWS_SECRET": "aB3/xyz+12",
        "MY_TOKEN": "  padded-value\n",
        "CREDENTIALS": '{"a": "b-c-d"}',
        "PASSWD_URL": "db://me:hunter2@h",
    }
    plain = {
        "PATH": "anything-1",
        "API_KEY": "short12",
        "TOKEN_KIND": "personal",
        "KEYBOARD": "QWERTZUI",
        "MAX_TOKENS": "100000000",
        "KEY_FILE": "/home/me/.ssh/id_1",
        "HOME_KEY": "~/key-1.pem",
        "WINDOWS_KEY": "C:\\Users\\me\\key-1",
        "TOKEN_URL": "https://h.invalid/token-1",
    }
    found = secret_values(secret | plain)
    assert found == {name: value.strip() for name, value in secret.items()}


ADVERSARIAL = {
    "one long run": "sk-" * 350_000,
    "runs too short": "sk-a1 " * 170_000,
    "no digit": "sk-" + "a" * 1_000_000,
    "no digit, again and again": ("sk-" + "a" * 150 + " ") * 6_000,
    "tokens without a dot": "eyJ" * 350_000,
    "tokens with one": ("eyJ" + "a" * 20 + ".") * 40_000,
    "bearers": "Bearer " * 150_000,
    "bearers of blanks": "Bearer" + " " * 1_000_000,
    "bearer dots": "Bearer " + "." * 1_000_000,
    "addresses": "://" * 350_000,
    "addresses with a colon": "://a:" * 200_000,
    "colons": "://" + ":" * 1_000_000,
    "begins": "-----BEGIN PRIVATE KEY-----" * 40_000,
    "dashes": "-" * 1_000_000,
    "words": "-----BEGIN " + "A " * 500_000,
    "bodies": ("-----BEGIN RSA PRIVATE KEY-----" + "a" * 20_000) * 50,
    "github": "ghp_" * 250_000,
    "values": "qwertz-471" * 100_000,
    "more values": "qwertz-4711" * 90_000,
    "prose": "The key to a good token is secret. " * 30_000,
    "nothing": "a" * 1_000_000,
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_a_megabyte_takes_no_time(name: str) -> None:
    """Less than a second of the processor, however a text was made to be slow."""
    began_s = time.process_time()
    mask(ADVERSARIAL[name], SECRETS)
    assert time.process_time() - began_s < 1


@given(st.lists(st.sampled_from([*PLAIN, *SECRETS.values(), *KEYS["API key"], " ", "-", "sk-"])))
def test_keys_come_in_order_and_none_is_left(parts: list[str]) -> None:
    """Whatever stands side by side, no two overlap, and a masked text holds no value."""
    text = "".join(parts)
    leaks = find(text, SECRETS)
    bounds = [at for leak in leaks for at in (leak.start, leak.end)]
    assert bounds == sorted(bounds)
    for value in ("qwertz-4711", "x/y+z==12345"):
        assert value not in mask(text, SECRETS)
