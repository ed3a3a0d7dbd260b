# SPDX-License-Identifier: Apache-2.0
"""What is recorded as a CUDA graph must read fixed buffers only and never look at a value on the host.

A graph replays kernels on the addresses it saw. So whatever a recorded function reads from outside must lie where
it lay the time before, and nothing may copy to the host or make a tensor from Python numbers. Both can be watched
on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from humanoid_brain.learning.assembly import make_env, make_learner
from humanoid_brain.learning.env import HumanoidEnv
from humanoid_brain.learning.ppo import PPO
from tests.learning.test_env import small_config

HOST = ("_local_scalar_dense", "nonzero", "lift_fresh", "is_nonzero", "masked_select", "unique")
"""Operators that wait for the device, or bring numbers from the host."""


class Watch(TorchDispatchMode):
    """Notes every storage that is read but was not made while watching, and operators that need the host."""

    def __init__(self) -> None:
        super().__init__()
        self.read: dict[int, torch.Tensor] = {}
        self.host: list[str] = []
        self._made: dict[int, torch.Tensor] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.__name__.split(".")[0]
        if name in HOST:
            self.host.append(name)
        for leaf in tree_leaves((args, kwargs or {})):
            if isinstance(leaf, torch.Tensor) and leaf.untyped_storage().data_ptr() not in self._made:
                self.read[leaf.untyped_storage().data_ptr()] = leaf
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            # Held, so that its address is not given to another tensor while we watch.
            if isinstance(leaf, torch.Tensor) and leaf.untyped_storage().data_ptr() not in self.read:
                self._made[leaf.untyped_storage().data_ptr()] = leaf
        return out


def watched(function: Callable[[], None]) -> Watch:
    with Watch() as watch:
        function()
    return watch


@pytest.fixture(scope="module", params=["walk", "reach", "torque"])
def env(request: pytest.FixtureRequest) -> Iterator[HumanoidEnv]:
    from humanoid_brain.config.base import load
    from humanoid_brain.config.training import TrainingConfig
    from humanoid_brain.paths import config as presets

    config = small_config(8)
    if request.param == "reach":
        config.task = load(TrainingConfig, presets() / "training" / "reach.yaml").task
    if request.param == "torque":
        config.task.action.kind = "torque"
    config.task.observations["policy"].history = 2
    config.task.push.speed = 0.5
    env = make_env(config)
    env._may_branch = False
    env.reset()
    yield env
    env.simulation.close()


@pytest.fixture(scope="module")
def learner(env: HumanoidEnv) -> PPO:
    return make_learner(small_config(8), env)


def check(function: Callable[[], None], between: Callable[[], None]) -> None:
    function()
    first = watched(function)
    between()
    second = watched(function)
    assert not first.host and not second.host, f"needs the host: {sorted({*first.host, *second.host})}"
    moved = [tuple(tensor.shape) for address, tensor in second.read.items() if address not in first.read]
    assert not moved, f"reads {len(moved)} tensors that lay elsewhere before, shapes {moved[:5]}"


def step(env: HumanoidEnv, learner: PPO) -> None:
    _, reward, terminated, truncated, extras = env.step(
        learner.act(env.observations["policy"], env.observations["critic"])
    )
    learner.observe(reward, terminated, truncated, extras["final_obs"]["critic"])


def test_environment_before_the_physics(env: HumanoidEnv, learner: PPO) -> None:
    check(env._apply_action, lambda: step(env, learner))


def test_environment_after_the_physics(env: HumanoidEnv, learner: PPO) -> None:
    check(env._evaluate, lambda: step(env, learner))


def test_learner(env: HumanoidEnv, learner: PPO) -> None:
    for function in (learner._sample_action, learner._store_outcome, learner._estimate_returns):
        check(function, lambda: step(env, learner))


def test_optimizer_step(env: HumanoidEnv, learner: PPO) -> None:
    for _ in range(learner.rollout.steps):
        step(env, learner)
    learner.estimate_returns()
    check(learner._step_minibatch, lambda: step(env, learner))


def test_the_watch_sees_what_it_should() -> None:
    fixed, other = torch.zeros(3), torch.ones(3)
    holder = {"x": fixed}

    def reads() -> None:
        fixed.add_(holder["x"])

    def swap() -> None:
        holder["x"] = other

    with pytest.raises(AssertionError, match="lay elsewhere"):
        check(reads, swap)

    def from_host() -> None:
        fixed.copy_(torch.tensor([1.0, 2.0, 3.0]))

    def to_host() -> None:
        fixed.mul_(float(fixed.sum()))

    for function in (from_host, to_host):
        with pytest.raises(AssertionError, match="needs the host"):
            check(function, lambda: None)
