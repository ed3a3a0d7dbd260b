# SPDX-License-Identifier: Apache-2.0
"""Randomization of a scene: named terms, and where the robots' poses come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from humanoid_brain.config.base import Model
from humanoid_brain.config.distributions import Angle, Scalar, Share, Uniform, within
from humanoid_brain.config.randomization_terms import FogTerm, LightPoolTerm, LightTerm, MaterialTerm, PropTerm
from humanoid_brain.config.randomization_view import CameraTerm, DistractorTerm, ImageTerm, OccluderTerm

Speed = Annotated[Scalar, within(-5.0, 5.0, "m/s")]
TermName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]

AnyTerm = Annotated[
    LightTerm
    | LightPoolTerm
    | MaterialTerm
    | PropTerm
    | CameraTerm
    | FogTerm
    | DistractorTerm
    | OccluderTerm
    | ImageTerm,
    Field(discriminator="kind"),
]


class WalkingPose(Model):
    """Robots walk with a policy under a random command, and are caught in mid-stride."""

    kind: Literal["walking"] = "walking"
    """Always "walking"."""
    policy: str | None = None
    """Folder of the policy; left out: the one that comes with the package."""
    forward: Speed = Field(default_factory=lambda: Uniform(low=0.0, high=1.0))
    """Forward velocity that is asked for, m/s."""
    sideways: Speed = Field(default_factory=lambda: Uniform(low=0.0, high=0.0))
    """Velocity to the left that is asked for, m/s."""
    turn: Annotated[Scalar, within(-5.0, 5.0, "rad/s")] = Field(default_factory=lambda: Uniform(low=-0.3, high=0.3))
    """Yaw rate that is asked for, rad/s."""
    heading: Angle = Field(default_factory=lambda: Uniform(low=-180.0, high=180.0))
    """Heading at the start, degrees."""
    warm_up: Annotated[Scalar, within(0.0, 60.0, "s")] = Field(default_factory=lambda: Uniform(low=1.0, high=3.0))
    """Time that is walked before the frame, s."""
    hold: int = Field(default=1, ge=1)
    """Number of frames that follow one another in one walk."""
    interval: float = Field(default=0.5, gt=0.0, le=60.0)
    """Time between two frames of one walk, s."""


class JointPose(Model):
    """Joint angles around the nominal pose, without physics."""

    kind: Literal["joints"] = "joints"
    """Always "joints"."""
    share: Share = Field(default_factory=lambda: Uniform(low=0.0, high=0.5))
    """How far the pose goes from the nominal one, 0, to the joints' limits, 1."""
    joints: list[str] = Field(default_factory=lambda: ["*"], min_length=1)
    """Names of the joints that move, or patterns such as "left_*"; the others stay nominal."""
    heading: Angle = Field(default_factory=lambda: Uniform(low=-180.0, high=180.0))
    """Heading, degrees."""
    hold: int = Field(default=1, ge=1)
    """Number of frames that keep one pose."""


class MotionPose(Model):
    """Poses out of a recorded motion."""

    kind: Literal["motion"] = "motion"
    """Always "motion"."""
    file: str = Field(min_length=1)
    """Motion file, .safetensors or .npz; a relative path is taken from the working directory."""
    hold: int = Field(default=1, ge=1)
    """Number of frames during which a furnished room stays as it is."""
    order: Literal["random", "sequence"] = "random"
    """Any moment of the motion for each frame, or one after the other, from the beginning again at the end."""
    interval: float = Field(default=1.0 / 30.0, gt=0.0, le=60.0)
    """Time between two frames, s ("sequence" only)."""
    heading: Angle = Field(default_factory=lambda: Uniform(low=0.0, high=0.0))
    """Turn of the whole motion about the vertical, degrees."""


PoseSource = Annotated[WalkingPose | JointPose | MotionPose, Field(discriminator="kind")]


class RandomizationConfig(Model):
    """What changes from frame to frame."""

    terms: dict[TermName, AnyTerm] = Field(default_factory=dict)
    """Terms by name. The name is part of every draw's address: another name, other draws."""
    robot_pose: PoseSource = Field(default_factory=WalkingPose)
    """Where the robots' poses come from."""

    @model_validator(mode="after")
    def _check(self) -> RandomizationConfig:
        for kind in ("image", "fog"):
            names = [name for name, term in self.terms.items() if term.kind == kind]
            if len(names) > 1:
                raise ValueError(f"terms: '{names[0]}' and '{names[1]}' are both of the kind {kind}; one is possible")
        return self
