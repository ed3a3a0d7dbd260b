# SPDX-License-Identifier: Apache-2.0
"""A capture in several processes: the same bytes, and paused, stopped, killed and resumed like one in one process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from humanoid_brain import host as hosts
from humanoid_brain import machine
from humanoid_brain.capture import team
from humanoid_brain.capture.capturing import LATER, FrameCaptured
from humanoid_brain.capture.job import CaptureJob
from humanoid_brain.capture.member import _Member
from humanoid_brain.config import base
from humanoid_brain.config.randomization import JointPose, WalkingPose
from humanoid_brain.errors import ConfigError, DatasetError, HostError, SceneError, StorageError, to_json
from humanoid_brain.jobs import JobState, Warned
from tests.capture.conftest import tree
from tests.capture.tiny import capture, config

FRAMES = 8


@pytest.mark.parametrize(("device", "sleeps"), [("cuda", True), ("cpu", False)])
def test_a_process_that_shares_a_gpu_sleeps_while_it_waits(
    device: str, sleeps: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It has to say so before anything uses the GPU."""
    order: list[str] = []

    def load() -> None:
        order.append("host")
        raise HostError("no simulator in this test")

    monkeypatch.setattr(machine, "sleep_for_cuda", lambda: order.append("sleeps"))
    monkeypatch.setattr(hosts, "load", load)
    monkeypatch.setattr(_Member, "_listen", lambda self: None)  # it would end this process, too
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = _Member(theirs)
        process._setup = {"config": config(tmp_path / "dataset", device=device).model_dump(mode="json"), "threads": 1}
        with pytest.raises(HostError):
            next(process.work())
    assert order == (["sleeps", "host"] if sleeps else ["host"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every file of the dataset as a single process writes it."""
    folder = tmp_path_factory.mktemp("captured") / "whole"
    capture(folder, frames=FRAMES)
    return tree(folder)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., CaptureJob]]:
    """Start a capture in two processes; what is left of it is ended after the test."""
    started: list[CaptureJob] = []

    def begin(**changes: Any) -> CaptureJob:
        job = CaptureJob(config(tmp_path / "dataset", **{"processes": 2, "frames": FRAMES, **changes}))
        started.append(job)
        job.start()
        return job

    yield begin
    for job in started:
        job.close()


def until(job: CaptureJob, met: Callable[[], object]) -> None:
    """Tick until a condition is met."""
    deadline = time.monotonic() + 120
    while not met():
        assert time.monotonic() < deadline and not job.tick(0.0).final, job.error


def captured(job: CaptureJob) -> list[int]:
    return [event.index for event in job.events.read()[0] if isinstance(event, FrameCaptured)]


def members(job: CaptureJob) -> list[Any]:
    return [] if job._team is None else job._team._members


def test_two_processes_write_the_bytes_of_one(
    start: Callable[..., CaptureJob], tmp_path: Path, whole: dict[str, str]
) -> None:
    job = start()
    until(job, lambda: len(captured(job)) >= 3)
    assert 0 < job.progress.done < job.progress.total == FRAMES
    assert len(members(job)) == job.processes == 2
    processes = [member.process for member in members(job)]
    job.tick()
    assert job.state is JobState.DONE and job.error is None
    assert all(process.returncode == 0 for process in processes), "the job waits for the ends of its processes"
    assert sorted(captured(job)) == list(range(FRAMES))
    assert job.seconds["render"] > 0.0 and job.slowest
    assert tree(tmp_path / "dataset") == whole


def test_nothing_advances_between_pause_and_resume_and_a_stop_keeps_what_is_there(
    start: Callable[..., CaptureJob], tmp_path: Path, whole: dict[str, str]
) -> None:
    job = start(frames=60)
    until(job, lambda: len(captured(job)) >= 2)
    job.pause()
    before_it = sum(_cpu_seconds(member.process.pid) for member in members(job))
    files, events = tree(tmp_path / "dataset"), len(job.events)
    time.sleep(0.5)
    # The physics keeps a thread that looks for work now and then; members at work would take half a second or more.
    assert sum(_cpu_seconds(member.process.pid) for member in members(job)) < before_it + 0.25
    assert tree(tmp_path / "dataset") == files
    assert job.tick(0.0) is JobState.PAUSED and len(job.events) == events
    job.resume()
    before = job.progress.done
    until(job, lambda: job.progress.done > before + 1)
    before = job.progress.done
    job.stop()
    job.tick()
    assert job.state is JobState.DONE and job.stopped_early and job.error is None
    assert job.progress.done <= before + 6, "each ends the two in work, and may have told of one before"
    assert len(captured(job)) == job.progress.done
    names = {name for name in tree(tmp_path / "dataset") if name.startswith("frames/")}
    assert len(names) == job.progress.done


def test_a_process_that_dies_is_replaced_and_its_frames_are_captured_by_others(
    start: Callable[..., CaptureJob], tmp_path: Path, whole: dict[str, str]
) -> None:
    job = start()
    until(job, lambda: any(member.captured and member.ahead for member in members(job)))
    victim = next(member for member in members(job) if member.captured and member.ahead)
    victim.process.kill()
    job.tick()
    assert job.state is JobState.DONE and job.error is None
    warned = [event.what for event in job.events.read()[0] if isinstance(event, Warned)]
    assert warned == ["a capture process was killed, most likely for want of memory"]
    assert tree(tmp_path / "dataset") == whole


def test_a_frame_at_which_two_processes_die_is_an_error(start: Callable[..., CaptureJob]) -> None:
    job = start(frames=2000)
    until(job, lambda: members(job) and all(member.captured for member in members(job)))
    first = members(job)[0]
    first.process.send_signal(signal.SIGSTOP)
    until(job, lambda: members(job)[1].captured > 4)  # what the first one sent before it was stopped is heard by now
    frame = first.begun  # the one before it may be in work, too
    assert frame in first.ahead
    first.process.kill()
    second = members(job)[1]
    until(job, lambda: second.begun == frame)
    second.process.kill()
    job.tick()
    assert job.state is JobState.FAILED and isinstance(job.error, DatasetError)
    assert job.error.where == f"frame {frame}" and "second" in job.error.what


def test_when_the_last_process_dies_the_error_says_how_to_go_on(
    start: Callable[..., CaptureJob], tmp_path: Path
) -> None:
    job = start()
    until(job, lambda: job._team is not None)
    for member in members(job):
        member.process.kill()
    job.tick()
    assert job.state is JobState.FAILED and isinstance(job.error, DatasetError)
    assert "the last" in job.error.what and "Run the same command again" in job.error.todo
    assert not (tmp_path / "dataset").exists()


def test_full_disk_pauses_every_process_and_nothing_is_lost(
    start: Callable[..., CaptureJob], small_disk: Callable[[int], Path], whole: dict[str, str]
) -> None:
    disk = small_disk(1 << 20)
    filler = disk / "filler"
    storage = config(disk).dataset.model_copy(update={"workers": 1})
    job = start(output=disk / "dataset", dataset=storage)
    until(job, lambda: captured(job))
    filler.write_bytes(bytes((os.statvfs(disk).f_bavail - 4) * os.statvfs(disk).f_frsize))
    job.tick()
    assert job.state is JobState.PAUSED and isinstance(job.error, StorageError)
    filler.unlink()
    while job.state is JobState.PAUSED:  # both processes may have met it
        job.resume()
        job.tick()
    assert job.state is JobState.DONE and job.error is None
    assert tree(disk / "dataset") == whole


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"classes": ("unicorn",)}, SceneError, r"nothing on the stage has the class unicorn"),
        ({"width": 64}, ConfigError, "width"),
        ({"attempts": 2, "allow_empty": False, "camera": "/World/blind"}, SceneError, "no camera"),
    ],
)
def test_what_a_process_finds_is_raised_as_it_is(
    start: Callable[..., CaptureJob], tmp_path: Path, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    if "width" in changes:
        capture(tmp_path / "dataset", frames=FRAMES)
    before = tree(tmp_path / "dataset")
    job = start(**changes)
    job.tick()
    assert job.state is JobState.FAILED and isinstance(job.error, error)
    assert message in str(job.error)
    assert tree(tmp_path / "dataset") == before


def test_a_blank_frame_is_drawn_anew_and_then_given_up(start: Callable[..., CaptureJob], tmp_path: Path) -> None:
    dark = base.parse(type(config(tmp_path).scene), "lights: {sky_intensity: 0, sun_intensity: 0}\n", "dark.yaml")
    randomization = config(tmp_path).randomization.model_copy(deep=True)
    del randomization.terms["sun"]
    job = start(scene=dark, randomization=randomization, attempts=2)
    job.tick()
    assert isinstance(job.error, DatasetError) and "2 attempts" in job.error.what
    assert sum(isinstance(event, Warned) for event in job.events.read()[0]) >= 2


def test_what_came_before_an_error_is_told_before_it_is_raised(tmp_path: Path) -> None:
    several = team.Team(config(tmp_path, processes=2, frames=FRAMES), 2)
    try:
        member = several._members[0]
        error = to_json(DatasetError("no picture"))
        several._inbox.extend([(member, {"warning": "dark", "todo": ""}), (member, {"error": error})])
        assert [event.name for event in several.poll(0.0)] == [Warned("", "").name]
        assert not several.idle
        with pytest.raises(DatasetError, match="no picture"):
            several.poll(0.0)
    finally:
        several.close()


def test_when_the_capture_is_killed_its_processes_end_and_the_dataset_resumes(
    tmp_path: Path, whole: dict[str, str]
) -> None:
    folder = tmp_path / "dataset"
    base.save(config(folder, processes=2, frames=FRAMES), tmp_path / "tiny.yaml")
    command = [sys.executable, "-m", "humanoid_brain", "capture", "--config", str(tmp_path / "tiny.yaml")]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
    deadline = time.monotonic() + 120
    while not list((folder / "frames").glob("*.json")):
        assert time.monotonic() < deadline and child.poll() is None
        time.sleep(0.01)
    processes = _children(child.pid)
    assert len(processes) == 2
    child.kill()
    child.wait()
    deadline = time.monotonic() + 8
    while any(_alive(pid) for pid in processes):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert subprocess.run(command, capture_output=True, env=dict(os.environ)).returncode == 0
    assert tree(folder) == whole


def test_frames_of_a_walk_go_to_one_process(tmp_path: Path) -> None:
    held = config(tmp_path).randomization.model_copy(update={"robot_pose": JointPose(hold=3)})
    assert team._walks([0, 1, 2, 4, 5, 6, 9], config(tmp_path, randomization=held)) == [[0, 1, 2], [4, 5], [6], [9]]


def test_frames_whose_robots_walk_at_once_go_to_one_process_while_there_are_plenty(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(team.Team, "_start", lambda self: None)
    walking = config(tmp_path).randomization.model_copy(update={"robot_pose": WalkingPose()})
    crew = team.Team(config(tmp_path, randomization=walking), 2)
    crew._walks.extend([index] for index in range(3, 101))
    given: list[list[int]] = []
    while crew._walks:
        given.append(crew._next())
    assert given[:4] == [[*range(3, 16)], [*range(16, 32)], [*range(32, 48)], [*range(48, 64)]]
    # None has much more to do at the end than the others.
    assert [len(each) for each in given[4:]] == [10, 6, 6, 4, 3, 2, 1, 2, 2, 1]
    assert [index for each in given for index in each] == list(range(3, 101))


def test_processes_know_frames_ahead_and_fewer_as_the_end_comes_near(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(team.Team, "_start", lambda self: None)
    crew = team.Team(config(tmp_path), 2)
    members: Any = [SimpleNamespace(ready=True, ahead=deque(), tell=lambda *order, **more: None) for _ in range(2)]
    crew._members, crew._folder = members, cast("Any", object())
    crew._walks.extend([index] for index in range(100))
    left: list[int] = []
    while crew._walks:
        crew._feed()
        left.append(min(len(member.ahead) for member in members))
        for member in members:
            member.ahead.popleft()
    assert all(count >= 2 + LATER for count in left[: len(left) // 2])
    assert [len(member.ahead) for member in members] in ([2, 2], [2, 3], [3, 2], [3, 3])
    crew._members = []


@pytest.mark.parametrize(
    ("changes", "cores", "gpus", "count"),
    [
        ({}, 16, 0, 8),
        ({}, 2, 0, 2),
        ({"device": "cuda"}, 24, 1, 16),
        ({"device": "cuda"}, 16, 1, 12),
        ({"device": "cuda"}, 1, 1, 1),
        ({"device": "cuda"}, 64, 2, 32),
        ({"processes": 5}, 2, 0, 5),
        ({"processes": 5, "frames": 3}, 2, 0, 3),
        ({"processes": 9, "frames": 40, "shard": "1/8"}, 2, 0, 5),
    ],
)
def test_number_of_processes_is_what_the_machine_has_room_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changes: dict[str, Any], cores: int, gpus: int, count: int
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(gpus))))
    wanted = {"processes": None, "frames": 100, **changes}
    assert team.process_count(config(tmp_path, **wanted)) == count


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
