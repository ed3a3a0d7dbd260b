# SPDX-License-Identifier: Apache-2.0
"""A capture on a cluster of two Ray nodes on this machine: the bytes of one process, whatever happens to a node."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from humanoid_brain.capture.capturing import FrameCaptured
from humanoid_brain.capture.cluster import ClusterJob, connect
from humanoid_brain.capture.shard import Depot, Report, Shard, frames_in
from humanoid_brain.errors import ConfigError, DatasetError, HostError
from humanoid_brain.jobs import JobState, Warned
from tests.capture.conftest import tree
from tests.capture.tiny import capture, config

FRAMES = 40


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every file of the dataset as a single process writes it."""
    folder = tmp_path_factory.mktemp("captured") / "whole"
    capture(folder, frames=FRAMES)
    return tree(folder)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where nodes that share no storage keep their frames."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "humanoid_brain" / "shards"


@pytest.fixture
def cluster(cache: Path) -> Iterator[Any]:
    """Two nodes with a core each. This process is connected to the first one, so the other one may go."""
    import ray
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    assert connect(str(started.address))[1]
    started.add_node(num_cpus=1)
    yield started
    ray.shutdown()
    started.shutdown()


@pytest.fixture
def start(tmp_path: Path, cluster: Any) -> Iterator[Callable[..., ClusterJob]]:
    started: list[ClusterJob] = []

    def begin(*, shared: bool = True, **changes: Any) -> ClusterJob:
        wanted = config(tmp_path / "dataset", cluster=cluster.address, **{"frames": FRAMES, **changes})
        started.append(ClusterJob(wanted, shared=shared))
        started[-1].start()
        return started[-1]

    yield begin
    for job in started:
        job.close()


def until(job: ClusterJob, met: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not met():
        assert time.monotonic() < deadline and not job.tick(0.0).final, job.error


def captured(job: ClusterJob) -> list[int]:
    return [event.index for event in job.events.read()[0] if isinstance(event, FrameCaptured)]


def finish(job: ClusterJob) -> None:
    job.tick()
    assert job.state is JobState.DONE and job.error is None, job.error


@pytest.mark.slow
def test_nodes_that_share_storage_make_the_dataset_of_one_process(
    start: Callable[..., ClusterJob], tmp_path: Path, whole: dict[str, str]
) -> None:
    import ray

    ray.shutdown()  # the capture connects by itself
    job = start()
    until(job, lambda: captured(job))
    job.pause()
    before = tree(tmp_path)
    time.sleep(1.0)
    assert tree(tmp_path) == before
    job.resume()
    finish(job)
    assert job.processes == 2 and sorted(captured(job)) == list(range(FRAMES))
    assert tree(tmp_path / "dataset") == whole
    assert not (tmp_path / "dataset.shards").exists() and not ray.is_initialized()
    again = start(seed=5)
    again.tick()
    assert isinstance(again.error, ConfigError) and "seed: 0, not 5" in str(again.error)
    assert tree(tmp_path / "dataset") == whole


@pytest.mark.slow
def test_shard_of_a_lost_node_goes_on_elsewhere_and_frames_are_sent_where_no_storage_is_shared(
    start: Callable[..., ClusterJob], cluster: Any, tmp_path: Path, cache: Path, whole: dict[str, str]
) -> None:
    job = start(shared=False)
    lost = next(node for node in cluster.list_all_nodes() if node is not cluster.head_node)
    until(job, lambda: any(part.have for part in job._parts if part.node == lost.node_id))
    cluster.remove_node(lost, allow_graceful=False)
    finish(job)
    assert any("was lost" in event.what for event in job.events.read()[0] if isinstance(event, Warned))
    assert tree(tmp_path / "dataset") == whole
    assert len(captured(job)) < 2 * FRAMES  # what had arrived was not made again
    assert not (tmp_path / "dataset.shards").exists()


@pytest.mark.slow
def test_stopped_capture_goes_on_where_it_was(
    start: Callable[..., ClusterJob], tmp_path: Path, whole: dict[str, str]
) -> None:
    job = start(shared=False)
    until(job, lambda: captured(job))
    job.stop()
    job.tick()
    assert job.state is JobState.DONE and job.stopped_early and not (tmp_path / "dataset").exists()
    kept = frames_in(tmp_path / "dataset.shards" / "0-of-2") | frames_in(tmp_path / "dataset.shards" / "1-of-2")
    assert kept
    again = start(shared=True)
    finish(again)
    assert not set(captured(again)) & kept and tree(tmp_path / "dataset") == whole


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Report]]:
    """What a node without shared storage sends of a shard of two frames."""
    folder = tmp_path_factory.mktemp("node")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        shard = Shard(config(folder / "unused", shard="1/2").model_dump(mode="json"), "", [], str(folder))
        patch.chdir(folder)
        reports = [shard.tick(float("inf"))]
        reports.append(shard.tick(0.0, [parcel.record["index"] for parcel in reports[0].parcels]))
    return folder, reports


def test_frames_are_sent_until_they_have_arrived_and_leave_nothing_behind(sent: tuple[Path, list[Report]]) -> None:
    folder, (first, second) = sent
    assert [parcel.record["index"] for parcel in first.parcels] == [2, 3]
    assert (first.over, second.over, second.parcels) == (False, True, [])
    assert not list((folder / "humanoid_brain" / "shards").iterdir())


def test_what_arrives_is_compared_with_its_checksum(sent: tuple[Path, list[Report]], tmp_path: Path) -> None:
    report = sent[1][0]
    assert report.description is not None
    depot = Depot(tmp_path / "shard", report.description)
    assert [depot.keep(parcel) for parcel in report.parcels] == [2, 3]
    capture(tmp_path / "here", shard="1/2")
    for name, digest in tree(tmp_path / "shard").items():
        assert tree(tmp_path / "here")[name] == digest

    parcel = report.parcels[0]
    color = parcel.record["files"]["color"]["path"]
    spoilt = {**parcel.files, color: parcel.files[color][:-1] + b"?"}
    elsewhere = {**parcel.record["files"], "color": {**parcel.record["files"]["color"], "path": "../../color.png"}}
    lost = {name: data for name, data in parcel.files.items() if name != color}
    moved = dataclasses.replace(parcel, record={**parcel.record, "files": elsewhere})
    for wrong in (dataclasses.replace(parcel, files=spoilt), dataclasses.replace(parcel, files=lost), moved):
        with pytest.raises(DatasetError, match=r"frame 2, color.*checksum"):
            depot.keep(wrong)
    depot.close()


def test_without_ray_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(HostError, match=r"not installed.*pip install \"humanoid-brain\[ray\]\""):
        connect("auto")


def test_without_a_cluster_the_error_says_how_to_start_one(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    command = [sys.executable, "-m", "humanoid_brain", "capture", "--cluster", "auto", "--output", tmp_path / "out"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.returncode == 1 and "ray start --head" in result.stderr and "Traceback" not in result.stderr
    assert not list(tmp_path.iterdir()) and signal.getsignal(signal.SIGTERM) is before
