# SPDX-License-Identifier: Apache-2.0
"""The shipped policy walks, a policy that does nothing falls, and the report tells them apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from humanoid_brain.config.evaluation import EvaluationConfig
from humanoid_brain.errors import CheckpointError
from humanoid_brain.evaluation.job import EvaluationJob
from humanoid_brain.files import sha256
from humanoid_brain.jobs import JobState
from humanoid_brain.learning.policy import load_policy
from humanoid_brain.paths import share

SHIPPED = share() / "data" / "policies" / "walk"
EPISODES = 12


def _evaluate(policy: Path, output: Path, **fields: Any) -> dict[str, Any]:
    job = EvaluationJob(EvaluationConfig(policy=policy, episodes=EPISODES, output=output, **fields))
    job.start()
    while job.state is JobState.RUNNING:
        job.tick(1.0)
    job.close()
    assert job.error is None
    return job.report


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _evaluate(SHIPPED, tmp_path_factory.mktemp("report"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "policy"))


def _limp(folder: Path) -> None:
    """Make a policy whose actions are all zero."""
    weights = load_file(folder / "policy.safetensors")
    last = max(name for name in weights if name.startswith("actor") and name.endswith("weight"))
    for name in (last, last.replace("weight", "bias")):
        weights[name] = torch.zeros_like(weights[name])
    save_file(weights, folder / "policy.safetensors")
    card = json.loads((folder / "manifest.json").read_text())
    card["sha256"]["policy.safetensors"] = sha256(folder / "policy.safetensors")
    (folder / "manifest.json").write_text(json.dumps(card))


@pytest.mark.parametrize(("envs", "rounds"), [(EPISODES, 0), (EPISODES // 2, 1)])
def test_a_stop_leaves_no_report_of_part_of_the_episodes(tmp_path: Path, envs: int, rounds: int) -> None:
    config = EvaluationConfig(policy=SHIPPED, episodes=EPISODES, num_envs=envs, episode=0.4, output=tmp_path)
    job = EvaluationJob(config)
    job.start()
    while not job.tick(0.0).final:
        if job.progress.done > rounds * 20:
            job.stop()
    assert job.error is None and job.report == {} and list(tmp_path.iterdir()) == []
    assert rounds * 20 < job.progress.done < (rounds + 1) * 20


def test_the_shipped_policy_walks_as_it_is_told(report: dict[str, Any]) -> None:
    assert report["survival"] == 1.0
    assert report["velocity_error"] < 0.1
    assert report["episode_seconds"] == pytest.approx(20.0)
    # Between a person (0.2) and machines of today (above 1): a sanity check of the unit, not a goal.
    assert 0.1 < report["cost_of_transport"] < 2.0
    assert max(report["peak_effort"].values()) <= 1.0 + 1e-6
    assert sum(report["falls"].values()) == 0


def test_the_shipped_card_holds_curve_and_evaluation() -> None:
    card = load_policy(SHIPPED).card
    assert card["machine"] and card["curve"][-1]["velocity_error"] < card["curve"][0]["velocity_error"]
    assert card["evaluation"]["episodes"] >= 512
    low, high = card["evaluation"]["survival_interval"]
    assert low <= card["evaluation"]["survival"] <= high


def test_a_limp_policy_falls_and_the_cause_is_named(copy: Path, tmp_path: Path) -> None:
    _limp(copy)
    report = _evaluate(copy, tmp_path / "report")
    assert report["survival"] < 0.5
    assert sum(report["falls"].values()) == round(EPISODES * (1 - report["survival"]))
    assert report["velocity_error"] > 0.2


def test_the_same_seed_gives_the_same_report(report: dict[str, Any], tmp_path: Path) -> None:
    assert _evaluate(SHIPPED, tmp_path / "again") == report


def test_more_episodes_than_environments_take_several_rounds(tmp_path: Path) -> None:
    report = _evaluate(SHIPPED, tmp_path / "rounds", num_envs=5)
    assert report["episodes"] == EPISODES and report["survival"] == 1.0


def test_figures_are_recorded_in_the_card_when_asked(copy: Path, tmp_path: Path) -> None:
    before = load_policy(copy).card
    report = _evaluate(copy, tmp_path / "report", record=True, push=0.5)
    after = load_policy(copy).card
    assert after.pop("evaluation") == report
    before.pop("evaluation", None)
    assert after == before


def test_a_damaged_policy_is_refused(copy: Path, tmp_path: Path) -> None:
    data = bytearray((copy / "policy.safetensors").read_bytes())
    data[-1] ^= 1
    (copy / "policy.safetensors").write_bytes(bytes(data))
    job = EvaluationJob(EvaluationConfig(policy=copy, episodes=1, output=tmp_path / "report"))
    job.start()
    with pytest.raises(CheckpointError, match=r"policy\.safetensors"):
        while job.state is JobState.RUNNING:
            job.tick(1.0)
        raise job.error or AssertionError("it was accepted")
    assert not (tmp_path / "report" / "report.json").exists()
