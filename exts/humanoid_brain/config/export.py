# SPDX-License-Identifier: Apache-2.0
"""A dataset in the layout of another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from humanoid_brain.config.base import Model
from humanoid_brain.config.scene import Unit


class ExportConfig(Model):
    """What to export, where to and how."""

    path: Path = Path("outputs/dataset")
    """Folder of the dataset."""
    output: Path = Path("outputs/export")
    """Folder of the export; it must be new or empty."""
    format: Literal["kitti", "yolo", "yolo-pose", "basic-writer"] = "kitti"
    """kitti: object detection; yolo and yolo-pose: Ultralytics; basic-writer: Replicator's BasicWriter."""
    validation_share: Unit = 0.2
    """YOLO: share of the frames that are for validation. Each frame is drawn by its own number and the seed."""
    classes: dict[str, str] = Field(default_factory=dict)
    """KITTI: other names for classes, such as person: Pedestrian."""
    minimum_visibility: Unit = 0.0
    """Objects of which a smaller share than this is visible are left out."""
    workers: int | None = Field(default=None, ge=1, le=128)
    """Threads; null: one per core."""
