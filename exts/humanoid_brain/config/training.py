# SPDX-License-Identifier: Apache-2.0
"""A training run: scene, task, learner, budget, output."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from humanoid_brain.config.base import Model
from humanoid_brain.config.learner import NetworkConfig, PPOConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.config.task import TaskConfig


class BudgetConfig(Model):
    """When a run ends: at whichever limit comes first."""

    iterations: int = Field(default=500, ge=1)
    """Number of rollouts, each followed by an update."""
    seconds: float = Field(default=0.0, ge=0)
    """Training time, set-up and evaluation left out, s; 0 means no limit."""


class CheckpointConfig(Model):
    """What can be lost by a kill: at most this much work."""

    every: int = Field(default=25, ge=1)
    """Iterations between two checkpoints."""
    keep: int = Field(default=3, ge=2)
    """Newest checkpoints kept; older ones are deleted."""
    reserve_mib: int = Field(default=256, ge=0)
    """The run pauses rather than fill the disk beyond this reserve, MiB."""


class GuardConfig(Model):
    """What happens where states or rewards are no longer finite."""

    max_share: float = Field(default=0.05, gt=0, le=1)
    """The run pauses when more than this share of the environments, or of a term's rewards, broke in one iteration."""


class TrainingConfig(Model):
    """Everything that defines a training run; saved in its output folder."""

    scene: SceneConfig = Field(default_factory=SceneConfig)
    """Robot, ground and physics."""
    task: TaskConfig
    """What to learn."""
    ppo: PPOConfig = Field(default_factory=PPOConfig)
    """How to learn."""
    network: NetworkConfig = Field(default_factory=NetworkConfig)
    """What learns."""
    budget: BudgetConfig = Field(default_factory=BudgetConfig)
    """When to end."""
    checkpoint: CheckpointConfig = Field(default_factory=CheckpointConfig)
    """What to keep."""
    guard: GuardConfig = Field(default_factory=GuardConfig)
    """When to stop for numerical trouble."""
    device: Literal["cpu", "cuda"] = "cuda"
    """Where physics and learner run."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """All random draws follow from this number."""
    torch_threads: int = Field(default=2, ge=1, le=256)
    """CPU threads of the learner. Sums are split among them, so another number rounds differently: it belongs to
    what makes a run reproducible, and does not follow the machine's cores."""
    output: Path = Path("outputs/train")
    """Folder of the run; a run that was interrupted there goes on."""
    resume_from: str = ""
    """Checkpoint in the output folder to go on from, for example iteration_000250; empty: the newest, if any."""
    tensorboard: bool = True
    """Write TensorBoard event files beside metrics.jsonl."""
