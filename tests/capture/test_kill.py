# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from humanoid_brain.capture.writer import DatasetWriter
from humanoid_brain.errors import DatasetError
from tests.capture.conftest import broken_frames, capture, states, tree
from tests.capture.synthetic import OUTPUTS, description, frame

FRAMES = 60
KILLS = 12
LEAVE = 4
"""Frames that a child may make; fewer in all its lives than there are."""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("uninterrupted") / "dataset"
    capture(folder, FRAMES)
    return tree(folder)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_capture_that_is_killed_again_and_again_loses_repeats_and_skips_nothing(
    tmp_path: Path, repo_root: Path, uninterrupted: dict[str, str], workers: int
) -> None:
    folder = tmp_path / "dataset"
    chance = random.Random(workers)
    first_seen: dict[str, tuple[int, int]] = {}
    command = [sys.executable, "-m", "tests.capture.capturing_child", str(folder), str(FRAMES), str(workers)]
    for _ in range(KILLS):
        before = states(folder)
        child = subprocess.Popen(command, cwd=repo_root, stdin=subprocess.PIPE)
        assert child.stdin is not None
        child.stdin.write(b"\n" * LEAVE)
        child.stdin.flush()
        enough, deadline = chance.randint(1, LEAVE * len(OUTPUTS)), time.monotonic() + 60
        while len(states(folder) - before) < enough:
            assert child.poll() is None and time.monotonic() < deadline
        child.kill()
        assert child.wait() == -signal.SIGKILL
        child.stdin.close()
        assert broken_frames(folder) == []
        for path in (folder / "frames").glob("*.json"):
            facts = path.stat()
            first_seen.setdefault(path.name, (facts.st_ino, facts.st_mtime_ns))
    assert 0 < len(first_seen) <= KILLS * LEAVE < FRAMES
    capture(folder, FRAMES, workers=workers)
    assert tree(folder) == uninterrupted  # nothing is missing, nothing beside it, every byte the same
    for name, facts in first_seen.items():
        now = (folder / "frames" / name).stat()
        assert (now.st_ino, now.st_mtime_ns) == facts, f"{name} was written a second time"


def test_a_killed_worker_is_one_clear_error_and_the_capture_resumes(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    with DatasetWriter(folder, description(20, workers=2)) as writer:
        pool = writer._frames._pool
        assert pool is not None
        pool._workers[0].process.kill()
        with pytest.raises(DatasetError, match="worker process was killed"):
            for index in writer.missing():
                writer.submit(frame(index))
            writer.drain()
    assert broken_frames(folder) == []
    capture(folder, 20)
    assert sorted(int(path.stem) for path in (folder / "frames").iterdir()) == list(range(20))


def test_a_worker_that_dies_with_the_last_frame_does_not_hang_the_capture(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path / "dataset", description(4, workers=1)) as writer:
        assert writer._frames._pool is not None
        (worker,) = writer._frames._pool._workers
        worker.process.send_signal(signal.SIGSTOP)
        writer.submit(frame(0))
        worker.process.kill()
        with pytest.raises(DatasetError, match="worker process was killed"):
            writer.drain()


def test_leftovers_of_a_killed_write_are_cleared_away(tmp_path: Path, reference: Path) -> None:
    folder = tmp_path / "dataset"
    capture(folder)
    for name in (".metadata.json.0123.part", "color/.000003.png.0123.part", "frames/.000003.json.0123.part"):
        (folder / name).write_bytes(b"half")
    (folder / "frames" / "000003.json").unlink()
    capture(folder)
    assert tree(folder) == tree(reference)
