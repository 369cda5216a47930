"""Who sets what, and in which order."""

from __future__ import annotations

import pytest

from cromicle_magic.discretion import Secret, public_address
from cromicle_magic.errors import SettingError
from cromicle_magic.options import OPTIONS, PORTS
from cromicle_magic.settings import resolve, settle

LINE, CONFIG, ENVIRONMENT = "http://line.invalid", "http://config.invalid", "http://env.invalid"


@pytest.mark.parametrize(
    ("line", "config", "environment", "url"),
    [
        (LINE, CONFIG, ENVIRONMENT, LINE),
        (None, CONFIG, ENVIRONMENT, CONFIG),
        (None, None, ENVIRONMENT, ENVIRONMENT),
        (None, None, "", None),
        (None, None, None, None),
    ],
)
def test_the_nearest_to_the_cell_wins(
    line: str | None, config: str | None, environment: str | None, url: str | None
) -> None:
    """The cell's line, then %config, then the environment, then the embedded server (None)."""
    variables = {} if environment is None else {"CROMICLE_URL": environment}
    assert resolve({"url": line}, {"url": config}, variables).url == url


def test_nothing_set_gives_the_defaults() -> None:
    """Without a word from anybody every row of the table has its default."""
    settings = resolve({}, {}, {})
    for option in OPTIONS:
        assert getattr(settings, option.name) == option.default


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "127.0.0.1:80"),
        ("url", "ftp://a.invalid"),
        ("url", "http://"),
        ("url", "http://a.invalid:99999"),
        ("url", "http://[::1"),
        ("url", "http://a b.invalid"),
        ("url", "http://a.invalid/?x"),
        ("url", "http://a.invalid/#x"),
        ("proxy", "socks5://a.invalid"),
        ("timeout", "0"),
        ("timeout", "-1"),
        ("timeout", "nan"),
        ("timeout", "inf"),
        ("timeout", "soon"),
        ("first_timeout", "0"),
        ("connect_timeout", "-1"),
        ("total_timeout", "inf"),
        ("retries", "3"),
        ("retries", "-1"),
        ("retries", "0.5"),
        ("temperature", "-0.1"),
        ("temperature", "nan"),
        ("temperature", "inf"),
        ("temperature", "hot"),
        ("max_tokens", "0"),
        ("max_tokens", "1.5"),
        ("max_tokens", "many"),
        ("context", "x"),
        ("context", "-1"),
        ("context", "1.5"),
        ("context", ""),
        ("extract", "0"),
        ("extract", "two words"),
        ("extract", "-"),
        ("budget", "-1"),
        ("budget", "some"),
        ("chat", "two words"),
        ("fork", "--new"),
        ("chat", ""),
        ("out", "a.b"),
        ("out", "class"),
        ("out", ""),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_its_origin(name: str, value: str) -> None:
    """The sentence says who set it, the value, and how to write it."""
    for sources, origin in (
        (({name: value}, {}), "--" + name.replace("_", "-")),
        (({}, {name: value}), f"%config CromicleMagics.{name}"),
    ):
        with pytest.raises(SettingError) as caught:
            resolve(*sources, {})
        shown = value.partition("?")[0].partition("#")[0]
        assert str(caught.value).startswith(f"{origin}: {shown!r} is no ")
        assert "write it like" in str(caught.value)


@pytest.mark.parametrize("key", ["sk-hush-0123456789-abcdef", "db://me:hush@[h"])
@pytest.mark.parametrize("name", ["url", "timeout", "retries", "guard", "ports", "budget", "param"])
def test_a_key_in_the_wrong_place_is_not_repeated(name: str, key: str) -> None:
    """By its form, or as a password; whoever mixes two settings up must not find it on show."""
    variables = {row.name: {row.environment: key} for row in OPTIONS if row.environment}
    for sources in (({}, {name: key}, {}), ({}, {}, variables.get(name, {"CROMICLE_PORTS": key}))):
        with pytest.raises(SettingError, match=r": '.*' is no ") as caught:
            resolve(*sources)
        assert "hush" not in str(caught.value)


@pytest.mark.parametrize("name", ["url", "timeout", "ports"])
def test_a_long_value_is_not_repeated_whole(name: str) -> None:
    """What is refused is told by its beginning."""
    with pytest.raises(SettingError, match=rf"^--{name}: '9{{79}}… is no ") as caught:
        resolve({name: "9" * 100_000})
    assert len(str(caught.value)) < 200


def test_a_key_that_a_long_value_is_cut_in_is_not_repeated_by_half() -> None:
    """What is left of it would no longer be known for one."""
    text = f"{'x' * 60} gsk_0123456789hush456789hush"
    for sources in (
        ({"timeout": text},),
        ({}, {"timeout": text}),
        ({}, {}, {"CROMICLE_PORTS": text}),
    ):
        with pytest.raises(SettingError, match="is no ") as caught:
            resolve(*sources)
        assert "gsk_" not in str(caught.value)


def test_a_context_is_a_number_or_a_word() -> None:
    """However it is written."""
    for text, value in (("3", "3"), (" All", "all"), ("vars", "vars"), ("none", "none")):
        assert resolve({"context": text}, {}, {}).context == value


def test_a_bad_variable_is_named() -> None:
    """An address in the environment is checked like any other, and its password is not shown."""
    with pytest.raises(SettingError, match=r"^CROMICLE_URL: 'b\.invalid' is no address"):
        resolve({}, {}, {"CROMICLE_URL": "me:key@b.invalid"})


def test_an_address_loses_only_the_slash_at_its_end() -> None:
    """With or without it, the same address is asked."""
    assert resolve({"url": "http://a.invalid/v1/"}, {}, {}).url == "http://a.invalid/v1"


def test_a_token_never_shows_itself() -> None:
    """Neither the settings nor a container of the token shows it; a request still gets it."""
    settings = resolve({}, {}, {"CROMICLE_TOKEN": "hush-hush"})
    assert settings.token == "hush-hush"
    assert "hush" not in repr(settings) + repr([settings.token]) + repr({"a": Secret("hush")})


def test_a_shown_address_holds_no_key() -> None:
    """User, password, query and fragment may be keys."""
    assert public_address("https://u:p@h.invalid:8/a?key=1#k") == "https://h.invalid:8/a"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://127.0.0.1:8377", "mine"),
        ("http://localhost", "mine"),
        ("http://[::1]:1", "mine"),
        ("http://far.invalid", "abc"),
        ("http://127.0.0.1.far.invalid", "abc"),
        ("http://127.0.0.1@far.invalid", "abc"),
    ],
)
def test_a_token_does_not_follow_an_address_from_elsewhere(url: str, sent: str) -> None:
    """A notebook may name an address, but only this machine then gets the reader's own token."""
    environment = {"CROMICLE_TOKEN": "mine"}
    assert resolve({"url": url}, {}, environment).token == sent
    assert resolve({}, {"url": url}, environment).token == sent
    assert resolve({}, {}, environment | {"CROMICLE_URL": url}).token == "mine"
    assert resolve({}, {"url": url, "token": "mine"}, {}).token == "mine"
    assert resolve(keywords={"url": url, "token": "mine"}, environment={}).token == "mine"


def test_an_address_with_a_password_never_shows_it() -> None:
    """Neither the settings' repr nor that of a container holds it; a request still gets it."""
    settings = resolve(
        {"url": "http://me:hush@h.invalid", "proxy": "http://me:hush@p.invalid"}, {}, {}
    )
    assert settings.url == "http://me:hush@h.invalid"
    assert "hush" not in repr(settings) + repr([settings.url, settings.proxy])


def test_python_callers_are_told_of_their_own_keywords() -> None:
    """Nobody who wrote timeout=-1 is told of an option --timeout."""
    with pytest.raises(SettingError, match=r"^timeout=: '-1' is no number"):
        resolve(keywords={"timeout": -1}, environment={})


def test_parameters_are_a_mapping() -> None:
    """As %config and Python give one; anything else gets a sentence with the way to write it."""
    params = {"top_k": 5, "stop": ["a"], "n": "5"}
    assert resolve(keywords={"param": params}, environment={}).param == params
    assert resolve({"param": {"seed": 1}}, {"param": params}, {}).param == {"seed": 1}
    for wrong in ("top_k", ["top_k"], {1: 2}):
        with pytest.raises(SettingError, match=r"%config CromicleMagics\.param: .* is no mapping"):
            resolve({}, {"param": wrong}, {})
    with pytest.raises(SettingError, match=r"^--param: 'top_k=5' is no name .*like top_k 5\.$"):
        resolve({"param": {"top_k=5": "why"}}, {}, {})


def test_who_answers_is_said_by_one_source() -> None:
    """An address further off does not join an engine that is named nearer, nor the other way."""
    far = {"url": CONFIG}
    settings = resolve({"engine": "ollama"}, far, {"CROMICLE_URL": ENVIRONMENT})
    assert (settings.engine, settings.url) == ("ollama", None)
    settings = resolve({"url": LINE}, {"engine": "ollama"}, {})
    assert (settings.engine, settings.url) == (None, LINE)
    settings = resolve({"engine": f"{LINE}/v1/"}, far, {})
    assert (settings.engine, settings.url) == (None, f"{LINE}/v1")


def test_what_is_used_stands_between_the_line_and_config() -> None:
    """As a whole: nothing of it holds in a cell that names another engine."""
    used = {"engine": "ollama", "model": "tiny"}
    config = {"engine": "vllm", "model": "large"}
    settings = resolve({}, config, {}, used=used)
    assert (settings.engine, settings.model) == ("ollama", "tiny")
    settings = resolve({"engine": "lmstudio"}, config, {}, used=used)
    assert (settings.engine, settings.model) == ("lmstudio", "large")


@pytest.mark.parametrize("name", ["engine", "url"])
def test_a_token_does_not_follow_what_is_used_either(name: str) -> None:
    """However an address is named, a token set further off goes to this machine only."""
    variables = {"CROMICLE_TOKEN": "mine"}
    assert resolve({name: "http://far.invalid"}, {}, variables).token == "abc"
    assert resolve({}, {}, variables, used={name: "http://far.invalid"}).token == "abc"
    assert resolve({}, {}, variables, used={name: "http://127.0.0.1"}).token == "mine"


def test_an_alias_is_a_model_by_another_name() -> None:
    """Wherever the model is named; what is no alias is a model."""
    config = {"aliases": {"fast": "tiny:1b"}}
    assert resolve({"model": "fast"}, config, {}).model == "tiny:1b"
    assert resolve({}, {**config, "model": "fast"}, {}).model == "tiny:1b"
    assert resolve({"model": "slow"}, config, {}).model == "slow"
    for wrong in ("fast", {"fast": 1}, ["fast"]):
        with pytest.raises(SettingError, match=r"aliases: .* is no mapping; write it like"):
            resolve({}, {"aliases": wrong}, {})


def test_ports_are_a_list_of_numbers() -> None:
    """From the environment, from %config, and from Python; none looks nowhere."""
    assert resolve({}, {}, {"CROMICLE_PORTS": "11434, 8001"}).ports == (11434, 8001)
    assert resolve({}, {"ports": (1, 2)}, {}).ports == (1, 2)
    assert resolve({}, {"ports": "none"}, {"CROMICLE_PORTS": "1"}).ports == ()
    assert resolve({}, {}, {}).ports == PORTS
    for wrong in ("some", "0", "99999", "11434.5.x", " "):
        with pytest.raises(SettingError, match="is no list of ports; write it like 11434"):
            resolve({}, {"ports": wrong}, {})


def test_each_setting_tells_where_it_came_from() -> None:
    """As the reader would write it."""
    found = settle(
        {"timeout": "5"},
        {"temperature": 0},
        {"CROMICLE_URL": "http://127.0.0.1"},
        used={"model": "tiny"},
    )
    assert {name: each.origin for name, each in found.items() if each.origin != "default"} == {
        "timeout": "--timeout",
        "temperature": "%config CromicleMagics.temperature",
        "url": "CROMICLE_URL",
        "model": "%cromicle use",
    }


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://far.invalid"])
def test_a_token_does_not_go_through_a_proxy_from_elsewhere(url: str) -> None:
    """Which could read it, unless the way to the address is encrypted."""
    proxy = {"proxy": "http://p.invalid"}
    variables = {"CROMICLE_TOKEN": "mine", "CROMICLE_URL": url}
    assert resolve(proxy, {}, variables).token == "abc"
    for safe in ("https://far.invalid", "HTTPS://far.invalid"):
        assert resolve(proxy, {}, {**variables, "CROMICLE_URL": safe}).token == "mine"
    assert resolve({}, {**proxy, "url": url, "token": "mine"}, {}).token == "mine"
