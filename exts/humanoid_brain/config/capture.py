# SPDX-License-Identifier: Apache-2.0
"""What a capture shows, what a dataset on disk holds, and how it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from humanoid_brain.config.base import ClassName, Model
from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.config.scene import SceneConfig

Output = Literal[
    "color", "depth", "distance", "semantic", "instance", "normals", "motion", "points", "boxes_3d", "camera"
]


class LicenseConfig(Model):
    """The licence of the pictures, as datasets in COCO form name it."""

    name: str = Field(default="CC0-1.0", min_length=1, max_length=200)
    """Name, best an SPDX identifier."""
    url: str = Field(default="https://creativecommons.org/publicdomain/zero/1.0/", max_length=500)
    """Where the licence can be read."""


class DatasetConfig(Model):
    """What is written for each frame. 2D boxes, masks and keypoints are always in ``annotations.json``."""

    outputs: tuple[Output, ...] = ("color", "depth", "semantic", "instance", "boxes_3d", "camera")
    """Kinds of files to write, each in a folder of its name."""
    color_format: Literal["png", "jpeg"] = "png"
    """PNG is lossless; JPEG takes a tenth of the time and a sixth of the space."""
    jpeg_quality: int = Field(default=95, ge=50, le=100)
    """Quality of JPEG."""
    png_compression: int = Field(default=1, ge=0, le=9)
    """zlib level of PNG files. 1 takes a fifth of the time of 6 and is rarely larger; 0 does not compress."""
    description: str = Field(default="", max_length=2000)
    """What the dataset shows, for its readers."""
    creator: str = Field(default="", max_length=200)
    """Who made the dataset."""
    license: LicenseConfig = Field(default_factory=LicenseConfig)
    """Terms under which the pictures may be used."""
    workers: int | None = Field(default=None, ge=0, le=128)
    """Processes that encode and write. 0: the capturing process itself; null (None on the command line): one per
    free core, at most 16."""
    reserve_bytes: int = Field(default=1 << 30, ge=0, le=1 << 50)
    """Capture pauses rather than leave less than this many bytes free on the disk."""
    sync: bool = True
    """Flush each frame to the disk, so that it outlives a power cut. A kill of the process loses nothing either way."""

    @field_validator("outputs")
    @classmethod
    def _check_outputs(cls, value: tuple[Output, ...]) -> tuple[Output, ...]:
        if twice := sorted({name for name in value if value.count(name) > 1}):
            raise ValueError(f"{twice[0]} is given twice")
        return value

    def identity(self) -> dict[str, object]:
        """What two captures must share for their files to be the same, as JSON values."""
        return self.model_dump(mode="json", exclude={"workers", "reserve_bytes", "sync"})


class AnnotationConfig(Model):
    """What a dataset annotates and holds."""

    classes: tuple[ClassName, ...] = ()
    """Classes that are annotated, in their order. Left out: every class label on the stage but those of ``stuff``."""
    stuff: tuple[ClassName, ...] = (
        "ground", "floor", "wall", "ceiling", "door", "window", "picture", "light", "distractor"
    )  # fmt: skip
    """Classes without single objects: they are in the semantic masks, after ``classes``, but are not annotated."""
    allow_empty: bool = False
    """Whether frames may show no object at all, as negative examples."""
    dataset: DatasetConfig = Field(default_factory=DatasetConfig)
    """What is written."""

    @model_validator(mode="after")
    def _check_classes(self) -> AnnotationConfig:
        if both := sorted(set(self.classes) & set(self.stuff)):
            raise ValueError(f"'{both[0]}' is in classes and in stuff")
        return self


class WriterConfig(AnnotationConfig):
    """What Replicator's HumanoidBrainWriter writes."""

    output_dir: Path
    """Folder of the dataset."""
    frames: int | None = Field(default=None, ge=1, le=10_000_000)
    """Frames of the dataset: the n-th step is frame n, one that is there already is not written again, and steps beyond
    are left out. null: every step adds a frame to a dataset that is begun anew."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Seed of what changes from step to step, for the readers of the dataset."""


class CaptureConfig(AnnotationConfig):
    """A capture: what is seen, what changes from frame to frame, and what is written."""

    scene: SceneConfig = Field(default_factory=SceneConfig)
    """The scene, with one environment."""
    randomization: RandomizationConfig = Field(default_factory=RandomizationConfig)
    """What changes from frame to frame."""
    width: int = Field(default=640, ge=16, le=8192)
    """Width of the images, pixels."""
    height: int = Field(default=480, ge=16, le=8192)
    """Height of the images, pixels."""
    camera: str = Field(default="/World/camera", pattern=r"^/[A-Za-z0-9_/]+$")
    """Path of the camera."""
    quality: Literal["preview", "standard", "high"] = "standard"
    """How carefully pictures are drawn on the standalone host; labels are exact in any case."""
    frames: int = Field(default=100, ge=1, le=10_000_000)
    """Frames of the whole dataset."""
    shard: str = "0/1"
    """Which part of the frames this process makes: "2/8" is the third of eight parts, all of frames in a row."""
    processes: int | None = Field(default=1, ge=1, le=256)
    """Processes that capture, each with a scene of its own; frames are the same for any number. null (None on the
    command line): beside a GPU three for four cores, at most 16 for each GPU; else one per core, at most 8."""
    cluster: str | None = Field(default=None, min_length=1)
    """Address of a Ray cluster whose nodes share the frames; "auto": the one that this machine belongs to."""
    attempts: int = Field(default=4, ge=1, le=100)
    """How often a frame that is blank, black or without any object is drawn anew before the capture gives up."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where the pictures are drawn. The physics of a single scene is quicker on the CPU."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Seed of every draw. The same seed gives the same dataset."""
    output: Path = Path("outputs/capture")
    """Folder of the dataset. A capture that was cut off goes on there."""

    @field_validator("shard")
    @classmethod
    def _check_shard(cls, value: str) -> str:
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", value)
        if match is None or int(match[1]) >= int(match[2]):
            raise ValueError(f"'{value}' must be I/N with I from 0 to N - 1, such as 0/4")
        return value

    @model_validator(mode="after")
    def _check(self) -> CaptureConfig:
        if self.scene.num_envs != 1:
            raise ValueError("scene.num_envs: a capture shows one environment")
        return self

    @property
    def part(self) -> tuple[int, int]:
        """The shard as numbers: which, and of how many."""
        part, parts = self.shard.split("/")
        return int(part), int(parts)
