# SPDX-License-Identifier: Apache-2.0
"""Files that appear whole or not at all, and paths that stay where they belong."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
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
    if "\0" in str(path):
        raise StorageError("a NUL character cannot be in a path", where=f"{path}", todo="Choose another --output")
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
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        try:
            with part.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
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
    if os.name == "nt":  # Windows cannot open a folder, and needs no such flush
        return
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
    try:
        root = folder.resolve()
        path = (root / name).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL character
        raise StorageError(f"{name!r} is not a usable path", where=str(folder), todo="Use a path inside it") from error
    if path != root and root not in path.parents:
        raise StorageError(f"{name!r} leads out of its folder", where=str(folder), todo="Use a path inside it")
    return path


def free_bytes(path: Path) -> int:
    """Bytes a normal user can still write on the file system of ``path``."""
    return shutil.disk_usage(path).free
