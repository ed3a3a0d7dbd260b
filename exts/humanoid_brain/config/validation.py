# SPDX-License-Identifier: Apache-2.0
"""What counts as a flaw when a dataset is inspected."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from humanoid_brain.config.base import Model
from humanoid_brain.config.scene import Unit


class ValidationConfig(Model):
    """Limits of the checks, and where the report goes."""

    path: Path = Path("outputs/dataset")
    """Folder of the dataset, or the annotation file of a dataset in COCO form."""
    images: Path | None = None
    """Folder of the images of a COCO dataset; null looks beside the annotations."""
    output: Path | None = None
    """Folder of report.html and report.json; null: the folder of the dataset."""
    workers: int | None = Field(default=None, ge=1, le=128)
    """Threads that read and decode; null: one per core."""
    checksums: bool = True
    """Whether every file is compared with its recorded SHA-256."""
    fail_on: Literal["error", "warning", "never"] = "error"
    """Lowest severity for which the exit status is not 0."""
    blank_std: float = Field(default=1.5, ge=0.0, le=50.0)
    """A picture whose grey values, 0 to 255, vary less than this standard deviation is blank."""
    black_level: float = Field(default=3.0, ge=0.0, le=50.0)
    """A picture whose brightest percent stays below this grey value is black."""
    unlabelled_share: Unit = 0.05
    """Share of pixels on prims without a class above which a frame is reported."""
    box_tolerance: float = Field(default=1.0, ge=0.0, le=10.0)
    """Pixels by which a box may differ from the extent of its mask or leave the image."""
    keypoint_margin: float = Field(default=0.15, ge=0.0, le=1.0)
    """Share of the box's diagonal by which a visible keypoint may lie outside its box."""
    minimum_area: float = Field(default=16.0, ge=0.0, le=10000.0)
    """Objects of fewer pixels than this are too small to learn from."""
    rare_class_share: Unit = 0.01
    """A class with a smaller share of all annotations than this is reported as rare."""
    depth_range: tuple[float, float] = (0.01, 1000.0)
    """Depths in m outside this range are implausible."""
    duplicate_bits: int = Field(default=3, ge=0, le=8)
    """Pictures whose 64-bit perceptual hashes differ in at most this many bits are compared pixel by pixel."""
    duplicate_difference: float = Field(default=1.0, ge=0.0, le=50.0)
    """Mean grey difference of small copies, 0 to 255, below which two pictures are near duplicates."""
    contact_sheet: int = Field(default=24, ge=0, le=200)
    """Pictures on the contact sheet."""
    overlays: int = Field(default=8, ge=0, le=64)
    """Pictures shown with their labels drawn in, apart from those with findings."""
