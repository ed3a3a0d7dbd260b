# SPDX-License-Identifier: Apache-2.0
"""Files that appear together: a frame's files first, then the record that makes the frame exist."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from humanoid_brain.capture.layout import record_path
from humanoid_brain.files import storage_errors, sync_folder


def commit_frame(folder: Path, files: Mapping[str, bytes], record: Mapping[str, Any], *, sync: bool) -> None:
    """Write the files of one frame, then its record.

    Each file is written beside its place and renamed into it. With ``sync`` all are flushed to the disk, one after the
    other once all are written, so that the disk does the work once; then their folders; and only then the record
    appears, and is flushed in turn. After a kill or a power cut the record is there with all its files, or it is not.

    Args:
        folder: The dataset.
        files: Content by path inside the dataset.
        record: The frame's record; its ``index`` names it.
        sync: Whether to flush.

    Raises:
        StorageError: The disk is full or the folder cannot be written. Nothing of the frame stays behind.
    """
    text = json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n"
    name = record_path(record["index"])
    try:
        write_files(folder, files, sync=sync)
        write_files(folder, {name: text.encode()}, sync=sync)
    except BaseException:
        for path in (name, *files):
            with contextlib.suppress(OSError):  # the first error is the one to tell
                (folder / path).unlink()
        raise


def write_stream(path: Path, chunks: Iterable[bytes]) -> str:
    """Write chunks as one file, atomically; returns its SHA-256.

    Raises:
        StorageError: As for :func:`humanoid_brain.files.write_atomic`.
    """
    digest = hashlib.sha256()
    with storage_errors(path):
        part = _beside(path)
        try:
            with part.open("xb") as stream:
                for chunk in chunks:
                    stream.write(chunk)
                    digest.update(chunk)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    return digest.hexdigest()


def write_files(folder: Path, files: Mapping[str, bytes], *, sync: bool) -> None:
    """Write files, each beside its place and then renamed into it; with ``sync`` they and their folders are flushed.

    Args:
        folder: Where they belong.
        files: Content by path inside ``folder``; folders are made as needed.
        sync: Whether to flush.

    Raises:
        StorageError: The disk is full or the folder cannot be written. Files already renamed stay.
    """
    parts: dict[Path, Path] = {}
    with storage_errors(folder):
        try:
            for name, data in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                part = parts[path] = _beside(path)
                part.write_bytes(data)
            if sync:
                for part in parts.values():
                    _flush(part)
            for path, part in parts.items():
                part.replace(path)
            if sync:
                for parent in {path.parent for path in parts}:
                    sync_folder(parent)
        except BaseException:
            for part in parts.values():
                part.unlink(missing_ok=True)
            raise


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
