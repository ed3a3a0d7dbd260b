# SPDX-License-Identifier: Apache-2.0
"""Datasets and small file systems to try things on."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from humanoid_brain.capture.assemble import Summary
from humanoid_brain.capture.validate.job import ValidationJob, Verdict
from humanoid_brain.capture.writer import DatasetWriter
from humanoid_brain.config.validation import ValidationConfig
from tests.capture.synthetic import description, frame

MNT_DETACH = 2


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of twelve frames, captured at once. Do not change it."""
    folder = tmp_path_factory.mktemp("reference") / "dataset"
    capture(folder)
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a file system of so many bytes; skipped, with the reason, where that takes an administrator."""
    libc = ctypes.CDLL(None, use_errno=True)
    mounted: list[Path] = []

    def make(size: int) -> Path:
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        if libc.mount(b"none", str(folder).encode(), b"tmpfs", 0, f"size={size}".encode()):
            pytest.skip(f"mounting is not allowed here: {os.strerror(ctypes.get_errno())}")
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        libc.umount2(str(folder).encode(), MNT_DETACH)


def capture(folder: Path, frames: int = 12, **settings: Any) -> Summary:
    """Write all missing frames of the synthetic dataset."""
    with DatasetWriter(folder, description(frames, **settings)) as writer:
        for index in writer.missing():
            writer.submit(frame(index))
        return writer.finish()


def tree(folder: Path) -> dict[str, str]:
    """Digest of every file of a dataset but its lock, by path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def states(folder: Path) -> set[tuple[Path, int]]:
    """Every file of a folder with when it was written, but those that are gone by the time one looks."""
    found = set()
    for path in folder.rglob("*.*"):
        with contextlib.suppress(FileNotFoundError):
            found.add((path, path.stat().st_mtime_ns))
    return found


def broken_frames(folder: Path) -> list[str]:
    """Records whose files are not exactly what they say, and temporary files of frames that exist."""
    wrong: list[str] = []
    for path in (folder / "frames").glob("*.json"):
        record = json.loads(path.read_text())
        for facts in record["files"].values():
            file = folder / facts["path"]
            if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != facts["sha256"]:
                wrong.append(facts["path"])
    return wrong


def inspect(path: Path, tmp_path: Path, **settings: Any) -> tuple[Verdict, dict[str, Any]]:
    """Inspect a dataset; the report goes to a folder in ``tmp_path``."""
    job = ValidationJob(ValidationConfig(path=path, output=tmp_path / "report", workers=2, **settings))
    job.run()
    assert job.verdict is not None
    return job.verdict, json.loads((tmp_path / "report" / "report.json").read_text())


def found(report: dict[str, Any]) -> dict[str, int]:
    """Findings by severity and kind."""
    named = {f"{group['severity']} {group['code']}": group["count"] for group in report["groups"]}
    return {name: count for name, count in named.items() if name != "note tiny"}  # the fixture has one
