# SPDX-License-Identifier: Apache-2.0
"""Reward terms. Each returns one value per environment, (N,); weights and signs are in the configuration.

The shapes follow Isaac Lab's locomotion tasks and humanoid-gym (gait clock, feet distance); lengths in m,
angles in rad, speeds in m/s and rad/s.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from humanoid_brain.learning.state import State
from humanoid_brain.learning.terms.registry import Registry

RewardFunction = Callable[..., Tensor]
reward: Registry[RewardFunction] = Registry("reward")


@reward
def track_linear_velocity(state: State, *, std: float) -> Tensor:
    """exp(-|v - v*|^2 / std^2) of the planar velocity in the heading frame; ``std`` in m/s."""
    error = (state.heading_velocity - state.command[:, :2]).square().sum(-1)
    return torch.exp(-error / std**2)


@reward
def track_yaw_velocity(state: State, *, std: float) -> Tensor:
    """exp(-(w - w*)^2 / std^2) of the yaw rate; ``std`` in rad/s."""
    return torch.exp(-(state.root_velocity[:, 5] - state.command[:, 2]).square() / std**2)


@reward
def alive(state: State) -> Tensor:
    """1 at every step."""
    return torch.ones_like(state.height)


@reward
def feet_phase(state: State, *, std: float) -> Tensor:
    """exp(-sum of squared sole height errors to the gait clock / std^2); ``std`` in m."""
    return torch.exp(-(state.sole_height - state.sole_reference).square().sum(-1) / std**2)


@reward
def foot_contact(state: State) -> Tensor:
    """Share of the feet whose contact matches the gait clock, 0 to 1."""
    return (state.contact == state.wants_contact).to(torch.float32).mean(-1)


@reward
def air_time(state: State, *, threshold: float) -> Tensor:
    """Time in the air of feet that touch down now, above ``threshold`` s, while the command asks for motion."""
    landed = state.contact & (state.air_time > 0.0)
    return ((state.air_time - threshold) * landed).sum(-1) * state.moving


@reward
def upright(state: State) -> Tensor:
    """Squared tilt of root and torso: the sum of the squared horizontal parts of their axes."""
    return state.gravity[:, :2].square().sum(-1) + state.torso_tilt.square().sum(-1)


@reward
def base_height(state: State, *, tolerance: float = 0.0) -> Tensor:
    """Squared shortfall of the root's height below nominal, beyond ``tolerance`` m."""
    return torch.relu(state.robot.nominal_height - tolerance - state.height).square()


@reward
def angular_velocity_xy(state: State) -> Tensor:
    """Squared roll and pitch rates of the root."""
    return state.angular_velocity[:, :2].square().sum(-1)


@reward
def vertical_velocity(state: State) -> Tensor:
    """Squared velocity of the root along its own vertical axis."""
    return state.linear_velocity[:, 2].square()


@reward
def foot_slip(state: State) -> Tensor:
    """Squared horizontal speed of the feet that touch the ground."""
    return (state.foot_linear_velocity[..., :2].square().sum(-1) * state.contact).sum(-1)


@reward
def foot_flat(state: State) -> Tensor:
    """Squared tilt of both feet against the ground."""
    return state.foot_tilt.square().sum((-1, -2))


@reward
def foot_distance(state: State, *, low: float, high: float) -> Tensor:
    """How far the lateral distance of the feet lies outside ``low`` to ``high`` m."""
    return torch.relu(low - state.foot_distance) + torch.relu(state.foot_distance - high)


@reward
def joint_deviation(state: State, *, joint_weights: Tensor, arm_swing: float = 0.0) -> Tensor:
    """Weighted squared deviation from the nominal pose.

    With ``arm_swing`` (rad per m/s) the reference of the shoulder pitch joints swings against the legs.
    """
    swing = arm_swing * state.command[:, 0] * torch.cos(2.0 * torch.pi * state.gait_phase) * state.moving
    offset = state.joint_offset - swing.unsqueeze(-1) * state.tensors.arm_swing
    return (joint_weights * offset.square()).sum(-1)


@reward
def action_rate(state: State, *, second_order: float = 0.5) -> Tensor:
    """Squared change of the joint targets, rad^2, plus ``second_order`` times that of the change's change."""
    scale = state.tensors.action_scale
    first = scale * (state.action - state.last_action)
    second = scale * (state.action - 2.0 * state.last_action + state.last_action2)
    return first.square().sum(-1) + second_order * second.square().sum(-1)


@reward
def joint_effort(state: State) -> Tensor:
    """Sum of the squared joint efforts, (N m)^2."""
    return state.joint_effort.square().sum(-1)


@reward
def joint_acceleration(state: State) -> Tensor:
    """Sum of the squared joint accelerations, (rad/s^2)^2."""
    return state.joint_acceleration.square().sum(-1)


@reward
def joint_limits(state: State, *, soft: float = 0.95) -> Tensor:
    """How far joints lie beyond the ``soft`` share of their range, rad."""
    t = state.tensors
    middle, half = (t.lower + t.upper) / 2, soft * (t.upper - t.lower) / 2
    return torch.relu((state.joint_position - middle).abs() - half).sum(-1)


@reward
def stand_still(state: State) -> Tensor:
    """Squared joint speeds while the command is to stand, (rad/s)^2."""
    return state.joint_velocity.square().sum(-1) * (1.0 - state.moving)


@reward
def target_distance(state: State, *, std: float) -> Tensor:
    """exp(-distance to the target / std); ``std`` in m."""
    return torch.exp(-state.target_offset.norm(dim=-1) / std)


@reward
def target_facing(state: State, *, radius: float) -> Tensor:
    """Cosine of the angle between heading and target, -1 to 1; 1 within ``radius`` m of the target."""
    offset = state.target_offset
    distance = offset.norm(dim=-1)
    return torch.where(distance < radius, 1.0, offset[:, 0] / distance.clamp(min=1e-6))


@reward
def fall(state: State) -> Tensor:
    """1 at the step that ends an episode in failure. Its weight, like all, is per second."""
    return state.terminated.to(torch.float32)
