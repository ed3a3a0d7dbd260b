# SPDX-License-Identifier: Apache-2.0
"""What a dataset on disk holds and how it is written."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from humanoid_brain.config.base import Model

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
    """Processes that encode and write. 0: the capturing process itself; null: one per free core, at most 16."""
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
