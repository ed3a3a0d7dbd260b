# SPDX-License-Identifier: Apache-2.0
"""Evaluating and replaying a trained policy."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from humanoid_brain.config.base import Model


class PolicyChoice(Model):
    """Which policy to use; exactly one of the two."""

    policy: Path | None = None
    """Policy folder, with policy.safetensors and manifest.json."""
    run: Path | None = None
    """Run folder of a training; its newest exported policy is taken."""
    checkpoint: str = Field(default="", max_length=200)
    """Checkpoint of the run whose policy is taken instead, for example iteration_000250."""

    @property
    def folder(self) -> Path:
        """The folder that was named."""
        folder = self.policy or self.run
        assert folder is not None
        return folder


class EvaluationConfig(PolicyChoice):
    """An evaluation: many episodes with the deterministic policy."""

    episodes: int = Field(default=512, ge=1, le=1_000_000)
    """Episodes; each counts until it ends."""
    num_envs: int = Field(default=512, ge=1, le=100_000)
    """Environments side by side; more episodes than that take several rounds."""
    episode: float = Field(default=20.0, gt=0, le=3600)
    """Length of an episode, s; it need not be that of the training."""
    noise: bool = True
    """Whether the policy's observations are noisy, as in training."""
    push: float = Field(default=0.0, ge=0, le=5)
    """Half width of random pushes, m/s; 0 for none."""
    physics_dt: float = Field(default=0.0, ge=0, le=0.05)
    """Another physics time step than in training, s, at the same control rate; 0 keeps it."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where the physics runs."""
    seed: int = Field(default=1, ge=0, lt=2**31)
    """Seed of initial states, commands and noise."""
    record: bool = False
    """Whether to write the figures into the policy's card too."""
    output: Path = Path("outputs/evaluate")
    """Folder for report.json and report.png."""

    @model_validator(mode="after")
    def _check(self) -> EvaluationConfig:
        if self.record and self.checkpoint:
            raise ValueError("record: a checkpoint has no card; leave checkpoint out, or export its policy first")
        return self


class CommandStep(Model):
    """A velocity command and how long it holds."""

    seconds: float = Field(gt=0)
    """Duration, s."""
    forward: float = 0.0
    """Forward velocity, m/s."""
    sideways: float = 0.0
    """Velocity to the left, m/s."""
    yaw: float = 0.0
    """Yaw rate, rad/s."""


class PlayConfig(PolicyChoice):
    """A replay of a policy, as a film."""

    commands: list[CommandStep] = Field(
        default_factory=lambda: [
            CommandStep(seconds=1.0),
            CommandStep(seconds=3.0, forward=0.8),
            CommandStep(seconds=2.0, forward=0.6, yaw=0.3),
            CommandStep(seconds=2.0, forward=1.0),
        ]
    )
    """What the robot is told, one after the other (tasks with velocity commands)."""
    width: int = Field(default=640, ge=64, le=3840, multiple_of=2)
    """Width of the film, pixels."""
    height: int = Field(default=360, ge=64, le=2160, multiple_of=2)
    """Height of the film, pixels."""
    fps: int = Field(default=25, ge=1, le=60)
    """Frames per second; a divisor of the control rate plays smoothest."""
    samples: int = Field(default=4, ge=1, le=1024)
    """Light paths per pixel; more is smoother and slower."""
    robots: int = Field(default=1, ge=1, le=25)
    """Robots that walk side by side."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where the physics runs."""
    seed: int = Field(default=1, ge=0, lt=2**31)
    """Seed of initial states and noise."""
    film: str = "film.webm"
    """Name of the film; .webm is a video, .webp and .gif are animated pictures."""
    output: Path = Path("outputs/play")
    """Folder for the film."""

    @model_validator(mode="after")
    def _check(self) -> PlayConfig:
        if not self.commands:
            raise ValueError("commands: at least one is needed")
        if Path(self.film).name != self.film or Path(self.film).suffix not in (".webm", ".webp", ".gif"):
            raise ValueError(f"film: '{self.film}' must be a plain file name ending in .webm, .webp or .gif")
        return self
