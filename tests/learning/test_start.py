# SPDX-License-Identifier: Apache-2.0
"""From the start of a process to its first simulation: PyTorch is imported while PhysX loads the scene."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest

from humanoid_brain import host, paths
from humanoid_brain.config.base import load
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.learning import assembly

_SET_UP = """
import json, sys
from pathlib import Path
from humanoid_brain import paths
from humanoid_brain.config.base import load
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.host.standalone import engine, simulation
from humanoid_brain.learning.assembly import make_env
from humanoid_brain.learning.job import TrainingJob

REPLICATOR = "humanoid_brain.host.standalone.replicator"
LATER = ["torch", "asyncio", f"{REPLICATOR}.annotators", "humanoid_brain.scene.props"]
seen, attach, settle = {}, engine.Engine._load, simulation.Simulation._settle

def note_attach(*arguments):
    seen["before"] = [name for name in LATER if name in sys.modules]
    attach(*arguments)
    seen["copied"] = True

def note_settle(*arguments):
    import torch
    seen["threads"] = torch.get_num_threads()
    settle(*arguments)

engine.Engine._load, simulation.Simulation._settle = note_attach, note_settle
config = load(TrainingConfig, paths.config() / "training" / "walk_cpu.yaml")
config.scene.num_envs, config.torch_threads, config.output = 4, 3, Path(sys.argv[1])
config.budget.iterations, config.tensorboard = 1, False
"""


def _seen(work: str, repo_root: Path, tmp_path: Path) -> dict[str, Any]:
    """What a fresh process sees while it does ``work``."""
    code = f"{_SET_UP}\n{work}\nprint(json.dumps(seen))"
    command = [sys.executable, "-c", code, str(tmp_path / "run")]
    result = subprocess.run(command, capture_output=True, text=True, cwd=repo_root)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("work", ["make_env(config)", "TrainingJob(config).run()"])
def test_what_can_wait_is_not_imported_before_a_scene_loads(work: str, repo_root: Path, tmp_path: Path) -> None:
    seen = _seen(work, repo_root, tmp_path)
    assert seen["copied"] and not seen["before"]


def test_threads_are_chosen_before_pytorch_works(repo_root: Path, tmp_path: Path) -> None:
    assert _seen("make_env(config)", repo_root, tmp_path)["threads"] == 3


def test_where_a_window_waits_pytorch_is_imported_beside_it(repo_root: Path, tmp_path: Path) -> None:
    assert "torch" in _seen("TrainingJob(config, keep_state=True).run()", repo_root, tmp_path)["before"]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_first_weights_do_not_follow_the_machines_cores(device: Literal["cpu", "cuda"]) -> None:
    config, chosen = load(TrainingConfig, paths.config() / "training" / "walk.yaml"), list[int]()
    config.device, config.torch_threads = device, 3
    assembly._ready(dataclasses.replace(host.load(), set_torch_threads=chosen.append), config)
    assert chosen == [3]
