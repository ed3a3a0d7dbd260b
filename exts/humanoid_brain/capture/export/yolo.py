# SPDX-License-Identifier: Apache-2.0
"""The layout of Ultralytics YOLO: images and labels for training and validation, and data.yaml.

A label is a line per object: class from 0 on, then centre and size of the box as shares of the image, and for poses
u, v (shares) and visibility of each keypoint. Source: docs.ultralytics.com, "Object Detection Datasets" and "Pose
Estimation Datasets".
"""

from __future__ import annotations

from typing import Any

import yaml

from humanoid_brain import rng
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.export.common import require, shown
from humanoid_brain.capture.layout import frame_name
from humanoid_brain.config.export import ExportConfig
from humanoid_brain.errors import DatasetError

_SIDES = (("left", "right"), ("Left", "Right"), ("l_", "r_"), ("L_", "R_"))


class YoloLayout:
    """Files of a dataset for YOLO.

    Args:
        dataset: The dataset.
        config: Share of validation frames, smallest visibility.
        pose: Whether to write keypoints; then only classes that have keypoints are kept.

    Raises:
        DatasetError: The dataset has no pictures; or for poses no class with keypoints, or classes with different ones.
    """

    def __init__(self, dataset: Dataset, config: ExportConfig, *, pose: bool) -> None:
        require(dataset, ["color"], "YOLO")
        self._dataset, self._config, self._pose = dataset, config, pose
        kept = [category for category in dataset.categories if category["keypoints"] or not pose]
        self._keypoints = _common_keypoints(kept, dataset) if pose else []
        self._classes = {category["id"]: number for number, category in enumerate(kept)}
        self._names = {number: category["name"] for number, category in enumerate(kept)}

    def frame(self, record: dict[str, Any]) -> dict[str, bytes]:
        """The picture and its labels."""
        source = self._dataset.file(record, "color")
        part = "val" if self._for_validation(record["index"]) else "train"
        name = frame_name(record["index"])
        lines = [
            self._line(item, record["width"], record["height"])
            for item in shown(record, self._config.minimum_visibility)
            if item["category_id"] in self._classes
        ]
        return {
            f"images/{part}/{name}{source.suffix}": source.read_bytes(),
            f"labels/{part}/{name}.txt": "".join(lines).encode(),
        }

    def closing(self) -> dict[str, bytes]:
        """``data.yaml``. It names no folder above its own, so the export can be moved."""
        value: dict[str, Any] = {"train": "images/train", "val": "images/val", "names": self._names}
        if self._pose:
            value["kpt_shape"] = [len(self._keypoints), 3]
            value["flip_idx"] = _mirrored(self._keypoints)
        return {"data.yaml": yaml.safe_dump(value, sort_keys=False).encode()}

    def _for_validation(self, index: int) -> bool:
        draw = rng.stream(self._dataset.identity["seed"], f"validation split {index}") / 2**64
        return draw < self._config.validation_share

    def _line(self, item: dict[str, Any], width: int, height: int) -> str:
        x, y, w, h = item["bbox"]
        values = [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height]
        text = f"{self._classes[item['category_id']]} " + " ".join(f"{value:.6f}" for value in values)
        if self._pose:
            points = item.get("keypoints") or [0.0] * (3 * len(self._keypoints))
            for u, v, seen in zip(points[::3], points[1::3], points[2::3], strict=True):
                inside = seen and 0 <= u <= width and 0 <= v <= height
                text += f" {u / width:.6f} {v / height:.6f} {int(seen)}" if inside else " 0 0 0"
        return text + "\n"


def _common_keypoints(categories: list[dict[str, Any]], dataset: Dataset) -> list[str]:
    kinds = {tuple(category["keypoints"]) for category in categories}
    if len(kinds) != 1:
        found = "no class with keypoints" if not kinds else "classes with different keypoints"
        raise DatasetError(f"YOLO poses need one set of keypoints; there is {found}", where=str(dataset.path))
    return list(kinds.pop())


def _mirrored(names: list[str]) -> list[int]:
    """For each keypoint the one that takes its place in a mirrored picture."""
    return [names.index(_other_side(name, names)) for name in names]


def _other_side(name: str, names: list[str]) -> str:
    for left, right in _SIDES:
        for one, other in ((left, right), (right, left)):
            if one in name and (twin := name.replace(one, other, 1)) in names:
                return twin
    return name
