# SPDX-License-Identifier: Apache-2.0
"""One policy step and one optimizer step without physics, for the time in which the simulation is being loaded.

CUDA loads a kernel when it is first asked for, and PyTorch has hundreds: the first training step would wait for
each of them. Kernels depend on sizes, so this is done at full size; the run takes over what memory it took.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.learning.env import HumanoidEnv
from humanoid_brain.learning.ppo import PPO
from humanoid_brain.learning.simulation import Simulation
from humanoid_brain.learning.state import RobotTensors
from humanoid_brain.scene.build import BuiltScene
from humanoid_brain.scene.robot import resolve


class _Still(Simulation):
    """Robots that nothing moves."""

    def __init__(self, config: TrainingConfig, built: BuiltScene) -> None:
        self.num_envs, self.physics_dt = built.num_envs, config.scene.physics.dt
        self.device = torch.device("cuda:0" if config.device == "cuda" else "cpu")
        self.robot = resolve(built.robot, built.dof_names, list(built.link_paths))
        limits = torch.tensor([[-1.0, 1.0]]).repeat(len(built.dof_names), 1)
        self.tensors = RobotTensors.of(self.robot, built.robot, limits, self.device)
        self._origins = torch.as_tensor(built.env_origins, dtype=torch.float32, device=self.device)

    def configure_drives(self, kind: Any) -> None:
        pass

    def write_rows(self, state: Any, rows: Tensor, *, at_rest: bool = False) -> None:
        pass


def rehearse(
    config: TrainingConfig, built: BuiltScene, make_learner: Callable[[TrainingConfig, HumanoidEnv], PPO]
) -> None:
    """Let the device load what training will use.

    Args:
        config: The run.
        built: Its scene, not yet simulated.
        make_learner: Makes the run's learner.
    """
    with torch.random.fork_rng(devices=[]):  # layers draw weights that nobody keeps
        env = HumanoidEnv(_Still(config, built), config.task, seed=config.seed)
        learner = make_learner(config, env)
        env.reset(spread=True)
        for graph in (*env.graphs, *learner.graphs):
            graph.rehearse()
