# SPDX-License-Identifier: Apache-2.0
"""The training job: its states, its promises when something goes wrong."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from humanoid_brain import host as hosts
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.config.task import TargetCommandConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.errors import (
    CheckpointError,
    ConfigError,
    DeviceError,
    HostError,
    HumanoidBrainError,
    StorageError,
    TermError,
)
from humanoid_brain.jobs import FileWritten, JobState, drained
from humanoid_brain.learning import checkpoint as checkpoints
from humanoid_brain.learning import job as jobs
from humanoid_brain.learning import simulation as simulations
from humanoid_brain.learning.checkpoint import CheckpointStore
from humanoid_brain.learning.job import EpisodeEnded, IterationDone, TrainingJob
from humanoid_brain.learning.metrics import read_metrics
from humanoid_brain.learning.policy import load_policy
from tests.learning.test_env import small_config


def make_config(output: Path, iterations: int = 3) -> TrainingConfig:
    config = small_config(8)
    config.ppo.steps, config.ppo.epochs, config.ppo.minibatches = 4, 1, 2
    config.network.hidden = [16, 16]
    config.budget.iterations = iterations
    config.checkpoint.every, config.checkpoint.reserve_mib = 1, 0
    config.tensorboard, config.output = False, output
    return config


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    output = tmp_path_factory.mktemp("job") / "run"
    job = TrainingJob(make_config(output))
    job.run()
    return output


def copy(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "run"))


def failure(config: TrainingConfig, checkpoint: str | None = None) -> HumanoidBrainError:
    job = TrainingJob(config, checkpoint=checkpoint)
    job.start()
    while not job.tick().final:
        assert job.state is not JobState.PAUSED
    assert job.state is JobState.FAILED and isinstance(job.error, HumanoidBrainError)
    return job.error


def test_events_and_metrics_tell_what_happened(tmp_path: Path) -> None:
    config = make_config(tmp_path / "run", iterations=12)
    config.task.terminations["too_low"].params["height"] = 0.85  # so that episodes end soon
    job = TrainingJob(config)
    job.run()
    events, _ = job.events.read()
    iterations = [event for event in events if isinstance(event, IterationDone)]
    assert [event.metrics["iteration"] for event in iterations] == list(range(1, 13))
    assert read_metrics(config.output) == [event.metrics for event in iterations]
    episodes = [event for event in events if isinstance(event, EpisodeEnded)]
    assert episodes and {event.cause for event in episodes} <= {"too_low", "tilted", "time_out"}
    assert all(event.success == (event.cause == "time_out") for event in episodes)
    assert sum(row["episodes"] for row in read_metrics(config.output)) == len(episodes)
    written = [event.kind for event in events if isinstance(event, FileWritten)]
    assert written == ["checkpoint"] * 12 + ["policy"]
    assert job.progress.done == job.progress.total == 12


@pytest.mark.parametrize("radius", [0.05, 50.0])
def test_an_episode_with_a_target_is_a_success_where_it_was_reached(tmp_path: Path, radius: float) -> None:
    config = make_config(tmp_path / "run", iterations=8)
    config.task.command = TargetCommandConfig(radius=radius)
    config.task.episode, config.task.terminations = 0.3, {}
    job = TrainingJob(config)
    job.run()
    episodes = [event for event in job.events.read()[0] if isinstance(event, EpisodeEnded)]
    assert episodes and {event.cause for event in episodes} == {"time_out"}
    assert {event.success for event in episodes} == {radius > 1.0}
    assert {row["success"] for row in read_metrics(config.output) if row["episodes"]} == {float(radius > 1.0)}


def test_slices_are_short_and_pause_is_a_promise(tmp_path: Path) -> None:
    job = TrainingJob(make_config(tmp_path / "run", iterations=50))
    job.start()
    while job.progress.phase != "training":
        job.tick(0.0)
    job.tick(0.05)
    before = (job.totals, len(job.events))
    job.pause()
    for _ in range(20):
        assert job.tick(1.0) is JobState.PAUSED
    assert (job.totals, len(job.events) - 1) == before
    job.resume()
    while job.totals == before[0]:
        assert job.tick(0.05) is JobState.RUNNING
    job.stop()
    while not job.tick().final:
        pass
    assert job.state is JobState.DONE and job.totals.iteration < 50
    assert (tmp_path / "run" / "policy" / "policy.safetensors").exists()
    job.close()


def test_a_job_that_is_closed_keeps_the_last_whole_iteration_and_the_resumed_run_is_the_same(tmp_path: Path) -> None:
    config = make_config(tmp_path / "closed", iterations=4)
    config.checkpoint.every = 1000
    job = TrainingJob(config, keep_state=True)
    job.start()
    while job.totals.iteration < 2:
        job.tick(0.0)
    job.tick(0.0)
    job.close()
    assert job.error is None
    assert [path.name for path in (config.output / "checkpoints").iterdir()] == ["iteration_000002"]
    TrainingJob(config).run()
    whole = make_config(tmp_path / "whole", iterations=4)
    TrainingJob(whole).run()
    one, other = (load_policy(output).actor.state_dict() for output in (config.output, whole.output))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_job_that_is_closed_while_it_saves_keeps_the_iteration_that_it_was_saving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, gate = threading.Event(), threading.Event()
    write = CheckpointStore.write

    def slow(self: CheckpointStore, *arguments: Any) -> Path:
        writing.set()
        gate.wait()
        return write(self, *arguments)

    monkeypatch.setattr(CheckpointStore, "write", slow)
    job = TrainingJob(make_config(tmp_path / "run", iterations=4), keep_state=True)
    job.start()
    while not writing.is_set():
        job.tick(0.0)
    for _ in range(5):
        assert job.tick(0.0) is JobState.RUNNING and job.totals.iteration == 1  # waits, without blocking
    threading.Timer(0.1, gate.set).start()
    job.close()
    assert job.error is None
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["iteration_000001"]


def test_a_slice_is_one_physics_step(tmp_path: Path) -> None:
    job = TrainingJob(make_config(tmp_path / "run", iterations=9))
    job.start()
    while job.totals.iteration < 1:
        job.tick(0.0)
    assert job.env is not None
    world, steps = job.env.simulation.world, []
    while job.totals.iteration < 2:
        before = world.current_time_step_index
        job.tick(0.0)
        steps.append(world.current_time_step_index - before)
    job.close()
    assert max(steps) == 1 and sum(steps) == job.config.ppo.steps * job.config.task.decimation


def test_a_simulation_that_fails_leaves_the_last_whole_iteration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config(tmp_path / "run", iterations=9)
    config.checkpoint.every = 1000
    job = TrainingJob(config, keep_state=True)
    job.start()
    while job.totals.iteration < 2:
        job.tick(0.0)
    assert job.env is not None
    monkeypatch.setattr(job.env.simulation.robots, "is_physics_handle_valid", lambda: False)
    while not job.tick().final:
        pass
    assert job.state is JobState.FAILED and "simulation was stopped" in str(job.error)
    assert [path.name for path in (config.output / "checkpoints").iterdir()] == ["iteration_000002"]


def test_within_a_window_the_world_is_set_up_in_the_application_s_frames(run: Path, tmp_path: Path) -> None:
    """The standalone host has the asynchronous methods too, so what an extension of Kit does runs here for real."""
    held: list[bool] = []
    window = dataclasses.replace(hosts.load("standalone"), windowed=True, hold_frames=held.append)
    job = TrainingJob(make_config(tmp_path / "run"), host=window)

    async def frames() -> None:
        job.start()
        while not job.tick(0.0).final:
            await asyncio.sleep(0)

    asyncio.run(frames())
    assert job.error is None and held == [True, False]
    one, other = (load_policy(output).actor.state_dict() for output in (run, tmp_path / "run"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    with pytest.raises(HostError, match="within the window"):
        simulations.Simulation(job.config.scene, "cpu", host=window)


def test_an_iteration_that_was_reported_is_kept_whenever_the_job_is_closed(tmp_path: Path) -> None:
    job = TrainingJob(make_config(tmp_path / "run", iterations=50), keep_state=True)
    job.start()
    while job.totals.iteration < 2:
        job.tick(0.0)  # one slice: the one that reports
    job.close()
    assert (tmp_path / "run" / "checkpoints" / "iteration_000002" / "manifest.json").is_file()


def test_save_soon_writes_one_checkpoint_between_two_iterations(tmp_path: Path) -> None:
    config = make_config(tmp_path / "run", iterations=6)
    config.checkpoint.every = 1000
    job = TrainingJob(config)
    job.start()
    while job.totals.iteration < 2:
        job.tick(0.0)
    for _ in range(3):  # into the third
        job.tick(0.0)
    job.save_soon()
    job.tick()
    written = [Path(e.path).name for e in job.events.read()[0] if isinstance(e, FileWritten) and e.kind == "checkpoint"]
    assert written == ["iteration_000003", "iteration_000006"]


def test_going_on_from_an_earlier_checkpoint_leaves_the_later_course(run: Path, tmp_path: Path) -> None:
    output = copy(run, tmp_path)
    assert {path.name[-1] for path in (output / "checkpoints").iterdir()} == {"1", "2", "3"}
    job = TrainingJob(make_config(output, iterations=2), checkpoint="iteration_000001")
    job.run()
    assert {path.name[-1] for path in (output / "checkpoints").glob("iteration_*")} == {"1", "2"}
    assert [path.name for path in (output / "checkpoints" / "left").iterdir()] == ["iteration_000003"]


def test_a_finished_run_can_be_prolonged(run: Path, tmp_path: Path) -> None:
    output = copy(run, tmp_path)
    job = TrainingJob(make_config(output, iterations=5))
    job.run()
    assert [row["iteration"] for row in read_metrics(output)] == [1, 2, 3, 4, 5]


def test_a_full_disk_pauses_and_after_room_was_made_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = 10**12
    monkeypatch.setattr(checkpoints, "free_bytes", lambda path: room)
    job = TrainingJob(make_config(tmp_path / "run", iterations=4))
    job.start()
    while job.totals.iteration < 2:
        job.tick(0.0)
    room = 1000
    state = JobState.RUNNING
    while state is JobState.RUNNING:
        state = job.tick(0.0)
    assert state is JobState.PAUSED and isinstance(job.error, StorageError)
    assert "Free some space" in str(job.error)
    assert job.tick() is JobState.PAUSED
    room = 10**12
    job.resume()
    while not job.tick().final:
        pass
    assert job.state is JobState.DONE and job.error is None
    assert [row["iteration"] for row in read_metrics(tmp_path / "run")] == [1, 2, 3, 4]


def test_one_folder_one_run(tmp_path: Path) -> None:
    first = TrainingJob(make_config(tmp_path / "run"))
    first.start()
    first.tick(0.0)
    error = failure(make_config(tmp_path / "run"))
    assert isinstance(error, StorageError) and "another run" in str(error)
    first.close()
    TrainingJob(make_config(tmp_path / "run", iterations=1)).run()


def test_another_configuration_in_the_same_folder_is_refused(run: Path, tmp_path: Path) -> None:
    config = make_config(copy(run, tmp_path))
    config.ppo.discount = 0.9
    error = failure(config)
    assert isinstance(error, ConfigError) and "'ppo'" in str(error)


def test_a_checkpoint_that_does_not_exist_is_refused_with_those_that_do(run: Path, tmp_path: Path) -> None:
    error = failure(make_config(copy(run, tmp_path)), checkpoint="iteration_000099")
    assert isinstance(error, CheckpointError) and "iteration_000003" in str(error)


def test_a_damaged_checkpoint_is_refused_and_the_one_before_works(run: Path, tmp_path: Path) -> None:
    output = copy(run, tmp_path)
    path = output / "checkpoints" / "iteration_000003" / "learner.safetensors"
    path.write_bytes(path.read_bytes()[:-20])
    error = failure(make_config(output, iterations=4))
    assert isinstance(error, CheckpointError) and "--resume-from iteration_000002" in str(error)
    job = TrainingJob(make_config(output, iterations=4), checkpoint="iteration_000002")
    job.run()
    assert [row["iteration"] for row in read_metrics(output)] == [1, 2, 3, 4]


def test_the_world_of_a_simulation_is_set_up_for_its_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(simulations, "configure_world", lambda world, config, device, num_envs: seen.append(num_envs))
    simulations.Simulation(SceneConfig(num_envs=3), "cpu").close()
    drained(simulations.Simulation.opening(SceneConfig(), "cpu", crowd=5)).close()
    assert seen == [3, 5]


def test_a_checkpoint_of_another_robot_is_refused(run: Path, tmp_path: Path) -> None:
    output = copy(run, tmp_path)
    manifest = output / "checkpoints" / "iteration_000003" / "manifest.json"
    content = json.loads(manifest.read_text())
    content["signature"]["robot"] = "spider"
    manifest.write_text(json.dumps(content))
    error = failure(make_config(output, iterations=4))
    assert isinstance(error, CheckpointError) and "'spider'" in str(error)


def test_cuda_is_refused_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "cuda_devices", lambda: 0)
    config = make_config(tmp_path / "run")
    config.device = "cuda"
    error = failure(config)
    assert isinstance(error, DeviceError) and "--device cpu" in str(error)


def test_a_wrong_term_is_refused_by_name_and_the_folder_is_free_again(tmp_path: Path) -> None:
    config = make_config(tmp_path / "run")
    config.task.rewards["velocity"].term = "track_liner_velocity"
    error = failure(config)
    assert isinstance(error, TermError) and "rewards.velocity" in str(error)
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_policy_files_are_checked(run: Path, tmp_path: Path) -> None:
    policy = load_policy(run)
    assert policy.card["joints"] and policy.config.task.name == "walk"
    assert policy(torch.zeros(2, 83)).shape == (2, 23)
    output = copy(run, tmp_path)
    path = output / "policy" / "policy.safetensors"
    data = bytearray(path.read_bytes())
    data[-5] ^= 255
    path.write_bytes(bytes(data))
    with pytest.raises(CheckpointError, match="damaged"):
        load_policy(output)
    with pytest.raises(CheckpointError, match="manifest"):
        load_policy(tmp_path)
