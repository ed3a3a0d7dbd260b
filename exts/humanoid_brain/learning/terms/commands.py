# SPDX-License-Identifier: Apache-2.0
"""What the robots are told: commanded velocities, and targets that velocities lead to."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from humanoid_brain import rng
from humanoid_brain.config.task import TargetCommandConfig, VelocityCommandConfig
from humanoid_brain.learning import rotations
from humanoid_brain.learning.state import State


class Command(Protocol):
    """Writes ``state.command`` (and ``state.target``); all draws come from the address of the episode step."""

    def resample(self, state: State, rows: Tensor) -> None:
        """Draw a new command where ``rows`` (N,) bool is true."""
        ...

    def update(self, state: State) -> None:
        """Bring ``state.command`` up to date with the robots' poses."""
        ...


class VelocityCommand:
    """A velocity drawn uniformly, sometimes zero, that stays until the next draw."""

    def __init__(self, config: VelocityCommandConfig, seed: int) -> None:
        self._config, self._key = config, rng.stream(seed, "command")

    def resample(self, state: State, rows: Tensor) -> None:
        """Draw a new velocity where ``rows`` is true."""
        c = self._config
        draw = rng.uniform(self._key, [state.address], 4)
        parts = [low + (high - low) * draw[:, i] for i, (low, high) in enumerate((c.forward, c.sideways, c.yaw))]
        moving = (draw[:, 3] >= c.stand_share).unsqueeze(-1)
        command = torch.stack(parts, -1) * moving
        state.command.copy_(torch.where(rows.unsqueeze(-1), command, state.command))

    def update(self, state: State) -> None:
        """Nothing to do: the velocity is given in the heading frame."""


class TargetCommand:
    """A place on the ground; the commanded velocity leads there and turns the robot towards it."""

    _YAW_GAIN = 1.5
    """Commanded yaw rate per rad of bearing, 1/s."""
    _SLOW_DOWN = 0.5
    """The speed falls linearly within this distance of the target, m."""

    def __init__(self, config: TargetCommandConfig, seed: int) -> None:
        self._config, self._key = config, rng.stream(seed, "target")

    def resample(self, state: State, rows: Tensor) -> None:
        """Draw a new place, seen from where the robot stands, where ``rows`` is true."""
        c = self._config
        draw = rng.uniform(self._key, [state.address], 2)
        distance = c.distance[0] + (c.distance[1] - c.distance[0]) * draw[:, :1]
        bearing = c.bearing[0] + (c.bearing[1] - c.bearing[0]) * draw[:, 1]
        angle = rotations.yaw(state.root_orientation) + bearing
        target = state.root_position[:, :2] + distance * torch.stack([torch.cos(angle), torch.sin(angle)], -1)
        state.target.copy_(torch.where(rows.unsqueeze(-1), target, state.target))

    def update(self, state: State) -> None:
        """Aim the commanded velocity at the target."""
        c = self._config
        offset = rotations.turn(-rotations.yaw(state.root_orientation), state.target - state.root_position[:, :2])
        distance = offset.norm(dim=-1)
        state.reached |= distance <= c.radius
        bearing = torch.atan2(offset[:, 1], offset[:, 0])
        away = (distance > c.radius).to(torch.float32)
        # Walk only as far as the robot faces the target, so that it turns on the spot first.
        speed = c.speed * (distance / self._SLOW_DOWN).clamp(max=1.0) * torch.cos(bearing).clamp(min=0.0) * away
        yaw = (self._YAW_GAIN * bearing).clamp(-c.yaw_rate, c.yaw_rate) * away
        state.command.copy_(torch.stack([speed, torch.zeros_like(speed), yaw], -1))


def make_command(config: VelocityCommandConfig | TargetCommandConfig, seed: int) -> Command:
    """The command of a task."""
    return TargetCommand(config, seed) if isinstance(config, TargetCommandConfig) else VelocityCommand(config, seed)
