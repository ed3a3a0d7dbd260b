# SPDX-License-Identifier: Apache-2.0
"""A capture from seed to dataset: by address, resumable, refused where it cannot be."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from humanoid_brain.capture.capturing import FrameCaptured
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.job import CaptureJob
from humanoid_brain.capture.merge import merge
from humanoid_brain.capture.preview import PreviewJob
from humanoid_brain.capture.session import CaptureSession
from humanoid_brain.capture.validate.job import ValidationJob
from humanoid_brain.config import base
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.randomization import JointPose
from humanoid_brain.config.validation import ValidationConfig
from humanoid_brain.errors import ConfigError, DatasetError, SceneError, StorageError
from humanoid_brain.jobs import JobState, Warned
from tests.capture.conftest import states
from tests.capture.tiny import TINY, capture, config, content


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("captured") / "whole"
    job = capture(folder)
    assert job.summary is not None and (job.summary.frames, job.summary.missing) == (4, 0)
    return folder


def test_dataset_passes_its_own_inspection(whole: Path) -> None:
    job = ValidationJob(ValidationConfig(path=whole, output=whole.parent / "report"))
    job.run()
    assert job.verdict is not None and job.verdict.errors == 0, (whole.parent / "report" / "report.json").read_text()
    coco = json.loads((whole / "annotations.json").read_text())
    robots = [each for each in coco["annotations"] if each["category_id"] == 1]
    assert coco["categories"][0]["name"] == "humanoid" and len(coco["categories"][0]["keypoints"]) == 20
    assert len(robots) == 4 and all(each["num_keypoints"] >= 10 for each in robots)


def test_frames_are_the_same_alone_in_order_and_in_shards(whole: Path, tmp_path: Path) -> None:
    for shard in ("1/2", "0/2"):
        capture(tmp_path / shard[0], shard=shard)
    parts = [content(tmp_path / name) for name in "01"]
    assert parts[0] and parts[1] and parts[0] | parts[1] == content(whole)
    merge([tmp_path / "0", tmp_path / "1"], tmp_path / "merged")
    assert (tmp_path / "merged" / "annotations.json").read_bytes() == (whole / "annotations.json").read_bytes()


def test_motion_is_that_since_the_frame_before_whichever_was_captured_last(tmp_path: Path) -> None:
    tiny = config(tmp_path)
    randomization = tiny.randomization.model_copy(update={"robot_pose": JointPose(hold=2)})
    outputs = tiny.dataset.model_copy(update={"outputs": ("motion",)})
    for name, shard in (("whole", "0/1"), ("last", "3/4")):
        capture(tmp_path / name, shard=shard, dataset=outputs, randomization=randomization)
    whole, last = content(tmp_path / "whole"), content(tmp_path / "last")
    assert len(last) == 1 and all(whole[name] == digest for name, digest in last.items())
    dataset = Dataset(tmp_path / "whole")
    first, second = (dataset.load(dataset.record(index), "motion") for index in (0, 1))
    assert np.isnan(first).all() and np.isfinite(second).all() and np.abs(second).max() > 1.0  # the camera moves


def test_each_frame_is_drawn_once_and_those_that_come_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[int, int]] = []
    coming: list[list[int]] = []
    shoot, go_ahead = CaptureSession.shoot, CaptureSession.go_ahead

    def note_drawn(self: CaptureSession, index: int, attempt: int = 0, *more: Any) -> Any:
        drawn.append((index, attempt))
        return shoot(self, index, attempt, *more)

    def note_coming(self: CaptureSession, frames: Iterable[int]) -> None:
        coming.append(list(frames))
        go_ahead(self, coming[-1])

    monkeypatch.setattr(CaptureSession, "shoot", note_drawn)
    monkeypatch.setattr(CaptureSession, "go_ahead", note_coming)
    capture(tmp_path)
    assert drawn == [(0, 0), (1, 0), (2, 0), (3, 0)]
    assert coming == [[1, 2, 3], [2, 3], [3], []]


def test_the_end_of_a_capture_closes_all_its_parts_whatever_one_of_them_says(tmp_path: Path) -> None:
    """The scene before the writer, into which a thread of the scene may still write."""
    closed: list[str] = []

    def part(name: str) -> Any:
        def close() -> None:
            closed.append(name)
            if name == "scene":
                raise SceneError("it does not close")

        return SimpleNamespace(close=close, release=close)

    job = CaptureJob(config(tmp_path))
    job._session, job._writer, job._folder = part("scene"), part("writer"), part("folder")
    with pytest.raises(SceneError):
        job.release()
    assert closed == ["scene", "writer", "folder"]


def test_another_seed_gives_other_frames(whole: Path, tmp_path: Path) -> None:
    capture(tmp_path / "other", seed=1, frames=1)
    mine, theirs = content(whole), content(tmp_path / "other")
    assert theirs and all(mine[name] != digest for name, digest in theirs.items())


def test_stopped_capture_goes_on(whole: Path, tmp_path: Path) -> None:
    job = CaptureJob(config(tmp_path / "cut"))
    job.start()
    while not any(isinstance(event, FrameCaptured) for event in job.events.read()[0]):
        job.tick(0.0)
    job.stop()
    job.tick()
    assert job.state is JobState.DONE and job.stopped_early
    assert 1 <= len(content(tmp_path / "cut")) < len(content(whole))
    again = capture(tmp_path / "cut")
    made = [event.index for event in again.events.read()[0] if isinstance(event, FrameCaptured)]
    assert 0 < len(made) < 4 and content(tmp_path / "cut") == content(whole)


def test_other_configuration_is_refused_in_the_same_folder(whole: Path) -> None:
    with pytest.raises(ConfigError, match="width"):
        capture(whole, width=64)


def test_full_disk_pauses_and_nothing_is_lost(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from humanoid_brain.capture.writer import DatasetWriter

    submit, fails = DatasetWriter.submit, [True]

    def refuse_once(self: DatasetWriter, frame: Any) -> None:
        if frame.index == 1 and fails:
            fails.clear()
            raise StorageError("the disk is full", where="here", todo="Free some space and resume")
        submit(self, frame)

    monkeypatch.setattr(DatasetWriter, "submit", refuse_once)
    job = CaptureJob(config(tmp_path / "full"))
    job.start()
    job.tick()
    assert job.state is JobState.PAUSED and isinstance(job.error, StorageError)
    job.resume()
    job.tick()
    assert job.state is JobState.DONE and job.error is None
    assert content(tmp_path / "full") == content(whole)


def test_dark_scene_is_drawn_anew_and_then_given_up(tmp_path: Path) -> None:
    dark = base.parse(CaptureConfig, "scene: {lights: {sky_intensity: 0, sun_intensity: 0}}\n", "dark.yaml").scene
    noisy = TINY.replace("read_noise: 0.004", "read_noise: 0.2")  # as bright as a dim picture
    randomization = base.parse(CaptureConfig, noisy, "noisy.yaml").randomization
    del randomization.terms["sun"]
    job = CaptureJob(config(tmp_path / "dark", scene=dark, randomization=randomization, attempts=2))
    with pytest.raises(DatasetError, match=r"frame 0: 2 attempts .*black"):
        job.run()
    warnings = [event.what for event in job.events.read()[0] if isinstance(event, Warned)]
    assert sum(what.startswith("frame 0:") for what in warnings) == 2
    assert not content(tmp_path / "dark")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"classes": ("unicorn",)}, SceneError, r"nothing on the stage has the class unicorn.*humanoid"),
        ({"camera": "/World/nowhere"}, SceneError, "no camera"),
    ],
)
def test_what_cannot_be_captured_is_refused_before_the_first_frame(
    tmp_path: Path, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        capture(tmp_path / "refused", **changes)
    assert not (tmp_path / "refused").exists()


@pytest.mark.parametrize("shard", ["2/2", "a/b", "0/0", "-1/2"])
def test_impossible_shard_is_refused(shard: str) -> None:
    with pytest.raises(ConfigError, match="shard"):
        base.parse(CaptureConfig, f"shard: {shard}\n", "c.yaml")


def test_preview_sheet_shows_the_captures_own_draws(tmp_path: Path) -> None:
    from PIL import Image

    job = PreviewJob(config(tmp_path), frames=4)
    job.run()
    with Image.open(job.sheet) as sheet:
        assert sheet.size == (2 * 320 + 4, 2 * 240 + 4)


@pytest.mark.slow
def test_killed_at_random_moments_the_dataset_is_that_of_an_undisturbed_capture(whole: Path, tmp_path: Path) -> None:
    folder, chance = tmp_path / "killed", random.Random(7)
    base.save(config(folder), tmp_path / "tiny.yaml")
    command = [sys.executable, "-m", "humanoid_brain", "capture", "--config", str(tmp_path / "tiny.yaml"), "--json"]
    for _ in range(3):
        before, enough, deadline = states(folder), chance.randint(1, 6), time.monotonic() + 120
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
        while len(states(folder) - before) < enough:
            assert child.poll() is None and time.monotonic() < deadline
            time.sleep(0.001)
        child.kill()
        assert child.wait() == -signal.SIGKILL
    assert subprocess.run(command, capture_output=True, env=dict(os.environ)).returncode == 0
    assert content(folder) == content(whole)
