# SPDX-License-Identifier: Apache-2.0
"""The layout of KITTI's object detection benchmark: image_2, label_2, calib, and velodyne where there are points.

KITTI gives a box one angle, about the vertical axis of the rectified camera. Our cameras may look up or down, so the
rectified camera stands at the same place with the same heading, but level: boxes that stand upright in the world are
exact in it. P2 is the intrinsic matrix times the rotation from the level camera to the real one; for a camera that is
level it is the usual P2. Source: devkit/readme.txt of the KITTI object development kit (Geiger et al., CVPR 2012).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture import images
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.export.common import require, shown
from humanoid_brain.capture.frame import Box3d
from humanoid_brain.capture.layout import frame_name
from humanoid_brain.config.capture import DatasetConfig
from humanoid_brain.config.export import ExportConfig
from humanoid_brain.errors import DatasetError
from humanoid_brain.optics import CameraModel

Matrix = npt.NDArray[np.float64]

_NO_3D = "-1 -1 -1 -1000 -1000 -1000 -10"
"""Dimensions, location and angle of an object without a 3D box."""
_SENSOR_AXES = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
"""From the laser's frame (x ahead, y left, z up) to the camera's (x right, y down, z ahead)."""


class KittiLayout:
    """Files of a dataset for KITTI.

    Args:
        dataset: The dataset.
        config: Names of classes, smallest visibility.

    Raises:
        DatasetError: The dataset has no pictures or cameras.
    """

    def __init__(self, dataset: Dataset, config: ExportConfig) -> None:
        require(dataset, ["color", "camera"], "KITTI")
        self._dataset, self._config = dataset, config
        names: dict[int, str] = {category["id"]: category["name"] for category in dataset.categories}
        self._names = {i: config.classes.get(name, name).replace(" ", "_") for i, name in names.items()}

    def frame(self, record: dict[str, Any]) -> dict[str, bytes]:
        """Picture, labels, calibration and points of a frame.

        Raises:
            DatasetError: The camera has a distorting lens, for which KITTI has no place.
        """
        camera = self._dataset.camera(record)
        if camera.kind != "pinhole":
            raise DatasetError(
                f"KITTI knows no {camera.kind} lens",
                where=f"frame {record['index']}",
                todo="Capture with a pinhole camera, or export as basic-writer or yolo",
            )
        level = level_frame(camera)
        name = frame_name(record["index"])
        lines = [self._label(item, camera, level) for item in shown(record, self._config.minimum_visibility)]
        files = {
            f"training/image_2/{name}.png": self._picture(record),
            f"training/label_2/{name}.txt": "".join(f"{line}\n" for line in lines).encode(),
            f"training/calib/{name}.txt": calibration(camera, level).encode(),
        }
        if "points" in self._dataset.outputs:
            points = self._dataset.load(record, "points").astype(np.float64) - level[:3, 3]
            local = points @ level[:3, :3] @ _SENSOR_AXES
            cloud = np.column_stack([local, np.zeros(len(local))]).astype("<f4")
            files[f"training/velodyne/{name}.bin"] = cloud.tobytes()
        return files

    def closing(self) -> dict[str, bytes]:
        """The list of frames, as training codes expect it."""
        names = "".join(f"{frame_name(index)}\n" for index in self._dataset.indices)
        return {"ImageSets/train.txt": names.encode()}

    def _picture(self, record: dict[str, Any]) -> bytes:
        path = self._dataset.file(record, "color")
        if path.suffix == ".png":
            return path.read_bytes()
        return images.encode_color(self._dataset.load(record, "color"), DatasetConfig())

    def _label(self, item: dict[str, Any], camera: CameraModel, level: Matrix) -> str:
        x, y, w, h = item["bbox"]
        head = f"{self._names[item['category_id']]} {{:.2f}} {_occlusion_class(item['occlusion'])} {{:.4f}} "
        head += f"{x:.2f} {y:.2f} {x + w - 1:.2f} {y + h - 1:.2f} "
        if "box_3d" not in item:
            return head.format(0.0, -10.0) + _NO_3D
        values = item["box_3d"]
        box = Box3d(tuple(values["min"]), tuple(values["max"]), np.array(values["world_from_object"]))
        size, location, angle = upright(box, level)
        ray = math.atan2(location[0], location[2])
        alpha = math.remainder(angle - ray, 2 * math.pi)
        numbers = " ".join(f"{round(value, 4) + 0.0:.4f}" for value in (*size, *location, angle))
        return head.format(_truncation(box, camera), alpha) + numbers


def level_frame(camera: CameraModel) -> Matrix:
    """Pose (4, 4) of the rectified camera: x right, y down along gravity, z ahead, at the camera's place."""
    right, ahead = camera.world_from_camera[:3, 0], -camera.world_from_camera[:3, 2]
    ahead = np.array([ahead[0], ahead[1], 0.0])
    if np.linalg.norm(ahead) < 1e-6:  # straight up or down: the heading is that of the image's upper edge
        ahead = np.cross([0.0, 0.0, 1.0], [right[0], right[1], 0.0])
    ahead /= np.linalg.norm(ahead)
    down = np.array([0.0, 0.0, -1.0])
    pose = np.eye(4)
    pose[:3, :3] = np.stack([np.cross(down, ahead), down, ahead], -1)
    pose[:3, 3] = camera.world_from_camera[:3, 3]
    return pose


def calibration(camera: CameraModel, level: Matrix) -> str:
    """The calibration file. The four cameras are one, and the laser stands where the camera does."""
    intrinsics = np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])
    image_from_usd = np.diag([1.0, -1.0, -1.0])
    tilt = image_from_usd @ camera.world_from_camera[:3, :3].T @ level[:3, :3]
    projection = np.column_stack([intrinsics @ tilt, np.zeros(3)])
    identity = np.eye(3, 4)
    rows = {f"P{i}": projection for i in range(4)}
    rows |= {"R0_rect": np.eye(3), "Tr_velo_to_cam": np.column_stack([_SENSOR_AXES, np.zeros(3)])}
    rows["Tr_imu_to_velo"] = identity
    return "".join(f"{name}: {' '.join(f'{v:.12e}' for v in value.ravel())}\n" for name, value in rows.items())


def upright(box: Box3d, level: Matrix) -> tuple[tuple[float, float, float], tuple[float, float, float], float]:
    """KITTI's description of a box: (height, width, length), the centre of its base, and its angle about the vertical.

    The object's axis that is nearest to the vertical counts as its height; of the other two the first is its length.
    """
    pose = box.world_from_object
    scale = np.linalg.norm(pose[:3, :3], axis=0)
    axes = level[:3, :3].T @ (pose[:3, :3] / scale)
    extent = (np.array(box.maximum) - np.array(box.minimum)) * scale
    vertical = int(np.abs(axes[1]).argmax())
    length, width = (i for i in range(3) if i != vertical)
    corners = (box.corners() - level[:3, 3]) @ level[:3, :3]
    centre = corners.mean(0)
    base = (float(centre[0]), float(centre[1] + extent[vertical] / 2), float(centre[2]))
    angle = math.atan2(-axes[2, length], axes[0, length])
    return (float(extent[vertical]), float(extent[width]), float(extent[length])), base, angle


def _truncation(box: Box3d, camera: CameraModel) -> float:
    """Share of the projected box that lies outside the image, 0 to 1."""
    pixels, depth = camera.project(box.corners())
    if (depth <= 0.0).any():
        return 1.0
    low, high = pixels.min(0), pixels.max(0)
    size = (camera.width, camera.height)
    inside = np.clip(high, 0.0, size) - np.clip(low, 0.0, size)
    whole = np.maximum(high - low, 1e-9)
    return float(1.0 - np.prod(inside / whole))


def _occlusion_class(share: float) -> int:
    """0 fully visible, 1 partly and 2 largely hidden, 3 unknown."""
    if share < 0.0:
        return 3
    return int(share > 0.05) + int(share > 0.5)
