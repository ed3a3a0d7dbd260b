# SPDX-License-Identifier: Apache-2.0
"""The environment for those who bring their own training loop: rsl_rl, skrl, gymnasium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from torch import Tensor

from humanoid_brain.learning.env import HumanoidEnv

if TYPE_CHECKING:
    from tensordict import TensorDict


def observation_space(env: HumanoidEnv) -> gymnasium.spaces.Dict:
    """Space of one environment's observation groups; each number is bounded by 20."""
    return gymnasium.spaces.Dict(
        {name: gymnasium.spaces.Box(-20.0, 20.0, (group.size,), np.float32) for name, group in env.groups.items()}
    )


def action_space(env: HumanoidEnv) -> gymnasium.spaces.Box:
    """Space of one environment's action; the bound is where the environment clips."""
    clip = env.config.action.clip
    return gymnasium.spaces.Box(-clip, clip, (env.num_actions,), np.float32)


class RslRlEnv:
    """The environment as rsl_rl's ``VecEnv`` (rsl_rl 5). Use observation sets actor: policy, critic: critic.

    rsl_rl bootstraps episodes that were cut off by time from the value before the step; ``time_outs`` tells
    it which those are.
    """

    def __init__(self, env: HumanoidEnv) -> None:
        self.env = env
        self.num_envs, self.num_actions = env.num_envs, env.num_actions
        self.max_episode_length = env.max_episode_length
        self.device = str(env.device)
        self.cfg = env.config.model_dump(mode="json")
        env.reset()

    @property
    def episode_length_buf(self) -> Tensor:
        """Policy steps since each environment's last reset, (N,)."""
        return self.env.episode_length_buf

    @episode_length_buf.setter
    def episode_length_buf(self, value: Tensor) -> None:
        self.env.episode_length_buf.copy_(value)

    def get_observations(self) -> TensorDict:
        """The current observations, copied."""
        from tensordict import TensorDict

        groups = {name: value.clone() for name, value in self.env.observations.items()}
        return TensorDict(groups, batch_size=[self.num_envs], device=self.device)

    def step(self, actions: Tensor) -> tuple[TensorDict, Tensor, Tensor, dict[str, Any]]:
        """One policy step: observations, reward (N,), done (N,) int64, extras with ``time_outs`` and ``log``."""
        _, reward, terminated, truncated, _ = self.env.step(actions)
        done = (terminated | truncated).to(torch.int64)
        log = {"/velocity_error": self.env.velocity_error.mean(), "/yaw_error": self.env.yaw_error.mean()}
        return self.get_observations(), reward.clone(), done, {"time_outs": truncated.clone(), "log": log}


class IsaacLabEnv:
    """The environment as skrl's Isaac Lab wrapper expects it: ``wrap_env(IsaacLabEnv(env), "isaaclab")``."""

    def __init__(self, env: HumanoidEnv) -> None:
        self.env = env
        self.num_envs, self.device = env.num_envs, env.device
        self.max_episode_length = env.max_episode_length
        self.single_observation_space, self.single_action_space = observation_space(env), action_space(env)
        self.observation_space = self.single_observation_space["policy"]
        self.state_space = self.single_observation_space["critic"]
        self.action_space = self.single_action_space
        self.unwrapped = self

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict[str, Tensor], dict]:
        """Begin new episodes everywhere."""
        return _clone(self.env.reset(seed)[0]), {}

    def step(self, action: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor, dict[str, Any]]:
        """One policy step in Isaac Lab's convention, everything copied."""
        observations, reward, terminated, truncated, extras = self.env.step(action)
        copied = {"final_obs": _clone(extras["final_obs"])}
        return _clone(observations), reward.clone(), terminated.clone(), truncated.clone(), copied

    def close(self) -> None:
        """Let go of the World."""
        self.env.simulation.close()


class GymnasiumEnv(VectorEnv):
    """The policy group as a :class:`gymnasium.vector.VectorEnv` with NumPy arrays, reset in the same step."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012 (gymnasium's own attribute)

    def __init__(self, env: HumanoidEnv) -> None:
        self.env = env
        self.num_envs = env.num_envs
        self.single_observation_space = observation_space(env)["policy"]
        self.single_action_space = action_space(env)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin new episodes everywhere; of a list of seeds the first is taken."""
        first = seed[0] if isinstance(seed, list) else seed
        return _array(self.env.reset(first)[0]["policy"]), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One policy step; ``info`` holds ``final_obs`` and its mask ``_final_obs`` where episodes ended."""
        action = torch.as_tensor(actions, device=self.env.device, dtype=torch.float32)
        observations, reward, terminated, truncated, extras = self.env.step(action)
        done = _array(terminated | truncated)
        info: dict[str, Any] = {}
        if done.any():
            info = {"final_obs": _array(extras["final_obs"]["policy"]), "_final_obs": done}
        return _array(observations["policy"]), _array(reward), _array(terminated), _array(truncated), info

    def close_extras(self, **kwargs: Any) -> None:
        """Let go of the World."""
        self.env.simulation.close()


def _clone(observations: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in observations.items()}


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.to("cpu", copy=True).numpy()
