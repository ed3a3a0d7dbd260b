# SPDX-License-Identifier: Apache-2.0
"""Put environment and learner together from a configuration.

The simulation comes first, and what needs PyTorch after it: a host may import PyTorch while it loads the scene.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Literal

from humanoid_brain import host as hosts
from humanoid_brain import rng
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.learning.simulation import Simulation
from humanoid_brain.machine import collector_paused

if TYPE_CHECKING:
    from humanoid_brain.host import Host
    from humanoid_brain.learning.env import HumanoidEnv
    from humanoid_brain.learning.ppo import PPO, Symmetry
    from humanoid_brain.scene.build import BuiltScene


def make_env(config: TrainingConfig, *, host: Host | None = None, learns: bool = False) -> HumanoidEnv:
    """The environment of a run; one that a learner is made for, ``learns``, is rehearsed with it on a GPU."""
    host = _ready(host, config)
    with collector_paused():
        simulation = Simulation(config.scene, config.device, host=host, meanwhile=_rehearsal(config, learns))
        from humanoid_brain.learning.env import HumanoidEnv

        return HumanoidEnv(simulation, config.task, seed=config.seed)


def opening_env(
    config: TrainingConfig, *, host: Host | None = None, crowd: int | None = None, learns: bool = False
) -> Generator[None, None, HumanoidEnv]:
    """As :func:`make_env`, in slices: what a job takes that may run within the window of Isaac Sim.

    ``crowd`` is as of :func:`humanoid_brain.scene.build.build_scene`.
    """
    host = _ready(host, config)
    with collector_paused():
        simulation = yield from Simulation.opening(
            config.scene, config.device, host=host, crowd=crowd, meanwhile=_rehearsal(config, learns)
        )
        from humanoid_brain.learning.env import HumanoidEnv

        return HumanoidEnv(simulation, config.task, seed=config.seed)


def _rehearsal(config: TrainingConfig, learns: bool) -> Callable[[BuiltScene], None] | None:
    """What a GPU can do while the scene is loaded onto it; nothing of it is used later."""

    def rehearse(built: BuiltScene) -> None:
        from humanoid_brain.learning import rehearsal

        rehearsal.rehearse(config, built, make_learner)

    return rehearse if learns and config.device == "cuda" else None


def _ready(host: Host | None, config: TrainingConfig) -> Host:
    """The host, told about threads."""
    host = host or hosts.load()
    host.set_torch_threads(config.torch_threads)  # beside a GPU too: it draws the first weights, and idle ones spin
    return host


def make_learner(config: TrainingConfig, env: HumanoidEnv) -> PPO:
    """The learner of a run."""
    from humanoid_brain.learning.networks import ActorCritic
    from humanoid_brain.learning.ppo import PPO

    network = ActorCritic(
        env.groups["policy"].size,
        env.groups["critic"].size,
        env.num_actions,
        hidden=config.network.hidden,
        initial_std=config.network.initial_std,
        std_range=config.network.std_range,
        seed=rng.torch_seed(config.seed, "weights"),
    ).to(env.device)
    symmetry = make_symmetry(env) if config.ppo.mirror != "off" else None
    return PPO(network, config.ppo, env.num_envs, symmetry=symmetry, seed=config.seed)


def make_symmetry(env: HumanoidEnv) -> Symmetry:
    """Left-right reflections of what the learner sees."""
    from humanoid_brain.learning.ppo import Mirror, Symmetry

    tensors = env.state.tensors
    policy, critic = (Mirror(*env.groups[name].reflection) for name in ("policy", "critic"))
    return Symmetry(policy, critic, Mirror(tensors.mirror_index, tensors.mirror_sign))


def machine(device: Literal["cpu", "cuda"]) -> str:
    """What the work runs on, for manifests and cards."""
    cores = f"{os.cpu_count()} CPU cores ({platform.machine()})"
    if device == "cpu":
        return cores
    import torch

    return f"{torch.cuda.get_device_name(0)}, {cores}"
