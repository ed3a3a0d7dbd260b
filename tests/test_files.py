# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from humanoid_brain import files
from humanoid_brain.errors import StorageError

Mount = Callable[[str, int, str], Path]
OLD, NEW = b"old", b"new content"
MS_RDONLY, MS_REMOUNT, MS_BIND, MNT_DETACH = 1, 32, 4096, 2


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "checkpoint.bin"
    path.write_bytes(OLD)
    return path


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mount a small or read-only folder; the test is skipped, with the reason, where that takes an administrator."""
    libc = ctypes.CDLL(None, use_errno=True)
    mounted: list[Path] = []

    def make(kind: str, flags: int, options: str) -> Path:
        folder = tmp_path / f"mount{len(mounted)}"
        folder.mkdir()
        source = str(folder).encode() if flags & MS_BIND else b"none"
        steps = [flags & ~MS_RDONLY, flags | MS_REMOUNT] if flags & MS_RDONLY else [flags]
        for step in steps:
            if libc.mount(source, str(folder).encode(), kind.encode(), step, options.encode()):
                pytest.skip(f"mounting is not allowed here: {os.strerror(ctypes.get_errno())}")
            if folder not in mounted:
                mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        libc.umount2(str(folder).encode(), MNT_DETACH)


def test_write_replaces_the_content_and_leaves_nothing_beside_it(target: Path) -> None:
    files.write_atomic(target, NEW)
    assert target.read_bytes() == NEW
    assert list(target.parent.iterdir()) == [target]


def test_written_file_has_the_permissions_of_any_new_file(target: Path) -> None:
    plain = target.with_name("plain")
    plain.touch()
    files.write_atomic(target, NEW)
    assert target.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("step", ["write", "flush", "fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()], ids=["full", "Ctrl-C"])
def test_failure_at_any_step_keeps_the_old_file_whole(
    target: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    real = Path.open

    def fail(*_: object) -> None:
        raise error

    class Broken:
        def __init__(self, stream: IO[bytes]) -> None:
            self.stream = stream

        def __enter__(self) -> Broken:
            return self

        def __exit__(self, *_: object) -> None:
            self.stream.close()

        def __getattr__(self, name: str) -> Any:
            return fail if name == step else getattr(self.stream, name)

    if step in ("write", "flush"):
        monkeypatch.setattr(Path, "open", lambda self, *a, **k: Broken(real(self, *a, **k)))
    elif step == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(StorageError if isinstance(error, OSError) else KeyboardInterrupt):
        files.write_atomic(target, NEW)
    monkeypatch.undo()
    assert target.read_bytes() == OLD
    assert list(target.parent.iterdir()) == [target]


def test_process_killed_in_the_middle_of_writing_keeps_the_old_file_whole(target: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from humanoid_brain import files
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
files.write_atomic(Path({str(target)!r}), b"new")
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert target.read_bytes() == OLD


def test_full_disk_is_named_and_leaves_the_old_file(mount: Mount) -> None:
    folder = mount("tmpfs", 0, "size=64k")
    target = folder / "checkpoint.bin"
    target.write_bytes(OLD)
    with pytest.raises(StorageError, match="disk is full") as caught:
        files.write_atomic(target, b"x" * 1_000_000)
    assert str(target) in str(caught.value)
    assert "Free some space" in str(caught.value)
    assert target.read_bytes() == OLD
    assert list(folder.iterdir()) == [target]


def test_read_only_folder_is_named(mount: Mount) -> None:
    folder = mount("", MS_BIND | MS_RDONLY, "")
    with pytest.raises(StorageError, match="no permission to write") as caught:
        files.write_atomic(folder / "a.bin", NEW)
    assert "--output" in caught.value.todo
    with pytest.raises(StorageError, match="no permission to write"):
        files.make_folder(folder)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_refused_write_is_a_matter_of_permission(tmp_path: Path, code: int) -> None:
    with pytest.raises(StorageError, match="no permission"), files.storage_errors(tmp_path):
        raise OSError(code, "no")


def test_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        files.write_atomic(tmp_path / "missing" / "a.bin", NEW)


def test_make_folder_makes_the_parents_and_refuses_a_file_in_the_way(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert files.make_folder(folder) == folder
    assert folder.is_dir()
    assert not list(folder.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        files.make_folder(tmp_path / "file")


def test_json_is_readable_and_refuses_nan_before_it_touches_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, {"speed": 0.1, "name": "walk"})
    assert json.loads(path.read_text()) == {"speed": 0.1, "name": "walk"}
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(path, {"speed": float("nan")})
    assert json.loads(path.read_text())["speed"] == 0.1


def test_sha256_is_that_of_the_whole_content(tmp_path: Path) -> None:
    data = bytes(range(256)) * 9000  # more than two blocks of the reader
    (tmp_path / "a").write_bytes(data)
    assert files.sha256(tmp_path / "a") == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("name", ["a.bin", "sub/a.bin", "sub/../a.bin", "./a.bin", "."])
def test_inside_gives_paths_below_the_folder(tmp_path: Path, name: str) -> None:
    assert files.inside(tmp_path, name) == (tmp_path / name).resolve()


@pytest.mark.parametrize(
    "name", ["..", "../a.bin", "sub/../../a.bin", "/etc/passwd", "out/a.bin", "out", "a\0b", "loop"]
)
def test_inside_refuses_what_leads_out(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    with pytest.raises(StorageError) as caught:
        files.inside(folder, name)
    assert str(folder) in str(caught.value)


def test_inside_refuses_a_sibling_whose_name_begins_alike(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(StorageError):
        files.inside(tmp_path / "run", "../run2/a.bin")


def test_inside_follows_a_folder_that_is_itself_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert files.inside(tmp_path / "link", "a.bin") == tmp_path / "real" / "a.bin"


def test_free_bytes_is_what_a_user_can_write(tmp_path: Path) -> None:
    stat = os.statvfs(tmp_path)
    # Other programs write at the same time: equal to within 1 GiB.
    assert abs(files.free_bytes(tmp_path) - stat.f_bavail * stat.f_frsize) < 1 << 30
