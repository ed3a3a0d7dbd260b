# SPDX-License-Identifier: Apache-2.0
"""Configurations of the subcommands that are no jobs of their own: build-scene, bench, merge-datasets, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from humanoid_brain.config.base import Model
from humanoid_brain.config.scene import SceneConfig


class BuildSceneConfig(Model):
    """Write a scene to a file."""

    scene: SceneConfig = Field(default_factory=SceneConfig)
    """What to build."""
    file: str = "scene.usda"
    """Name of the file; .usda is text, .usdc binary."""
    picture: bool = True
    """Whether to draw the scene too, as a PNG of the same name."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Accepted for uniformity; a scene file serves both."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Accepted for uniformity; building a scene draws nothing at random."""
    output: Path = Path("outputs/scene")
    """Folder for the file."""

    @model_validator(mode="before")
    @classmethod
    def _accept_scene(cls, value: Any) -> Any:
        """A preset of config/scenes is a scene by itself."""
        alone = isinstance(value, dict) and value and set(value) <= set(SceneConfig.model_fields)
        return {"scene": value} if alone else value

    @field_validator("file")
    @classmethod
    def _check_file(cls, value: str) -> str:
        if Path(value).name != value:
            raise ValueError(f"'{value}' must be a plain file name")
        return value


class BenchConfig(Model):
    """Measure this machine."""

    device: Literal["cpu", "cuda"] = "cpu"
    """Where physics and learner run."""
    envs: list[int] = Field(default_factory=list)
    """Environment counts for the physics figures; empty: 64 on the CPU, 4096 and 8192 on a GPU."""
    seconds: float = Field(default=10.0, gt=0, le=600)
    """Time spent on each figure, s."""
    walk: bool = False
    """Also measure the time to walk over three seeds, which takes minutes."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Seed of actions and learner."""
    output: Path = Path("outputs/bench")
    """Folder for the trainings of --walk."""


class MergeConfig(Model):
    """Put the shards of a dataset together."""

    shards: list[Path] = Field(default_factory=list)
    """Folders with parts of one dataset."""
    allow_missing: bool = False
    """Whether the result may lack frames."""
    output: Path = Path("outputs/merged")
    """Folder for the whole dataset."""


class DemoConfig(Model):
    """From nothing to a walking humanoid, with curve, evaluation, film and a labelled dataset."""

    device: Literal["cpu", "cuda"] = "cpu"
    """Where physics and learner run."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Seed of the training."""
    iterations: int | None = Field(default=None, ge=1)
    """Iterations of the training; None takes those of the preset, which suffice to walk."""
    episodes: int = Field(default=512, ge=1)
    """Episodes of the evaluation."""
    frames: int = Field(default=24, ge=1)
    """Frames of the dataset."""
    output: Path = Path("outputs/demo")
    """Folder for scene, run, evaluation, film and dataset; an interrupted demo goes on from there."""
