# SPDX-License-Identifier: Apache-2.0
"""Running sums over the first episode of each environment, on the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from humanoid_brain.learning.env import HumanoidEnv

GRAVITY = 9.81
SPEED_EDGES = (0.05, 0.25, 0.5, 0.75)
"""Edges between the classes of commanded speed, m/s; the first class is standing."""


@dataclass(frozen=True)
class Outcome:
    """What one round of episodes showed, on the CPU; E episodes, D joints, B classes of commanded speed."""

    steps: Tensor
    """Policy steps each episode lasted, (E,)."""
    cause: Tensor
    """How each ended, index into the environment's causes, (E,); 0 is by time."""
    velocity_error: Tensor
    """Mean planar |v - v*| of each, m/s, (E,)."""
    yaw_error: Tensor
    """Mean |w - w*| of each, rad/s, (E,)."""
    cost_of_transport: Tensor
    """Mechanical work over weight times distance of each, (E,); NaN where hardly any way was made."""
    slip: Tensor
    """Mean horizontal speed of feet while they touch the ground, m/s, (E,)."""
    peak_effort: Tensor
    """Largest share of each joint's effort limit over all episodes, (D,)."""
    class_error: Tensor
    """Sum of |v - v*| per class of commanded speed, (B,)."""
    class_steps: Tensor
    """Steps in each class, (B,)."""
    reached: Tensor
    """Whether each episode reached a target, (E,) bool (target tasks)."""


class EpisodeTracker:
    """Follows the first episode of every environment after a reset.

    Args:
        env: The environment, already reset.
        mass: Mass of one robot, kg.
    """

    _MIN_WAY = 1.0
    """The cost of transport is meaningless for shorter ways, m."""

    def __init__(self, env: HumanoidEnv, mass: float) -> None:
        n, device = env.num_envs, env.device
        self._env, self._mass = env, mass
        self._edges = torch.tensor(SPEED_EDGES, device=device)
        self._running = torch.ones(n, dtype=torch.bool, device=device)
        self._cause = torch.zeros(n, dtype=torch.int64, device=device)
        self._sums = {name: torch.zeros(n, device=device) for name in
                      ("steps", "velocity", "yaw", "work", "way", "slip", "touch")}  # fmt: skip
        self._peak = torch.zeros(env.num_actions, device=device)
        self._class_error = torch.zeros(len(SPEED_EDGES) + 1, device=device)
        self._class_steps = torch.zeros(len(SPEED_EDGES) + 1, device=device)
        self._reached = torch.zeros(n, dtype=torch.bool, device=device)

    @torch.no_grad()
    def before_step(self) -> None:
        """Note the commands that the coming step will be judged by."""
        self._speed = self._env.state.command[:, :2].norm(dim=-1)

    @torch.no_grad()
    def after_step(self) -> None:
        """Take in a step of the environment."""
        env, state = self._env, self._env.state
        done = env.terminated | env.truncated
        # In the step that ends an episode the buffers already hold the next one's start.
        going = self._running & ~done
        live, alive = self._running.to(torch.float32), going.to(torch.float32)
        self._sums["steps"] += live
        self._sums["velocity"] += env.velocity_error * live
        self._sums["yaw"] += env.yaw_error * live
        power = (state.joint_effort * state.joint_velocity).abs().sum(-1)
        self._sums["work"] += power * env.control_dt * alive
        self._sums["way"] += state.root_velocity[:, :2].norm(dim=-1) * env.control_dt * alive
        speed = state.foot_linear_velocity[..., :2].norm(dim=-1) * state.contact
        self._sums["slip"] += speed.sum(-1) * alive
        self._sums["touch"] += state.contact.sum(-1) * alive
        share = (state.joint_effort / state.tensors.effort_limit).abs() * alive.unsqueeze(-1)
        torch.maximum(self._peak, share.amax(0), out=self._peak)
        kind = torch.bucketize(self._speed, self._edges)
        self._class_error.index_add_(0, kind, env.velocity_error * live)
        self._class_steps.index_add_(0, kind, live)
        self._reached |= state.reached & going
        self._cause.copy_(torch.where(self._running & env.terminated, env.cause, self._cause))
        self._running &= ~done

    def outcome(self) -> Outcome:
        """The figures so far."""
        s = {name: value.cpu() for name, value in self._sums.items()}
        steps = s["steps"].clamp(min=1.0)
        transport = s["work"] / (self._mass * GRAVITY * s["way"].clamp(min=1e-6))
        return Outcome(
            steps=s["steps"],
            cause=self._cause.cpu(),
            velocity_error=s["velocity"] / steps,
            yaw_error=s["yaw"] / steps,
            cost_of_transport=torch.where(s["way"] > self._MIN_WAY, transport, torch.nan),
            slip=s["slip"] / s["touch"].clamp(min=1.0),
            peak_effort=self._peak.cpu(),
            class_error=self._class_error.cpu(),
            class_steps=self._class_steps.cpu(),
            reached=self._reached.cpu(),
        )
