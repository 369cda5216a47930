"""Keys from files that others can't read, and keys that are kept for one origin."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cromicle_magic.errors import SettingError
from cromicle_magic.privacy import keys
from cromicle_magic.settings import resolve, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-0123456789-abcdefghij"
FAR = "https://h.invalid/v1"


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Let no key kept in one test be there in the next."""
    yield
    keys._kept.clear()


def written(folder: Path, data: bytes | str = KEY, mode: int = 0o600) -> str:
    """Write a file of a mode, and give its path."""
    path = folder / "a key"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_of_ones_own_holds_a_key(tmp_path: Path, mode: int) -> None:
    """The newline at its end is no part of the key, which never shows itself."""
    for end in ("", "\n", "\r\n", " \n\n"):
        key = keys.read_file(written(tmp_path, KEY + end))
        Path(tmp_path / "a key").chmod(mode)
        assert key == KEY
        assert KEY not in repr(key)
        Path(tmp_path / "a key").chmod(0o600)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o666, 0o601])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """One sentence, which ends with what to type, and holds no key."""
    path = written(tmp_path, mode=mode)
    with pytest.raises(SettingError) as caught:
        keys.read_file(path)
    says = f"\"{path}\" is open to others (mode {mode:04o}); close it with: chmod 600 '{path}'"
    assert str(caught.value) == says
    assert os.system(says.partition("with: ")[2]) == 0
    assert keys.read_file(path) == KEY


@pytest.mark.parametrize(
    "data", ["", "\n", f"{KEY}\n{KEY}", "a" * 20_000, b"\xff" * 20, "-----BEGIN\nx\n-----END\n"]
)
def test_what_is_no_key_is_refused(tmp_path: Path, data: bytes | str) -> None:
    """Empty, several lines, binary, or a wholly different file: one sentence without it."""
    path = written(tmp_path, data)
    with pytest.raises(SettingError, match=r"holds no key; write it there, one line and nothing"):
        keys.read_file(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """Nothing there, a folder, or a pipe, which would be waited for without end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path, says in (
        (tmp_path / "none", r"can't be read \(no such file or directory\); write the key into"),
        (tmp_path, r"can't be read \(is a directory\)"),
        (pipe, "is no file; name the one that holds the key"),
    ):
        with pytest.raises(SettingError, match=says):
            keys.read_file(str(path))


def test_to_refuse_a_folder_leaves_nothing_open(tmp_path: Path) -> None:
    """A cell that is asked again and again must not use up what a process may open."""
    before = {number.name for number in Path("/dev/fd").iterdir()}
    for _ in range(3):
        with pytest.raises(SettingError, match="directory"):
            keys.read_file(str(tmp_path))
    assert {number.name for number in Path("/dev/fd").iterdir()} <= before


@pytest.mark.parametrize(
    "key",
    [KEY, "hush-hush-hush", f"x/{KEY}", "c2Vj/cmV0+a2V5IQ==", "e30." + "x" * 300],
    ids=["known", "plain", "behind a slash", "with a slash", "too long for a name"],
)
def test_a_key_in_the_place_of_its_file_is_not_repeated(key: str) -> None:
    """Whoever mixes the two variables up must not find the key in the notebook."""
    with pytest.raises(SettingError) as caught:
        resolve({}, {}, {"CROMICLE_TOKEN_FILE": key})
    assert str(caught.value).startswith("CROMICLE_TOKEN_FILE: What should name the file of the key")
    assert key not in str(caught.value)


def test_the_file_is_read_anew_each_time(tmp_path: Path) -> None:
    """A key that was changed is the new one in the next cell."""
    variables = {"CROMICLE_TOKEN_FILE": written(tmp_path)}
    assert resolve({}, {}, variables).token == KEY
    written(tmp_path, "another")
    assert resolve({}, {}, variables).token == "another"


def test_the_nearer_of_token_and_file_counts(tmp_path: Path) -> None:
    """At the same place the token itself; a file that isn't needed isn't read."""
    file = written(tmp_path)
    assert resolve({}, {"token_file": file}, {"CROMICLE_TOKEN": "far"}).token == KEY
    assert resolve({}, {"token": "near"}, {"CROMICLE_TOKEN_FILE": "/none"}).token == "near"
    variables = {"CROMICLE_TOKEN": "both", "CROMICLE_TOKEN_FILE": "/none"}
    assert resolve({}, {}, variables).token == "both"
    found = settle({}, {"token_file": file}, {})["token"]
    assert found.origin == "%config CromicleMagics.token_file"
    assert KEY not in repr(found)
    assert resolve(keywords={"token_file": file}, environment={}).token == KEY


def test_the_key_of_a_file_does_not_follow_an_address_from_elsewhere(tmp_path: Path) -> None:
    """As a token: what is named nearer than the file gets it on this machine only."""
    variables = {"CROMICLE_TOKEN_FILE": written(tmp_path)}
    assert resolve({"url": FAR}, {}, variables).token == "abc"
    assert resolve({"url": FAR}, {}, {"CROMICLE_TOKEN_FILE": "/none"}).token == "abc"
    assert resolve({"url": "http://127.0.0.1:1"}, {}, variables).token == KEY
    assert resolve({}, {}, {**variables, "CROMICLE_URL": FAR}).token == KEY


@pytest.mark.parametrize(
    ("url", "is_same"),
    [
        ("https://h.invalid/v1", True),
        ("https://h.invalid:443/other?x=1", True),
        ("https://me:pw@H.INVALID", True),
        ("http://h.invalid/v1", False),
        ("https://h.invalid:444/v1", False),
        ("https://h.invalid.far.invalid/v1", False),
        ("https://h.invalid@far.invalid/v1", False),
        ("https://x.h.invalid/v1", False),
    ],
)
def test_a_kept_key_goes_to_its_own_origin_only(url: str, is_same: bool) -> None:
    """Whoever names the address: the line, %config, the environment, or Python."""
    keys.keep(FAR, KEY)
    expected = KEY if is_same else "abc"
    if "?" not in url:
        assert resolve({"url": url}, {}, {}).token == expected
        assert resolve({}, {"engine": url}, {"CROMICLE_TOKEN": "mine"}).token == expected
        assert resolve(keywords={"url": url}, environment={}).token == expected
    assert keys.kept_for(url) == (KEY if is_same else None)


def test_a_token_that_is_set_comes_before_one_that_is_kept() -> None:
    """Where the set one would be sent; what nobody set is told as such."""
    keys.keep(FAR, KEY)
    assert resolve({}, {"url": FAR, "token": "near"}, {}).token == "near"
    assert resolve({}, {}, {"CROMICLE_URL": FAR, "CROMICLE_TOKEN": "near"}).token == "near"
    assert settle({"url": FAR}, {}, {})["token"].origin == "%cromicle login"
    assert KEY not in repr(settle({"url": FAR}, {}, {})) + repr(keys.known())


def test_a_key_is_forgotten() -> None:
    """Once; another origin's stays."""
    keys.keep(FAR, KEY)
    keys.keep("http://127.0.0.1:1", "other")
    assert keys.forget(FAR)
    assert not keys.forget(FAR)
    assert keys.known() == {"http://127.0.0.1:1": "other"}
    assert resolve({"url": FAR}, {}, {}).token == "abc"


RING = """
from pathlib import Path
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, PasswordDeleteError

class Ring(KeyringBackend):
    priority = 5
    def path(self, service, name):
        if Path("locked").exists():
            raise KeyringError("locked")
        if Path("broken").exists():
            raise Exception("a kind of its own")
        return Path(f"{service} {name}".replace("/", "_"))
    def get_password(self, service, name):
        path = self.path(service, name)
        return path.read_text() if path.exists() else None
    def set_password(self, service, name, password):
        self.path(service, name).write_text(password)
    def delete_password(self, service, name):
        if Path("stuck").exists():
            raise PasswordDeleteError("stuck")
        self.path(service, name).unlink()
"""


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A keyring of the real library, which keeps its keys in a folder."""
    library = pytest.importorskip("keyring", reason="keyring is an extra")
    (tmp_path / "a_ring.py").write_text(RING)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = library.get_keyring()
    library.core.load_keyring("a_ring.Ring")
    library.set_keyring(library.core.load_keyring("a_ring.Ring"))
    yield tmp_path
    library.set_keyring(before)
    sys.modules.pop("a_ring")


def test_the_systems_keyring_keeps_a_key(ring: Path) -> None:
    """A process that begins later finds it there, until it is let go of."""
    assert keys.keep(FAR, KEY) == "the system's keyring"
    keys._kept.clear()  # as in another process
    assert resolve({"url": FAR}, {}, {}).token == KEY
    assert resolve({"url": "https://far.invalid"}, {}, {}).token == "abc"
    keys._kept.clear()
    assert keys.forget(FAR)
    assert resolve({"url": FAR}, {}, {}).token == "abc"
    assert [path.name for path in ring.iterdir() if "cromicle" in path.name] == []


@pytest.mark.parametrize("way", ["locked", "broken"])
def test_a_keyring_that_fails_is_done_without(ring: Path, way: str) -> None:
    """By an error of its library or by one of its own: the key is kept in memory."""
    keys.keep(FAR, KEY)
    (ring / way).touch()
    assert keys.keep("https://other.invalid", KEY) == "the memory of this process"
    assert resolve({"url": "https://other.invalid"}, {}, {}).token == KEY
    keys._kept.clear()
    assert resolve({"url": FAR}, {}, {}).token == "abc"


def test_what_the_keyring_does_not_let_go_of_is_told(ring: Path) -> None:
    """The reader has to remove it there."""
    keys.keep(FAR, KEY)
    (ring / "stuck").touch()
    with pytest.raises(SettingError, match=r"keyring does not let go of the key for https://h\."):
        keys.forget(FAR)


def test_a_library_that_does_not_load_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one whose own needs are not installed."""
    (tmp_path / "keyring.py").write_text("raise RuntimeError('what it needs is not there')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    assert keys.keep(FAR, KEY) == "the memory of this process"
    assert resolve({"url": FAR}, {}, {}).token == KEY
