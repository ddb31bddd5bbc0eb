"""The secret key that signs tokens, links and one-time codes, and the folder it is kept in."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import NotReady
from core.settings import Settings

MIN_LENGTH = 32
"""Characters. RFC 7518, section 3.2: a key for HS256 has 256 bits or more."""

MIN_DISTINCT = 8
"""Characters that differ; 32 random hexadecimal digits have fewer once in 20 million times."""

GENERATED_LENGTH = 64

HOW_TO_MAKE = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes one"

_FILE_NAME = "secret_key"


def key_weakness(key: str) -> str:
    """Return why nobody should sign with `key`, to follow its name; "" for a good one."""
    distinct = len(set(key.strip()))
    if len(key.strip()) < MIN_LENGTH:
        return f"has {len(key.strip())} characters, and needs {MIN_LENGTH}"
    return f"has only {distinct} different characters" if distinct < MIN_DISTINCT else ""


def key_file(settings: Settings) -> Path:
    """Return where a generated key is kept."""
    return settings.data_dir / _FILE_NAME


def load_secret_key(settings: Settings) -> bytes:
    """Return SECRET_KEY, else the key in DATA_DIR, which is generated if there is none.

    Raise NotReady for a key that is too weak to sign with, and if none can be kept.
    """
    for name in ("secret_key", "secret_key_previous"):
        key = getattr(settings, name)
        if key and (weak := key_weakness(key)):
            raise NotReady(reason=f"{name.upper()} {weak}: {HOW_TO_MAKE}")
    if settings.secret_key:
        return settings.secret_key.encode()
    path = key_file(settings)
    try:
        make_private_folder(settings.data_dir)
        with _folder_locked(settings.data_dir):
            if not path.exists():
                _write_whole(path, secrets.token_hex(GENERATED_LENGTH // 2))
        key = path.read_text()
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            with suppress(PermissionError):  # mounted, and somebody else's: doctor says so
                path.chmod(0o600)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise NotReady(reason=f"cannot keep the secret key in {path}: {why}") from error
    if weak := key_weakness(key):
        raise NotReady(
            reason=f"the secret key in {path} {weak}; it may have been cut off by a full disk. "
            "Put it back from a backup, or delete the file: a new one is made at the next start, "
            "everybody signs in again, and links sent before stop working"
        )
    return key.encode()


def make_private_folder(folder: Path) -> None:
    """Make DATA_DIR, and let nobody but our user into it; raises OSError.

    A folder that is not ours alone to change (another user's, or one such as /tmp) is left as it
    is: doctor names it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if opens_to_others(folder) and not folder.stat().st_mode & stat.S_ISVTX:
        with suppress(PermissionError):
            folder.chmod(0o700)


def opens_to_others(path: Path) -> bool:
    """Whether other users of this machine may read a file or enter a folder; False without one."""
    return path.exists() and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


@contextmanager
def _folder_locked(folder: Path) -> Iterator[None]:
    """Let one process at a time look for the key and make it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)  # so that a power cut keeps the file's name, too
    finally:
        os.close(descriptor)


def _write_whole(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all, whatever happens; raises OSError."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
