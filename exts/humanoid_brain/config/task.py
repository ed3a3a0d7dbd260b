# SPDX-License-Identifier: Apache-2.0
"""What a policy is asked to do: actions, commands, observations, rewards, terminations, resets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from humanoid_brain.config.base import Model
from humanoid_brain.config.checks import check_ordered

Range = tuple[float, float]


class ActionConfig(Model):
    """How an action of the policy moves the joints."""

    kind: Literal["position", "torque"] = "position"
    """"position": target = nominal + action_scale * action, tracked by the joint drives.
    "torque": effort = action_scale * effort_limit * action, with the drives switched off."""
    clip: float = Field(default=6.0, gt=0)
    """Largest magnitude of an action before scaling, unitless."""
    torque_scale: float = Field(default=0.5, gt=0, le=1)
    """Share of a joint's effort limit that an action of 1 asks for ("torque" only)."""


class GaitConfig(Model):
    """A clock that tells each foot when to stand and when to swing, the right one half a cycle later."""

    cycle: float = Field(default=0.8, gt=0.2, le=4)
    """Length of a full cycle, s."""
    stance: float = Field(default=0.56, gt=0.2, lt=0.95)
    """Share of the cycle during which a foot stands."""
    swing_height: float = Field(default=0.08, gt=0, le=0.3)
    """Height of the sole in the middle of its swing, m."""
    lift: float = Field(default=0.0, ge=0, le=1)
    """Feed-forward that lifts the swinging foot: in mid-swing ``lift`` times ``lift_joints`` is added to the
    targets of that leg's joints, rad ("position" actions only). 0 leaves all of it to the policy."""
    lift_joints: dict[str, float] = Field(default_factory=lambda: {"hip_pitch": -1.0, "knee": 2.0, "ankle_pitch": -1.0})
    """How far each joint group turns per unit of ``lift``; the default shortens the leg with a level foot."""


class VelocityCommandConfig(Model):
    """Follow a planar velocity and a yaw rate, both in the robot's heading frame."""

    kind: Literal["velocity"] = "velocity"
    forward: Range = (0.0, 1.0)
    """Range of the forward velocity, m/s."""
    sideways: Range = (0.0, 0.0)
    """Range of the velocity to the left, m/s."""
    yaw: Range = (-0.3, 0.3)
    """Range of the yaw rate, rad/s."""
    stand_share: float = Field(default=0.1, ge=0, le=1)
    """Share of the commands that are zero: stand still."""
    resample: float = Field(default=10.0, gt=0)
    """A new command is drawn every so many seconds of an episode, s."""

    @model_validator(mode="after")
    def _check(self) -> VelocityCommandConfig:
        check_ordered("forward", *self.forward)
        check_ordered("sideways", *self.sideways)
        check_ordered("yaw", *self.yaw)
        return self


class TargetCommandConfig(Model):
    """Walk to a point on the ground; the velocity command leads towards it and vanishes on arrival."""

    kind: Literal["target"] = "target"
    distance: Range = (1.0, 4.0)
    """Range of the distance of a new target from the robot, m."""
    bearing: Range = (-3.14, 3.14)
    """Range of the direction of a new target, in the robot's heading frame, rad."""
    speed: float = Field(default=0.8, gt=0, le=3)
    """Largest commanded speed, m/s."""
    yaw_rate: float = Field(default=0.6, gt=0, le=3)
    """Largest commanded yaw rate, rad/s."""
    radius: float = Field(default=0.25, gt=0)
    """The target counts as reached within this distance, m."""
    resample: float = Field(default=10.0, gt=0)
    """A new target is drawn every so many seconds of an episode, s."""

    @model_validator(mode="after")
    def _check(self) -> TargetCommandConfig:
        check_ordered("distance", *self.distance)
        check_ordered("bearing", *self.bearing)
        return self


class ObservationTerm(Model):
    """One piece of an observation."""

    term: str = ""
    """Registered name; empty means the key of this entry."""
    scale: float = 1.0
    """Factor applied after the noise, unitless."""
    noise: float = Field(default=0.0, ge=0)
    """Half width of the uniform noise added to each component, in the term's own unit."""


class ObservationGroup(Model):
    """Terms that are concatenated, in order, into one vector."""

    terms: dict[str, ObservationTerm]
    """The pieces by name."""
    history: int = Field(default=1, ge=1, le=64)
    """Number of past steps stacked, oldest first; 1 is the present alone."""
    noise: bool = True
    """Whether the terms' noise is applied."""


class RewardTerm(Model):
    """One piece of the reward: weight * value, per second of simulated time."""

    term: str = ""
    """Registered name; empty means the key of this entry."""
    weight: float
    """Factor per second; the sum over all terms is multiplied by the control period."""
    params: dict[str, float] = Field(default_factory=dict)
    """Parameters of the term; their units are in its documentation."""
    joints: dict[str, float] = Field(default_factory=dict)
    """Weight per joint group, for terms that sum over joints; a group that is not named weighs 0."""


class TerminationTerm(Model):
    """One reason to end an episode as a failure."""

    term: str = ""
    """Registered name; empty means the key of this entry."""
    params: dict[str, float] = Field(default_factory=dict)
    """Parameters of the term; their units are in its documentation."""


class ResetConfig(Model):
    """How an episode begins."""

    heading: Range = (-3.1416, 3.1416)
    """Range of the initial yaw, rad."""
    joint_offset: float = Field(default=0.1, ge=0, le=1)
    """Half width of the uniform offset of each joint from the nominal pose, rad."""
    lift: float = Field(default=0.005, ge=0, le=0.2)
    """Height above the nominal standing height at which the robot is put down, m."""

    @model_validator(mode="after")
    def _check(self) -> ResetConfig:
        check_ordered("heading", *self.heading)
        return self


class PushConfig(Model):
    """Sudden changes of the root velocity that the policy must survive."""

    speed: float = Field(default=0.0, ge=0, le=5)
    """Half width of the uniform change of each planar velocity component, m/s; 0 switches pushes off."""
    interval: float = Field(default=5.0, gt=0)
    """Mean time between two pushes of one robot, s."""


class TaskConfig(Model):
    """A task: everything between the policy and the physics."""

    name: str = "walk"
    """Name for people and files."""
    decimation: int = Field(default=4, ge=1, le=100)
    """Physics steps per policy step."""
    episode: float = Field(default=20.0, gt=0)
    """Longest episode, s; reaching it truncates, which is no failure."""
    action: ActionConfig = Field(default_factory=ActionConfig)
    """Meaning of the actions."""
    gait: GaitConfig = Field(default_factory=GaitConfig)
    """The gait clock."""
    command: VelocityCommandConfig | TargetCommandConfig = Field(
        default_factory=VelocityCommandConfig, discriminator="kind"
    )
    """What the robot is told to do."""
    observations: dict[str, ObservationGroup]
    """Observation groups; "policy" feeds the actor, "critic" the critic."""
    rewards: dict[str, RewardTerm]
    """Reward terms by name."""
    terminations: dict[str, TerminationTerm]
    """Failure conditions by name."""
    reset: ResetConfig = Field(default_factory=ResetConfig)
    """Initial states."""
    push: PushConfig = Field(default_factory=PushConfig)
    """Disturbances during training; evaluation switches them off unless told otherwise."""

    @model_validator(mode="after")
    def _check(self) -> TaskConfig:
        for group in ("policy", "critic"):
            if group not in self.observations:
                raise ValueError(f"observations: the group '{group}' is missing")
        return self
