# SPDX-License-Identifier: Apache-2.0
"""A run that is killed and resumed equals, on the CPU, the one that was not, bit for bit."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from humanoid_brain.config.base import save
from humanoid_brain.learning.metrics import read_metrics
from tests.learning.test_env import small_config

ITERATIONS = 24
KILLS = 6
"""At most three iterations pass before each, so that they come before the end."""


def write_config(folder: Path, output: Path, **changes: object) -> Path:
    config = small_config(32)
    config.ppo.steps, config.ppo.epochs, config.ppo.minibatches = 6, 2, 2
    config.network.hidden = [32, 32]
    config.task.push.speed, config.task.push.interval = 0.3, 0.5
    config.budget.iterations = ITERATIONS
    config.checkpoint.every, config.checkpoint.keep = 1, 2
    config.tensorboard, config.output = False, output
    for name, value in changes.items():
        setattr(config, name, value)
    path = folder / f"{output.name}.yaml"
    save(config, path)
    return path


def start(config: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "humanoid_brain", "train", "--config", str(config)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(command, stderr=subprocess.PIPE, env=environment)


def finish(config: Path) -> None:
    process = start(config)
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors.decode()


def result(output: Path) -> dict[str, bytes]:
    """Everything the run came to: its last checkpoint and its policy."""
    last = output / "checkpoints" / f"iteration_{ITERATIONS:06d}"
    names = ("learner.safetensors", "environment.safetensors")
    files = {name: (last / name).read_bytes() for name in names}
    return {**files, "policy": (output / "policy" / "policy.safetensors").read_bytes()}


def learned(output: Path) -> list[dict]:
    """The metrics that do not tell the time."""
    times = ("seconds", "steps_per_second", "collect_seconds", "learn_seconds")
    return [{key: value for key, value in row.items() if key not in times} for row in read_metrics(output)]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    finish(write_config(folder, folder / "whole"))
    return folder / "whole"


@pytest.mark.slow
def test_killed_at_random_moments_and_resumed_equals_uninterrupted(uninterrupted: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path, tmp_path / "killed")
    chance = random.Random(7)
    iteration = median(row["collect_seconds"] + row["learn_seconds"] for row in read_metrics(uninterrupted))
    for _ in range(KILLS):
        seen = set((tmp_path / "killed" / "checkpoints").glob("iteration_*"))
        process, deadline = start(config), time.monotonic() + 60
        while not set((tmp_path / "killed" / "checkpoints").glob("iteration_*")) - seen:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(chance.uniform(0.0, 2.0 * iteration))
        process.kill()
        assert process.wait() == -signal.SIGKILL
    finish(config)
    assert result(tmp_path / "killed") == result(uninterrupted)
    assert learned(tmp_path / "killed") == learned(uninterrupted)


@pytest.mark.slow
def test_stopped_by_ctrl_c_and_resumed_equals_uninterrupted(uninterrupted: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path, tmp_path / "stopped")
    process = start(config)
    while not list((tmp_path / "stopped" / "checkpoints").glob("iteration_*")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors.decode()
    assert b"Traceback" not in errors
    finish(config)
    assert result(tmp_path / "stopped") == result(uninterrupted)


@pytest.mark.slow
def test_number_of_cores_does_not_matter(uninterrupted: Path, tmp_path: Path) -> None:
    """On one core the physics runs on other threads, and torch would by default too."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        finish(write_config(tmp_path, tmp_path / "core"))
    finally:
        os.sched_setaffinity(0, before)
    assert result(tmp_path / "core") == result(uninterrupted)


@pytest.mark.slow
def test_another_seed_makes_another_run(uninterrupted: Path, tmp_path: Path) -> None:
    finish(write_config(tmp_path, tmp_path / "other", seed=1))
    assert result(tmp_path / "other") != result(uninterrupted)


def test_the_run_folder_says_what_made_it(uninterrupted: Path) -> None:
    manifest = json.loads((uninterrupted / "manifest.json").read_text())
    assert manifest["seed"] == 0 and manifest["reproducible"] is True
    assert {"humanoid_brain", "torch", "host", "machine", "created"} <= manifest.keys()
    suffixes = {path.suffix for path in uninterrupted.rglob("*") if path.is_file() and path.name != ".lock"}
    assert suffixes == {".json", ".jsonl", ".yaml", ".safetensors"}
