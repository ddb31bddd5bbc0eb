"""The key that signs: there whole or not at all, long enough, and nobody else's to read."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.db.secret_key import load_secret_key
from core.errors import NotReady
from core.settings import Settings

ROOT = Path(__file__).parents[3]

GOOD = "a secret for tests, and for tests alone"

# A limit to a file's size stands for a disk with room for ten bytes: the kernel writes as much.
FULL_DISK = """
import os, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
path = Path(sys.argv[1]) / "secret_key"
if sys.argv[2] == "control":
    try:
        path.write_text("ab" * 32)
    except OSError:
        pass
else:
    from core.db.secret_key import load_secret_key
    from core.errors import NotReady
    from core.settings import Settings
    try:
        load_secret_key(Settings(_env_file=None, data_dir=sys.argv[1]))
    except NotReady as error:
        print(error.params["reason"])
"""


def settings(folder: Path, **more: str) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **more)  # type: ignore[arg-type]


def refusal(folder: Path, **more: str) -> str:
    with pytest.raises(NotReady) as refused:
        load_secret_key(settings(folder, **more))
    return str(refused.value.params["reason"])


def start_on_full_disk(folder: Path, way: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder), way],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.stdout.strip()


def test_a_full_disk_at_the_first_start_leaves_no_key(tmp_path: Path) -> None:
    start_on_full_disk(tmp_path, "control")
    assert (tmp_path / "secret_key").read_text() == "ab" * 5  # what a plain write leaves
    (tmp_path / "secret_key").unlink()

    words = start_on_full_disk(tmp_path, "ours")
    assert words == f"cannot keep the secret key in {tmp_path}/secret_key: File too large"
    assert list(tmp_path.iterdir()) == []
    assert len(load_secret_key(settings(tmp_path))) == 64


def test_a_disk_that_fails_while_the_key_is_flushed_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    words = refusal(tmp_path)
    assert words == f"cannot keep the secret key in {tmp_path}/secret_key: No space left on device"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kept", "weak"),
    [
        ("", "has 0 characters, and needs 32"),
        ("0" * 64, "has only 1 different characters"),
        ("3f9a1c77e2", "has 10 characters, and needs 32"),
        ("3f9a1c77e2" + "\n" * 40, "has 10 characters, and needs 32"),
    ],
)
def test_a_key_that_was_cut_off_signs_nothing(tmp_path: Path, kept: str, weak: str) -> None:
    (tmp_path / "secret_key").write_text(kept)
    assert refusal(tmp_path) == (
        f"the secret key in {tmp_path}/secret_key {weak}; it may have been cut off by a full disk. "
        "Put it back from a backup, or delete the file: a new one is made at the next start, "
        "everybody signs in again, and links sent before stop working"
    )
    assert (tmp_path / "secret_key").read_text() == kept  # not replaced behind anybody's back


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"secret_key": "s"}, "SECRET_KEY has 1 characters, and needs 32"),
        ({"secret_key": "change me " * 1}, "SECRET_KEY has 9 characters, and needs 32"),
        ({"secret_key": "abcabc" * 10}, "SECRET_KEY has only 3 different characters"),
        (
            {"secret_key": GOOD, "secret_key_previous": "old"},
            "SECRET_KEY_PREVIOUS has 3 characters, and needs 32",
        ),
    ],
)
def test_a_weak_key_of_the_settings_is_refused(
    tmp_path: Path, given: dict[str, str], words: str
) -> None:
    make = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes one"
    assert refusal(tmp_path, **given) == f"{words}: {make}"


def test_a_good_key_of_the_settings_needs_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "never made"
    assert load_secret_key(settings(folder, secret_key=GOOD)) == GOOD.encode()
    assert not folder.exists()


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(load_secret_key, [settings(tmp_path / "data")] * 64))
    assert len(keys) == 1
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret_key"]


def test_key_and_folder_are_nobody_elses(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_secret_key(settings(tmp_path / "new"))
    finally:
        os.umask(before)
    wide = tmp_path / "wide"
    wide.mkdir()
    wide.chmod(0o755)
    (wide / "secret_key").write_text("0123456789abcdef" * 4)
    (wide / "secret_key").chmod(0o644)
    load_secret_key(settings(wide))
    shared = tmp_path / "shared"  # as /tmp is: not ours alone to close
    shared.mkdir()
    shared.chmod(0o1777)
    load_secret_key(settings(shared))
    modes = {
        str(path.relative_to(tmp_path)): oct(stat.S_IMODE(path.stat().st_mode))
        for path in tmp_path.rglob("*")
    }
    assert modes == {
        "new": "0o700",
        "new/secret_key": "0o600",
        "wide": "0o700",
        "wide/secret_key": "0o600",
        "shared": "0o1777",
        "shared/secret_key": "0o600",
    }
