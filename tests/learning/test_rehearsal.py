# SPDX-License-Identifier: Apache-2.0
"""What a GPU loads while PhysX makes its copies: done here on the CPU, where nothing is hidden by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from humanoid_brain import host as hosts
from humanoid_brain import paths
from humanoid_brain.config.base import load
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.learning.graphs import Captured
from humanoid_brain.learning.rehearsal import rehearse
from humanoid_brain.learning.simulation import Simulation
from humanoid_brain.scene.build import BuiltScene, build_scene

PRESETS = sorted(path.stem for path in (paths.config() / "training").glob("*.yaml"))


def run_of(preset: str, num_envs: int = 4) -> TrainingConfig:
    config = load(TrainingConfig, paths.config() / "training" / f"{preset}.yaml")
    config.device, config.scene.num_envs = "cpu", num_envs
    config.ppo.minibatches = min(config.ppo.minibatches, num_envs)
    return config


def built(config: TrainingConfig) -> BuiltScene:
    host = hosts.load("standalone")
    host.stage.create_new_stage()
    return build_scene(config.scene, host)


@pytest.mark.parametrize("preset", PRESETS)
def test_everything_that_is_recorded_is_done_once(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config, done, once = run_of(preset), list[str](), Captured.rehearse

    def note(self: Captured) -> None:
        done.append(self._function.__name__)
        once(self)

    monkeypatch.setattr(Captured, "rehearse", note)
    rehearse(config, built(config))
    recorded = ["_apply_action", "_evaluate", "_sample_action", "_store_outcome", "_estimate_returns"]
    assert done == [*recorded, "_step_minibatch"]


def test_the_run_that_follows_is_not_touched() -> None:
    config = run_of("walk_cpu")
    scene, numbers, precision = built(config), torch.get_rng_state(), torch.get_float32_matmul_precision()
    rehearse(config, scene)
    assert torch.equal(torch.get_rng_state(), numbers)
    assert torch.get_float32_matmul_precision() == precision


def test_a_host_is_given_the_work_with_the_scene() -> None:
    given, seen = list[Callable[[], None]](), list[BuiltScene]()
    host = replace(hosts.load("standalone"), meanwhile=given.append)
    config = run_of("walk_cpu")
    simulation = Simulation(config.scene, "cpu", host=host, meanwhile=seen.append)
    assert len(given) == 1 and not seen
    given[0]()
    assert seen == [simulation.built]
    simulation.close()
