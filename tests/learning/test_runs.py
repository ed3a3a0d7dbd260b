# SPDX-License-Identifier: Apache-2.0
"""What is listed loads, and what would not load is not listed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.learning.job import TrainingJob
from humanoid_brain.learning.policy import load_policy
from humanoid_brain.learning.runs import RunInfo, RunShelf
from tests.learning.test_job import make_config


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("runs") / "run"
    TrainingJob(make_config(output)).run()
    return output


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "outputs" / "run"))


def scan(folder: Path, shelf: RunShelf | None = None) -> list[RunInfo]:
    return [found for found in (shelf or RunShelf()).scan(folder) if found is not None]


def test_every_checkpoint_that_is_listed_loads(run: Path) -> None:
    (found,) = scan(run.parent)
    assert [c.name for c in found.checkpoints] == ["iteration_000001", "iteration_000002", "iteration_000003"]
    assert [c.totals.iteration for c in found.checkpoints] == [1, 2, 3]
    assert all(c.reward == row["reward"] for c, row in zip(found.checkpoints, found.rows, strict=True))
    for checkpoint in found.checkpoints:
        policy = load_policy(run, checkpoint.name)
        assert policy.card["totals"]["iteration"] == checkpoint.totals.iteration


@pytest.mark.parametrize("harm", ["truncated", "missing", "manifest", "other network", "other robots"])
def test_a_checkpoint_that_would_not_load_is_refused_with_the_reason(run: Path, harm: str) -> None:
    folder = run / "checkpoints" / "iteration_000003"
    learner = folder / "learner.safetensors"
    if harm == "truncated":
        learner.write_bytes(learner.read_bytes()[:-9])
    elif harm == "missing":
        learner.unlink()
    elif harm == "manifest":
        (folder / "manifest.json").write_text("{")
    else:
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["signature"]["network" if "network" in harm else "num_envs"] = 7
        (folder / "manifest.json").write_text(json.dumps(manifest))
    (found,) = scan(run.parent)
    assert [c.name for c in found.checkpoints] == ["iteration_000001", "iteration_000002"]
    (reason,) = found.refused
    assert reason.startswith("iteration_000003: ") and len(reason) > 30
    if harm in ("truncated", "missing", "manifest"):
        with pytest.raises(HumanoidBrainError):
            load_policy(run, "iteration_000003")


@pytest.mark.parametrize("text", ["", "task: 3", "{", "seed: &a [*a]", "\x00", "network: {hidden: [8]}"])
def test_a_run_whose_configuration_was_damaged_says_so_and_offers_nothing(run: Path, text: str) -> None:
    (run / "config.yaml").write_text(text)
    (found,) = scan(run.parent)
    assert found.config is None and found.problem and not found.checkpoints


def test_damaged_metrics_cost_the_curve_only(run: Path) -> None:
    (run / "metrics.jsonl").write_bytes(b"\xff\xfe\x00")
    (found,) = scan(run.parent)
    assert len(found.checkpoints) == 3 and found.rows == []


@pytest.mark.parametrize("row", ['{"iteration": "abc"}', '{"iteration": [1]}', "[]", '{"reward": 1.0}', "7"])
def test_rows_of_metrics_that_were_edited_are_left_out(run: Path, row: str) -> None:
    with (run / "metrics.jsonl").open("a") as stream:
        stream.write(row + "\n")
    (found,) = scan(run.parent)
    assert [each["iteration"] for each in found.rows] == [1, 2, 3] and len(found.checkpoints) == 3


@pytest.mark.parametrize("edited", [{"signature": 3}, {"sha256": []}, {"totals": 3}, {"totals": {"iteration": "x"}}])
def test_a_manifest_that_was_edited_costs_its_checkpoint_only(run: Path, edited: dict[str, Any]) -> None:
    path = run / "checkpoints" / "iteration_000003" / "manifest.json"
    manifest = json.loads(path.read_text())
    if isinstance(edited.get("totals"), dict):
        edited = {"totals": {**manifest["totals"], **edited["totals"]}}
    path.write_text(json.dumps({**manifest, **edited}))
    (found,) = scan(run.parent)
    assert len(found.checkpoints) == 2 and found.refused[0].startswith("iteration_000003: ")


def test_the_newest_run_comes_first_and_files_are_hashed_once(run: Path) -> None:
    other = Path(shutil.copytree(run, run.parent / "deep" / "other"))
    os.utime(run / "metrics.jsonl", (1, 1))
    os.utime(run / "config.yaml", (1, 1))
    shelf = RunShelf()
    slices = len(list(shelf.scan(run.parent)))
    assert [found.path for found in scan(run.parent, shelf)] == [other, run]
    assert len(list(shelf.scan(run.parent))) < slices, "nothing was read again"


def test_looking_for_runs_needs_no_torch(run: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from humanoid_brain.learning.runs import RunShelf; "
        "assert any(RunShelf().scan(Path(sys.argv[1]))); print({'torch', 'pxr'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(run.parent)], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr
