# SPDX-License-Identifier: Apache-2.0
"""The adapters do what their libraries expect: rsl_rl and skrl train, gymnasium's wrappers work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

from humanoid_brain.learning.adapters import GymnasiumEnv, IsaacLabEnv, RslRlEnv
from humanoid_brain.learning.assembly import make_env
from humanoid_brain.learning.env import HumanoidEnv
from tests.learning.test_env import small_config


@pytest.fixture(scope="module")
def env() -> Iterator[HumanoidEnv]:
    env = make_env(small_config(8))
    yield env
    env.simulation.close()


def rsl_rl_config() -> dict[str, Any]:
    network = {"class_name": "MLPModel", "hidden_dims": [16, 16], "activation": "elu", "obs_normalization": True}
    gauss = {"class_name": "GaussianDistribution", "init_std": 0.8}
    return {
        "num_steps_per_env": 6, "save_interval": 100, "obs_groups": {"actor": ["policy"], "critic": ["critic"]},
        "actor": {**network, "distribution_cfg": gauss}, "critic": network,
        "algorithm": {"class_name": "PPO", "num_learning_epochs": 2, "num_mini_batches": 2},
    }  # fmt: skip


def test_rsl_rl_trains(env: HumanoidEnv) -> None:
    from rsl_rl.runners import OnPolicyRunner

    adapter: Any = RslRlEnv(env)
    runner = OnPolicyRunner(adapter, rsl_rl_config(), log_dir=None, device="cpu")
    before = [p.clone() for p in runner.alg.actor.parameters()]
    runner.learn(2, init_at_random_ep_len=True)
    assert any(not torch.equal(a, b) for a, b in zip(before, runner.alg.actor.parameters(), strict=True))


def test_rsl_rl_gets_copies_and_time_outs(env: HumanoidEnv) -> None:
    adapter = RslRlEnv(env)
    first = adapter.get_observations()
    kept = first["policy"].clone()
    adapter.episode_length_buf = torch.full((8,), env.max_episode_length - 1)
    _, _, done, extras = adapter.step(torch.zeros(8, 23))
    assert torch.equal(first["policy"], kept)
    assert done.dtype is torch.int64 and done.all() and extras["time_outs"].all()


def test_skrl_wraps_and_steps(env: HumanoidEnv) -> None:
    from skrl.envs.wrappers.torch import wrap_env

    wrapped: Any = wrap_env(IsaacLabEnv(env), wrapper="isaaclab")
    observations, _ = wrapped.reset()
    assert observations.shape == (8, 83)
    observations, reward, terminated, truncated, _ = wrapped.step(torch.zeros(8, 23))
    assert reward.shape == terminated.shape == truncated.shape == (8, 1)
    assert wrapped.state().shape == (8, 92)
    assert wrapped.observation_space.shape == (83,) and wrapped.action_space.shape == (23,)


def test_gymnasium_counts_episodes(env: HumanoidEnv) -> None:
    vector = gymnasium.wrappers.vector.RecordEpisodeStatistics(GymnasiumEnv(env))
    observations, _ = vector.reset(seed=4)
    assert observations.shape == (8, 83) and observations.dtype == np.float32
    generator = np.random.default_rng(0)
    seen = 0
    for _ in range(150):
        action = generator.normal(0.0, 0.6, (8, 23)).astype(np.float32)
        observations, _, terminated, truncated, info = vector.step(action)
        assert vector.observation_space.contains(observations)
        if done := (terminated | truncated).sum():
            seen += done
            assert info["_final_obs"].sum() == done
            assert info["final_obs"].shape == observations.shape
            # The new episode has begun: its observation is another one.
            rows = info["_final_obs"]
            assert not np.array_equal(info["final_obs"][rows], observations[rows])
    assert seen > 3 and len(vector.return_queue) == min(seen, 100)
