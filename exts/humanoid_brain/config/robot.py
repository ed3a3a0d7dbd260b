# SPDX-License-Identifier: Apache-2.0
"""The description of a robot: where it comes from, which joints and links play which part, and its gains."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from humanoid_brain.config.base import Model

Name = Annotated[str, Field(min_length=1, max_length=128)]


class HumanoidSource(Model):
    """The built-in humanoid, made to measure."""

    kind: Literal["humanoid"] = "humanoid"
    """Always "humanoid"."""
    height: float = Field(default=1.70, ge=1.0, le=2.2)
    """Height in m, 1.0 to 2.2."""
    mass: float = Field(default=55.0, ge=10.0, le=200.0)
    """Total mass in kg, 10 to 200."""

    @model_validator(mode="after")
    def _check_build(self) -> HumanoidSource:
        index = self.mass / self.height**2
        if not 8.0 <= index <= 45.0:
            raise ValueError(
                f"a robot of {self.height:g} m and {self.mass:g} kg is not buildable: mass / height^2 is {index:.1f} "
                "kg/m^2, use 8 to 45"
            )
        return self


class FileSource(Model):
    """A robot from a file: USD (.usd, .usda, .usdc, .usdz), URDF (.urdf) or MJCF (.xml)."""

    kind: Literal["file"] = "file"
    """Always "file"."""
    path: str = Field(min_length=1)
    """Path of the file; a relative one is taken from the working directory."""


def _source_kind(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    if kind is None and isinstance(value, dict):
        return "file" if "path" in value else "humanoid"
    return str(kind)


Source = Annotated[
    Annotated[HumanoidSource, Tag("humanoid")] | Annotated[FileSource, Tag("file")], Discriminator(_source_kind)
]


class JointGroup(Model):
    """Joints that share gains and limits, usually a left and right pair."""

    pattern: str
    """Regular expression that a DOF's whole name must match to belong to the group."""
    stiffness: float = Field(ge=0.0, le=1e5)
    """Position gain in N*m/rad."""
    damping: float = Field(ge=0.0, le=1e4)
    """Velocity gain in N*m*s/rad."""
    effort_limit: float = Field(gt=0.0, le=1e4)
    """Largest torque in N*m."""
    velocity_limit: float = Field(gt=0.0, le=200.0)
    """Largest speed in rad/s."""
    armature: float = Field(ge=0.0, le=10.0)
    """Inertia of rotor and gear at the joint in kg*m^2."""
    nominal: float = Field(default=0.0, ge=-math.pi, le=math.pi)
    """Nominal position in rad of the left or centre joint."""
    action_scale: float = Field(gt=0.0, le=math.pi)
    """Position target in rad for an action of 1, added to the nominal position."""
    mirror: Literal["same", "opposite"]
    """How a right joint's position mirrors a left one's: "same" for pitch axes, "opposite" for roll and yaw."""

    @field_validator("pattern")
    @classmethod
    def _check_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value

    @property
    def mirror_sign(self) -> float:
        """+1 for "same", -1 for "opposite"."""
        return 1.0 if self.mirror == "same" else -1.0


def _group(
    pattern: str,
    gains: tuple[float, float, float, float],
    speed: float,
    scale: float,
    mirror: Literal["same", "opposite"],
    nominal: float = 0.0,
) -> JointGroup:
    stiffness, damping, effort, armature = gains
    return JointGroup(
        pattern=pattern,
        stiffness=stiffness,
        damping=damping,
        effort_limit=effort,
        velocity_limit=speed,
        armature=armature,
        nominal=nominal,
        action_scale=scale,
        mirror=mirror,
    )


def humanoid_joints() -> dict[str, JointGroup]:
    """Joint groups of the built-in humanoid at 1.70 m and 55 kg, standing in a light crouch."""
    return {
        "hip_pitch": _group("(left|right)_hip_pitch_joint", (200, 10, 160, 0.03), 20, 0.4, "same", -0.25),
        "hip_roll": _group("(left|right)_hip_roll_joint", (200, 10, 140, 0.03), 17, 0.25, "opposite"),
        "hip_yaw": _group("(left|right)_hip_yaw_joint", (150, 6, 90, 0.03), 20, 0.2, "opposite"),
        "knee": _group("(left|right)_knee_joint", (250, 10, 200, 0.03), 17, 0.4, "same", 0.5),
        "ankle_pitch": _group("(left|right)_ankle_pitch_joint", (120, 6, 90, 0.02), 20, 0.4, "same", -0.25),
        "ankle_roll": _group("(left|right)_ankle_roll_joint", (80, 4, 60, 0.02), 20, 0.25, "opposite"),
        "waist_yaw": _group("waist_yaw_joint", (200, 10, 90, 0.02), 20, 0.2, "opposite"),
        "waist_pitch": _group("waist_pitch_joint", (300, 20, 150, 0.02), 20, 0.2, "same"),
        "head_yaw": _group("head_yaw_joint", (30, 2, 10, 0.005), 20, 0.1, "opposite"),
        "shoulder_pitch": _group("(left|right)_shoulder_pitch_joint", (60, 4, 40, 0.01), 20, 0.3, "same"),
        "shoulder_roll": _group("(left|right)_shoulder_roll_joint", (60, 4, 40, 0.01), 20, 0.2, "opposite", 0.1),
        "shoulder_yaw": _group("(left|right)_shoulder_yaw_joint", (40, 2, 30, 0.01), 20, 0.2, "opposite"),
        "elbow": _group("(left|right)_elbow_joint", (40, 2, 30, 0.01), 20, 0.2, "same", -0.4),
    }


class RobotConfig(Model):
    """A robot: its source, its named links, and its joints in groups. The default is the built-in humanoid."""

    name: str = Field(default="humanoid", pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")
    """Name of the robot, written into checkpoints and policies."""
    source: Source = Field(default_factory=HumanoidSource)
    """The built-in humanoid with height and mass, or the path of a USD, URDF or MJCF file."""
    root_link: Name = "pelvis"
    """Link whose pose is the robot's pose; it carries the articulation root."""
    torso_link: Name = "torso"
    """Link that should stay upright."""
    feet: tuple[Name, Name] = ("left_foot", "right_foot")
    """Links that touch the ground: left, right."""
    left_prefix: Name = "left_"
    """What the names of the left side's joints and links begin with."""
    right_prefix: Name = "right_"
    """What the names of the right side's joints and links begin with."""
    joints: dict[str, JointGroup] = Field(default_factory=humanoid_joints, min_length=1)
    """Joint groups by name. For the built-in humanoid the values are those at 1.70 m and 55 kg; torques,
    gains and armatures follow its height and mass."""

    @model_validator(mode="after")
    def _check_names(self) -> RobotConfig:
        if self.feet[0] == self.feet[1]:
            raise ValueError(f"feet: the left and the right foot are both '{self.feet[0]}'")
        if self.left_prefix == self.right_prefix:
            raise ValueError(f"left_prefix and right_prefix are both '{self.left_prefix}'")
        return self
