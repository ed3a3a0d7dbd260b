# SPDX-License-Identifier: Apache-2.0
"""Observation terms. Each returns (N, size); with each goes its left-right reflection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from humanoid_brain.learning.state import State
from humanoid_brain.learning.terms.registry import Registry

ObservationFunction = Callable[[State], Tensor]
observation: Registry[ObservationFunction] = Registry("observation")

Reflection = tuple[Tensor, Tensor]
"""Index and sign: ``mirrored[i] = sign[i] * value[index[i]]``."""


@dataclass(frozen=True)
class Signs:
    """The components keep their places and change their signs."""

    signs: tuple[float, ...]

    def of(self, state: State) -> Reflection:
        """The reflection on the state's device."""
        return torch.arange(len(self.signs), device=state.device), torch.tensor(self.signs, device=state.device)


class Joints:
    """One component per joint, in the robot's order."""

    def of(self, state: State) -> Reflection:
        """The reflection on the state's device."""
        return state.tensors.mirror_index, state.tensors.mirror_sign


class Feet:
    """The same number of components for the left foot, then for the right one; none changes its sign."""

    def __init__(self, per_foot: int = 1) -> None:
        self.per_foot = per_foot

    def of(self, state: State) -> Reflection:
        """The reflection on the state's device."""
        index = torch.arange(2 * self.per_foot, device=state.device).reshape(2, -1).flip(0).reshape(-1)
        return index, torch.ones(2 * self.per_foot, device=state.device)


REFLECTIONS: dict[str, Signs | Joints | Feet] = {}
"""Reflection of each term, by name."""


def _term(reflection: Signs | Joints | Feet) -> Callable[[ObservationFunction], ObservationFunction]:
    def add(function: ObservationFunction) -> ObservationFunction:
        REFLECTIONS[function.__name__] = reflection
        return observation(function)

    return add


@_term(Signs((1, -1, 1)))
def linear_velocity(state: State) -> Tensor:
    """Velocity of the root's centre of mass in the root's frame, m/s."""
    return state.linear_velocity


@_term(Signs((-1, 1, -1)))
def angular_velocity(state: State) -> Tensor:
    """Angular velocity of the root in its own frame, rad/s."""
    return state.angular_velocity


@_term(Signs((1, -1, 1)))
def gravity(state: State) -> Tensor:
    """Direction of gravity in the root's frame."""
    return state.gravity


@_term(Signs((1, -1, -1)))
def command(state: State) -> Tensor:
    """Commanded velocity: forward m/s, left m/s, yaw rad/s."""
    return state.command


@_term(Signs((-1, -1)))
def gait_clock(state: State) -> Tensor:
    """Sine and cosine of the gait phase; zero while standing. The reflection is half a cycle."""
    angle = 2.0 * torch.pi * state.gait_phase
    return torch.stack([torch.sin(angle), torch.cos(angle)], -1) * state.moving.unsqueeze(-1)


@_term(Joints())
def joint_position(state: State) -> Tensor:
    """Joint positions relative to the nominal pose, rad."""
    return state.joint_offset


@_term(Joints())
def joint_velocity(state: State) -> Tensor:
    """Joint velocities, rad/s."""
    return state.joint_velocity


@_term(Joints())
def last_action(state: State) -> Tensor:
    """The action of the step before, as the policy gave it, clipped."""
    return state.action


@_term(Signs((1,)))
def base_height(state: State) -> Tensor:
    """Height of the root above nominal, m."""
    return (state.height - state.robot.nominal_height).unsqueeze(-1)


@_term(Feet())
def sole_height(state: State) -> Tensor:
    """Height of each sole, m."""
    return state.sole_height


@_term(Feet())
def foot_contact(state: State) -> Tensor:
    """1 for each foot on the ground, else 0."""
    return state.contact.to(torch.float32)


@_term(Feet())
def sole_reference(state: State) -> Tensor:
    """Height at which the gait clock wants each sole, m."""
    return state.sole_reference


@_term(Feet())
def foot_speed(state: State) -> Tensor:
    """Forward velocity of each foot in the heading frame, m/s."""
    c, s = torch.cos(state.yaw).unsqueeze(-1), torch.sin(state.yaw).unsqueeze(-1)
    return c * state.foot_linear_velocity[..., 0] + s * state.foot_linear_velocity[..., 1]


@_term(Signs((1, -1)))
def target_offset(state: State) -> Tensor:
    """The target in the robot's heading frame, m."""
    return state.target_offset
