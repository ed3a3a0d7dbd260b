# SPDX-License-Identifier: Apache-2.0
"""What a run does where states or rewards are no longer finite."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from humanoid_brain.config.task import RewardTerm
from humanoid_brain.errors import DivergenceError
from humanoid_brain.jobs import JobState, Warned
from humanoid_brain.learning.job import TrainingJob
from humanoid_brain.learning.metrics import read_metrics
from humanoid_brain.learning.policy import load_policy
from humanoid_brain.learning.terms import rewards
from tests.learning.test_job import make_config


def test_too_many_broken_environments_pause_the_run_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = TrainingJob(make_config(tmp_path / "run", iterations=50))
    job.start()
    while job.totals.iteration < 2:
        job.tick(0.0)
    assert job.env is not None
    job.env.state.joint_position[2:6] = float("nan")
    job.env.write_state()
    state = JobState.RUNNING
    while state is JobState.RUNNING:
        state = job.tick(0.0)
    assert state is JobState.PAUSED
    assert isinstance(job.error, DivergenceError)
    assert "4 environments" in str(job.error) and "[2, 3, 4, 5]" in str(job.error) and "iteration" in str(job.error)
    iteration = job.totals.iteration
    job.resume()
    while job.totals.iteration < iteration + 2:
        assert job.tick(0.0) is JobState.RUNNING
    assert job.error is None
    job.close()


def test_a_few_broken_environments_are_counted_and_the_run_goes_on(tmp_path: Path) -> None:
    config = make_config(tmp_path / "run", iterations=6)
    config.guard.max_share = 0.5
    job = TrainingJob(config)
    job.start()
    while job.totals.iteration < 2:
        job.tick(0.0)
    assert job.env is not None
    job.env.state.root_velocity[1] = float("inf")
    job.env.write_state()
    while not job.tick().final:
        pass
    assert job.state is JobState.DONE
    warnings = [event.what for event in job.events.read()[0] if isinstance(event, Warned)]
    assert len(warnings) == 1 and "1 environments" in warnings[0] and "[1]" in warnings[0]
    assert all(torch.isfinite(p).all() for p in load_policy(config.output).actor.parameters())


@pytest.mark.parametrize("value", [float("nan"), 1e30])
def test_a_reward_that_is_no_number_pauses_the_run_and_names_the_term(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    config = make_config(tmp_path / "run", iterations=4)
    broken = [1.0]
    monkeypatch.setitem(rewards.reward.functions, "odd", lambda state: torch.full_like(state.height, broken[0]))
    config.task.rewards["strange"] = RewardTerm(term="odd", weight=2.0)
    job = TrainingJob(config)
    job.start()
    while job.totals.iteration < 1:
        job.tick(0.0)
    broken[0] = value
    state = JobState.RUNNING
    while state is JobState.RUNNING:
        state = job.tick(0.0)
    assert state is JobState.PAUSED and isinstance(job.error, DivergenceError)
    assert "(strange)" in str(job.error) and "environments" not in str(job.error)
    broken[0] = 1.0
    job.resume()
    while not job.tick(0.0).final:
        pass
    assert job.state is JobState.DONE and job.error is None
    assert all(math.isfinite(row["reward"]) for row in read_metrics(config.output))
