# SPDX-License-Identifier: Apache-2.0
"""What a GPU loads while PhysX makes its copies: done here on the CPU, where nothing is hidden by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from humanoid_brain import host as hosts
from humanoid_brain import paths
from humanoid_brain.config.base import load
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.errors import HostError
from humanoid_brain.learning.assembly import make_env, make_learner
from humanoid_brain.learning.graphs import Captured
from humanoid_brain.learning.job import TrainingJob
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
    rehearse(config, built(config), make_learner)
    recorded = ["_apply_action", "_evaluate", "_sample_action", "_store_outcome", "_estimate_returns"]
    assert done == [*recorded, "_step_minibatch"]


def test_the_run_that_follows_is_not_touched() -> None:
    config = run_of("walk_cpu")
    scene, numbers, precision = built(config), torch.get_rng_state(), torch.get_float32_matmul_precision()
    rehearse(config, scene, make_learner)
    assert torch.equal(torch.get_rng_state(), numbers)
    assert torch.get_float32_matmul_precision() == precision


def test_a_host_is_given_the_work_with_the_scene() -> None:
    given, seen = list[Callable[[], None]](), list[BuiltScene]()

    @contextmanager
    def meanwhile(work: Callable[[], None]) -> Iterator[None]:
        given.append(work)
        yield

    host = replace(hosts.load("standalone"), meanwhile=meanwhile)
    config = run_of("walk_cpu")
    simulation = Simulation(config.scene, "cpu", host=host, meanwhile=seen.append)
    assert len(given) == 1 and not seen
    given[0]()
    assert seen == [simulation.built]
    simulation.close()


@pytest.mark.parametrize(("device", "learns", "rehearsed"), [("cuda", True, 1), ("cuda", False, 0), ("cpu", True, 0)])
def test_learners_alone_rehearse_and_on_a_gpu_alone(
    device: str, learns: bool, rehearsed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, config = list[Any](), run_of("walk_cpu")
    monkeypatch.setattr(config, "device", device)

    def opened(self: Simulation, *arguments: Any, meanwhile: Any, **options: Any) -> None:
        given.append(meanwhile)
        raise KeyboardInterrupt

    monkeypatch.setattr(Simulation, "__init__", opened)
    with pytest.raises(KeyboardInterrupt):
        make_env(config, learns=learns)
    assert len(given) == 1 and (given[0] is not None) == bool(rehearsed)
    if rehearsed:
        done = list[tuple[Any, ...]]()
        monkeypatch.setattr("humanoid_brain.learning.rehearsal.rehearse", lambda *arguments: done.append(arguments))
        scene = built(config)
        given[0](scene)
        assert done == [(config, scene, make_learner)]


def test_a_training_run_is_one_that_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[bool]()

    def opened(config: TrainingConfig, *, host: Any, learns: bool) -> Any:
        asked.append(learns)
        raise HostError("enough")

    monkeypatch.setattr("humanoid_brain.learning.assembly.opening_env", opened)
    config = run_of("walk_cpu")
    config.output = tmp_path / "run"
    with pytest.raises(HostError):
        TrainingJob(config).run()
    assert asked == [True]
