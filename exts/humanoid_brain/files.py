# SPDX-License-Identifier: Apache-2.0
"""Files that appear whole or not at all, and paths that stay where they belong."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from humanoid_brain.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of a write under ``path`` into a :class:`StorageError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError("the disk is full", where=str(path), todo="Free some space and resume") from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise StorageError("no permission to write", where=str(path), todo="Choose another --output") from error
        raise StorageError(error.strerror or str(error), where=str(path), todo="Choose another --output") from error


def make_folder(path: Path) -> Path:
    """Create ``path`` and its parents, and check that a file can be made in it.

    Raises:
        StorageError: The folder cannot be created or written.
    """
    with storage_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    return path


def write_atomic(path: Path, data: bytes) -> None:
    """Write ``data`` beside ``path``, flush it to the disk, then rename it into place.

    A reader, also one after a power cut, sees the old file or the new one, never a part.

    Raises:
        StorageError: The disk is full or the folder cannot be written; no partial file stays behind.
    """
    with storage_errors(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            part.chmod(0o666 & ~_umask())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, atomically. NaN and infinity are refused."""
    write_atomic(path, (json.dumps(value, indent=2, allow_nan=False) + "\n").encode())


def sync_folder(path: Path) -> None:
    """Flush the folder entry itself, so that a rename survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """Hex digest of the file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def inside(folder: Path, name: str) -> Path:
    """Resolve ``name`` below ``folder``.

    Raises:
        StorageError: The result would lie outside ``folder``, through ``..``, a link or an absolute path.
    """
    root = folder.resolve()
    path = (root / name).resolve()
    if path != root and root not in path.parents:
        raise StorageError(f"'{name}' leads out of its folder", where=str(folder), todo="Use a path inside it")
    return path


def free_bytes(path: Path) -> int:
    """Bytes a normal user can still write on the file system of ``path``."""
    stat = os.statvfs(path)
    return stat.f_bavail * stat.f_frsize


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
