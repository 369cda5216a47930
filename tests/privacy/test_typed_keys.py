"""Keys on the magic line: refused with advice before anything is sent, and never repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import IPython
import pytest
from support.kernels import kernel
from support.peers import Peer, peer, whole

from cromicle_magic.errors import SettingError
from cromicle_magic.line.commandline import read_command, read_line
from cromicle_magic.options import OPTIONS
from cromicle_magic.privacy.typed_keys import showable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.kernels import Kernel

KEY = "sk-proj-0123456789abcdefghij"
VALUE = "hush4711"
HIDDEN = "*" * 8
SECRETS = {"MY_TOKEN": VALUE}
STAYS = "it stays in the notebook and in IPython's history, so remove it there; a key goes into "
VALUED = [row for row in OPTIONS if row.is_option and row.metavar and not row.is_pair]

LINES = [
    *(f"{row.flag} {KEY}" for row in VALUED),
    *(f"{row.flag}={VALUE}" for row in VALUED),
    *(f"{row.short} '{KEY}'" for row in VALUED if row.short),
    f"-s 'my key is {KEY}, use it'",
    f"--system 'Authorization: Bearer {KEY}'",
    f"--param x {KEY}",
    f"--param {KEY} x",
    f"--param user={VALUE} 1",
    f'--param extra_headers \'{{"Authorization": "Bearer {KEY}"}}\'',
    f"--param=x {VALUE}",
    f'--param extra_body \'{{"a": [{{"api_key": "my{VALUE}"}}], "b": 1}}\'',
    "--param token 471147114711",
    *(
        f"--param {name} {VALUE}s-own"
        for name in ("api_key", "apikey", "API-KEY", "token", "auth_token", "Authorization")
    ),
    *(f"--param {name} my{VALUE}" for name in ("password", "key", "secret", "client_secret")),
    *(f"{option} me:{VALUE}@h.invalid" for option in ("--url", "--proxy", "-e")),
    *(f"{option} http://me:{VALUE}@h.invalid" for option in ("--url", "--proxy", "-e")),
    f"--url https://{KEY}@h.invalid/v1",
    f"--{KEY}",
    f"--{VALUE}={KEY}",
    f"--token={KEY}",
    f"--raw={KEY}",
    f"--bg=http://me:{VALUE}@h.invalid",
]
KIN = ["--token", "--api-key", "--key", "--password"]
COMMANDS = [
    f"login {KEY}",
    f"login {VALUE}",
    f"use http://me:{VALUE}@h.invalid",
    f"use {KEY}",
    f"models {KEY}",
    f"logout https://{KEY}@h.invalid",
]
# Next to these, and nobody's keys.
PLAIN = [
    "--param max_tokens 500 --param logprobs true --param stop '[\"token\"]'",
    '--param auth true --param token null --param x \'{"key": {"n": false}}\'',
    "--param eos_token '</s>' --param prompt_cache_key a-notebook --param keep_alive 5m",
    "--url http://127.0.0.1:8080/v1 --proxy http://h.invalid:3128",
    "-s 'Password: ask me@h.invalid for the key' -m gpt-oss:20b -e package.module:Class",
]


@pytest.mark.parametrize("line", LINES)
def test_a_key_in_an_option_is_refused_and_not_repeated(line: str) -> None:
    """In any option's value, by its form, by its name, or by being a known secret."""
    with pytest.raises(SettingError) as caught:
        read_line(f"{line} Why is the sky blue?", SECRETS)
    assert STAYS in str(caught.value)
    assert KEY not in str(caught.value)
    assert VALUE not in str(caught.value)


def test_a_password_in_an_option_is_refused_and_not_repeated() -> None:
    """However plain the word is, and without a scheme before it."""
    with pytest.raises(SettingError, match=r"^--proxy holds a password\.") as caught:
        read_line("--proxy me:hush@h.invalid Why?")
    assert STAYS in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("option", KIN)
def test_an_option_that_would_take_a_key_is_told_where_it_goes(option: str) -> None:
    """Whatever follows it, in one word or two."""
    for line in (f"{option} {VALUE}", f"{option}={VALUE}"):
        with pytest.raises(SettingError, match=f"^There is no option {option}") as caught:
            read_line(line)
        assert STAYS in str(caught.value)
        assert VALUE not in str(caught.value)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_key_behind_a_command_is_refused(line: str) -> None:
    """Whoever takes login's word for one to put the key behind is told better."""
    with pytest.raises(SettingError) as caught:
        read_command(line, SECRETS)
    assert STAYS in str(caught.value)
    assert KEY not in str(caught.value)
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize("line", PLAIN)
def test_what_is_no_key_is_taken(line: str) -> None:
    """Names, numbers and addresses of engines."""
    options, prompt = read_line(f"{line} Why?", SECRETS)
    assert options
    assert prompt == "Why?"


@pytest.mark.parametrize("prompt", [f"-- -m {KEY}", f"what is {VALUE}?", f"http://me:{KEY}@h"])
def test_a_prompt_is_no_option(prompt: str) -> None:
    """It goes through as typed; what is in it the outgoing guard looks at."""
    assert read_line(prompt, SECRETS)[1] == prompt.removeprefix("-- ")


def test_what_is_shown_of_a_value_holds_no_key_at_any_depth() -> None:
    """A name says so, in a mapping or in a list; a schema's mapping of that name is none."""
    schema = {"properties": {"token": {"type": "string"}}, "required": ["token"]}
    value = {"a": [{"api_key": VALUE}], "auth": [VALUE, 4711], "key": None, "schema": schema}
    shown = {"a": [{"api_key": HIDDEN}], "auth": [HIDDEN, HIDDEN], "key": None, "schema": schema}
    assert showable("extra", value) == shown
    assert showable("secret", VALUE) == HIDDEN
    assert showable("odd", {(1, 2): (3,)}) == {(1, 2): [3]}


@pytest.fixture(scope="module")
def verbose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel that shows tracebacks with the values of all variables."""
    with kernel(tmp_path_factory.mktemp("kernel"), MY_TOKEN=VALUE) as running:
        running.run("%xmode Verbose")
        yield running


@pytest.fixture
def server() -> Iterator[Peer]:
    """A server that would take anything."""
    with peer(whole("said")) as running:
        yield running


@pytest.mark.parametrize(
    "cell",
    [
        "%%cromicle --url {url} --param api_key 1{value}\nHi",
        "%%cromicle --url {url} -s {key}\nHi",
        "%%cromicle --url {url} -m {value}\nHi",
        "%%cromicle --url {url} {key}\nHi",
        "%%cromicle --url {url} --{key}\nHi",
        "%cromicle --url {url} --timeout {key} Hi",
        "%cromicle use {key}",
        "%cromicle login 1{value}",
        "%%time\n%%cromicle --url {url} -s {key}\nHi",
        "def f(line): get_ipython().run_line_magic('cromicle', line)\nf('--url {url} -s {key} Hi')",
    ],
)
def test_neither_the_sentence_nor_a_traceback_repeats_it(
    verbose: Kernel, server: Peer, tmp_path: Path, cell: str
) -> None:
    """Nor %xmode Verbose, nor %tb; and the server has seen nothing."""
    run = verbose.run(cell.format(url=server.url, key=KEY, value=VALUE))
    again = verbose.run("%tb")
    # The %%time of earlier releases shows an error, and lets the cell pass.
    assert run.status == "error" or (cell.startswith("%%time") and IPython.version_info < (9,))
    assert run.stderr.startswith("UsageError: ")
    assert run.stderr.count("\n") == 1
    told = [m["content"] for each in (run, again) for m in each.messages]
    shown = str([content for content in told if "code" not in content])
    assert KEY not in shown
    assert VALUE not in shown
    assert server.visits == []
