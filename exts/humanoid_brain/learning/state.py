# SPDX-License-Identifier: Apache-2.0
"""The one object that all terms read: the state of every environment, in buffers that are allocated once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from humanoid_brain import rng
from humanoid_brain.config.robot import RobotConfig
from humanoid_brain.config.task import GaitConfig
from humanoid_brain.learning import rotations
from humanoid_brain.scene.robot import RobotModel

CONTACT_THRESHOLD = 1.0
"""A foot counts as touching the ground above this normal force, N (the value Isaac Lab uses)."""

_MOVING = 0.05
"""Commands below this (m/s and rad/s, summed) mean: stand still."""


OF_LINKS = ("foot_position", "foot_orientation", "foot_velocity", "foot_force", "torso_orientation")
"""The buffers of what single links do; the others are those of the root and the joints."""


@dataclass(frozen=True)
class RobotTensors:
    """The robot's constants on the device, each (joints,) unless noted."""

    nominal: Tensor
    action_scale: Tensor
    stiffness: Tensor
    damping: Tensor
    effort_limit: Tensor
    lower: Tensor
    upper: Tensor
    mirror_index: Tensor
    mirror_sign: Tensor
    left: Tensor
    """1 for joints of the left side, else 0."""
    right: Tensor
    """1 for joints of the right side, else 0."""
    arm_swing: Tensor
    """1 for the left shoulder pitch joint, -1 for the right one, else 0."""
    sole: Tensor
    """Corners of the sole in the foot's frame, (4, 3) m."""

    @staticmethod
    def of(robot: RobotModel, config: RobotConfig, limits: Tensor, device: torch.device) -> RobotTensors:
        """Move a robot's description to ``device``; ``limits`` (joints, 2) rad are those of the simulation."""

        def move(array: object) -> Tensor:
            return torch.as_tensor(array, device=device)

        left = move([float(name.startswith(config.left_prefix)) for name in robot.dof_names])
        right = move([float(name.startswith(config.right_prefix)) for name in robot.dof_names])
        shoulders = move([float(group == "shoulder_pitch") for group in robot.groups])
        return RobotTensors(
            nominal=move(robot.nominal),
            action_scale=move(robot.action_scale),
            stiffness=move(robot.stiffness),
            damping=move(robot.damping),
            effort_limit=move(robot.effort_limit),
            lower=limits[:, 0].to(device),
            upper=limits[:, 1].to(device),
            mirror_index=move(robot.mirror_index),
            mirror_sign=move(robot.mirror_sign),
            left=left,
            right=right,
            arm_swing=shoulders * (left - right),
            sole=move(robot.sole_points),
        )


class State:
    """State of all environments.

    Attributes set in ``__init__`` are fixed buffers: what the physics reported, what the policy did, the
    commands and the counters. They are what a checkpoint holds. Attributes set by :meth:`derive` are
    computed from them once per policy step and hold until the next one.

    N environments, D joints, feet ordered left, right; SI units; orientations (w, x, y, z).
    """

    linear_velocity: Tensor
    """Root velocity in the root's frame, (N, 3) m/s."""
    angular_velocity: Tensor
    """Root angular velocity in the root's frame, (N, 3) rad/s."""
    gravity: Tensor
    """Unit vector of gravity in the root's frame, (N, 3)."""
    yaw: Tensor
    """Heading of the root about the world's z axis, (N,) rad."""
    heading_velocity: Tensor
    """Planar root velocity in the heading frame, (N, 2) m/s."""
    height: Tensor
    """Height of the root link's origin above the ground, (N,) m."""
    torso_tilt: Tensor
    """Horizontal part of the torso's z axis, (N, 2)."""
    sole_height: Tensor
    """Height of the lowest point of each sole, (N, 2) m; like what follows of the feet, at rest right after a reset:
    the links' reported poses and forces still belong to the old episode."""
    contact: Tensor
    """Whether each foot touches the ground, (N, 2) bool."""
    foot_linear_velocity: Tensor
    """(N, 2, 3) m/s."""
    foot_tilt: Tensor
    """Horizontal part of each foot's z axis, (N, 2, 2)."""
    foot_distance: Tensor
    """How far the left foot lies to the left of the right one, (N,) m."""
    joint_offset: Tensor
    """Joint positions relative to the nominal pose, (N, D) rad."""
    joint_effort: Tensor
    """Drive efforts at the end of the step, (N, D) N m."""
    joint_acceleration: Tensor
    """Mean joint acceleration over the policy step, (N, D) rad/s^2."""
    target_offset: Tensor
    """The target as seen from the robot, heading frame, (N, 2) m."""
    moving: Tensor
    """1 while the command asks for motion, else 0, (N,)."""
    wants_contact: Tensor
    """Whether the clock wants each foot on the ground, (N, 2) bool."""
    sole_reference: Tensor
    """Height at which the clock wants each sole, (N, 2) m."""

    def __init__(self, robot: RobotModel, tensors: RobotTensors, gait: GaitConfig, num_envs: int, dt: float) -> None:
        device, joints = tensors.nominal.device, tensors.nominal.numel()

        def zeros(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.zeros(num_envs, *shape, dtype=dtype, device=device)

        self.num_envs, self.device, self.dt = num_envs, device, dt
        self.robot, self.tensors, self.gait = robot, tensors, gait
        # Reported by the physics.
        self.root_position, self.root_orientation = zeros(3), zeros(4)
        self.root_velocity = zeros(6)
        """Of the root link's centre of mass, world frame: linear m/s, then angular rad/s."""
        self.joint_position, self.joint_velocity = zeros(joints), zeros(joints)
        self.foot_position, self.foot_orientation = zeros(2, 3), zeros(2, 4)
        self.foot_velocity = zeros(2, 6)
        self.foot_force = zeros(2, 3)
        """Contact force on each foot, world frame, N, of the last physics step."""
        self.torso_orientation = zeros(4)
        # What the policy did.
        self.action, self.last_action, self.last_action2 = zeros(joints), zeros(joints), zeros(joints)
        self.joint_target = zeros(joints)
        self.last_joint_velocity = zeros(joints)
        # What it was told.
        self.command = zeros(3)
        """Commanded velocity in the heading frame: forward m/s, left m/s, yaw rad/s."""
        self.target = zeros(2)
        """Commanded place on the ground, world frame, m (target commands only)."""
        self.reached = zeros(dtype=torch.bool)
        """A target was reached in this episode (target commands only)."""
        self.gait_phase = zeros()
        """Phase of the left foot's cycle, 0 to 1; it stands first."""
        # Counters.
        self.episode_step = zeros(dtype=torch.int64)
        self.reset_count = zeros(dtype=torch.int64)
        self.air_time = zeros(2)
        """Time since each foot last touched the ground, s."""
        self.fresh = zeros(dtype=torch.bool)
        """The environment was reset at the end of the last step: rates of change mean nothing yet."""
        self.fresh.fill_(True)
        self.root_orientation[:, 0] = self.torso_orientation[:, 0] = 1.0
        self.foot_orientation[..., 0] = 1.0
        self._fixed = tuple(name for name, value in vars(self).items() if isinstance(value, Tensor))
        self.env_index = torch.arange(num_envs, device=device)
        self.address = zeros(dtype=torch.int64)
        """Address of this step's random draws: a hash of environment, reset count and step of the episode."""
        self.down = torch.tensor([0.0, 0.0, -1.0], device=device).expand(num_envs, 3)
        self.terminated = zeros(dtype=torch.bool)
        """The episode ends in failure at this step."""

    def buffers(self) -> dict[str, Tensor]:
        """The fixed buffers by name: all that must be saved to go on from here."""
        return {name: getattr(self, name) for name in self._fixed}

    def readdress(self) -> None:
        """Bring :attr:`address` up to date after a counter changed."""
        self.address.copy_(rng.join([self.env_index, self.reset_count, self.episode_step]))

    def derive(self) -> None:
        """Compute what terms share, from the buffers."""
        for name, function in DERIVED.items():
            setattr(self, name, function(self))

    def derive_command(self) -> None:
        """Compute what follows from the command, the target and the gait clock; after :meth:`derive`."""
        for name in _OF_COMMAND:
            setattr(self, name, DERIVED[name](self))

    def swing(self, phase: Tensor) -> Tensor:
        """How far each foot is in its swing at ``phase`` (N,): 0 while it stands, rising to 1, (N, 2).

        Needs the buffers only, not what :meth:`derive` computes.
        """
        both = torch.stack([phase, (phase + 0.5) % 1.0], -1)
        stance = self.gait.stance
        return ((both - stance) / (1.0 - stance)).clamp(0.0, 1.0) * self.asked_to_move().unsqueeze(-1)

    def asked_to_move(self) -> Tensor:
        """1 while the command asks for motion, else 0, (N,). Needs the command only."""
        return (self.command.abs().sum(-1) > _MOVING).to(torch.float32)


class Derived(State):
    """The state as :meth:`State.derive` would leave it, each value computed when it is first asked for.

    For whoever needs only a few of them.

    Args:
        state: Whose buffers it shares.
    """

    def __init__(self, state: State) -> None:
        self._source = state
        own = vars(state).items()
        self.__dict__.update((name, value) for name, value in own if name not in DERIVED and name not in OF_LINKS)
        self._asked: list[str] = []

    def __getattr__(self, name: str) -> Tensor:
        if name in DERIVED:
            value = DERIVED[name](self)
        elif name in OF_LINKS:
            value = getattr(self._source, name)
        else:
            raise AttributeError(name)
        self.__dict__[name] = value
        self._asked.append(name)
        return value

    @property
    def asked_links(self) -> bool:
        """Whether something asked for what single links do, since the last :meth:`renew`."""
        return any(name in OF_LINKS for name in self._asked)

    def renew(self) -> Derived:
        """Itself, with everything to be computed anew: a buffer changed."""
        for name in self._asked:
            del self.__dict__[name]
        self._asked.clear()
        return self


def _sole_height(state: State) -> Tensor:
    feet = state.foot_orientation.unsqueeze(2).expand(-1, -1, 4, -1)
    corners = rotations.rotate(feet, state.tensors.sole.expand(state.num_envs, 2, 4, 3))
    lowest = state.foot_position[..., 2] + corners[..., 2].amin(-1)
    return torch.where(state.fresh.unsqueeze(-1), 0.0, lowest)


def _foot_distance(state: State) -> Tensor:
    between = state.foot_position[:, 0, :2] - state.foot_position[:, 1, :2]
    return rotations.turn(-state.yaw, between)[:, 1]


def _joint_effort(state: State) -> Tensor:
    t = state.tensors
    effort = t.stiffness * (state.joint_target - state.joint_position) - t.damping * state.joint_velocity
    return effort.clamp(-t.effort_limit, t.effort_limit)


DERIVED: dict[str, Callable[[State], Tensor]] = {
    "linear_velocity": lambda s: rotations.rotate_inverse(s.root_orientation, s.root_velocity[:, :3]),
    "angular_velocity": lambda s: rotations.rotate_inverse(s.root_orientation, s.root_velocity[:, 3:]),
    "gravity": lambda s: rotations.rotate_inverse(s.root_orientation, s.down),
    "yaw": lambda s: rotations.yaw(s.root_orientation),
    "heading_velocity": lambda s: rotations.turn(-s.yaw, s.root_velocity[:, :2]),
    "height": lambda s: s.root_position[:, 2],
    "torso_tilt": lambda s: rotations.up_axis(s.torso_orientation)[:, :2],
    "sole_height": _sole_height,
    "contact": lambda s: (s.foot_force[..., 2] > CONTACT_THRESHOLD) | s.fresh.unsqueeze(-1),
    "foot_linear_velocity": lambda s: torch.where(s.fresh[:, None, None], 0.0, s.foot_velocity[..., :3]),
    "foot_tilt": lambda s: rotations.up_axis(s.foot_orientation)[..., :2],
    "foot_distance": _foot_distance,
    "joint_offset": lambda s: s.joint_position - s.tensors.nominal,
    "joint_effort": _joint_effort,
    "joint_acceleration": lambda s: (s.joint_velocity - s.last_joint_velocity) / s.dt,
    "target_offset": lambda s: rotations.turn(-s.yaw, s.target - s.root_position[:, :2]),
    "moving": lambda s: s.asked_to_move(),
    "wants_contact": lambda s: s.swing(s.gait_phase) <= 0.0,
    "sole_reference": lambda s: s.gait.swing_height * torch.sin(torch.pi * s.swing(s.gait_phase)).square(),
}
"""How each shared value follows from the buffers, and from values before it."""

_OF_COMMAND = ("target_offset", "moving", "wants_contact", "sole_reference")


def rows_like(rows: Tensor, buffer: Tensor) -> Tensor:
    """``rows`` (N,) with as many trailing dimensions of size one as ``buffer`` (N, ...) has."""
    return rows.reshape(-1, *[1] * (buffer.dim() - 1))
