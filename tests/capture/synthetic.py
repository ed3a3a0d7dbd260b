# SPDX-License-Identifier: Apache-2.0
"""Frames without a renderer whose picture, masks, depth, boxes and keypoints agree by construction.

Objects are thin plates that face the camera: a rectangle for a crate, an ellipse for a person, with keypoints. They
are painted from far to near, so what hides what is exact, and each 3D box projects onto its plate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.description import Category, Description
from humanoid_brain.capture.frame import Box3d, Frame, ObjectLabel
from humanoid_brain.config.capture import DatasetConfig
from humanoid_brain.optics import CameraModel

KEYPOINTS = ("head", "left_hand", "right_hand", "left_foot", "right_foot")
PLACES = np.array([[0.0, -0.7], [0.6, 0.0], [-0.6, 0.0], [0.25, 0.7], [-0.25, 0.7]])
"""Keypoints inside the unit disc."""
CATEGORIES = (
    Category("crate", "obstacle"),
    Category("person", "human", KEYPOINTS, ((0, 1), (0, 2), (1, 3), (2, 4))),
)
OUTPUTS: Any = (
    "color",
    "depth",
    "distance",
    "semantic",
    "instance",
    "normals",
    "motion",
    "points",
    "boxes_3d",
    "camera",
)
THICKNESS = 0.01
"""Depth of a plate in m: its back projects within a pixel of its front."""


def description(frames: int = 12, seed: int = 7, *, shard: tuple[int, int] = (0, 1), **storage: Any) -> Description:
    settings = {"outputs": OUTPUTS, "workers": 0, "reserve_bytes": 0, "sync": False, "creator": "tests", **storage}
    return Description(
        seed=seed,
        frames=frames,
        categories=CATEGORIES,
        config={"scene": {"objects": 5}, "resolution": [96, 72]},
        versions={"humanoid_brain": "test"},
        storage=DatasetConfig(**settings),
        shard=shard,
    )


def camera(index: int, width: int = 96, height: int = 72) -> CameraModel:
    """A camera that turns about the vertical from frame to frame."""
    angle = 0.3 * index
    pose = np.eye(4)
    right, up, back = [np.cos(angle), np.sin(angle), 0.0], [0.0, 0.0, 1.0], [np.sin(angle), -np.cos(angle), 0.0]
    pose[:3, :3] = np.array([right, up, back]).T
    pose[:3, 3] = [0.1 * index, 0.2, 1.5]
    return CameraModel(
        width, height, 0.9 * width, 0.95 * width, 0.47 * width, 0.55 * height, pose, shutter=(-0.02, 0.0)
    )


@dataclass
class Plate:
    category: str
    depth: float
    box: tuple[int, int, int, int]  # may reach out of the image

    def mask(self, width: int, height: int) -> npt.NDArray[np.bool_]:
        x0, y0, x1, y1 = self.box
        v, u = np.mgrid[:height, :width] + 0.5
        if self.category == "crate":
            return (u > x0) & (u < x1 + 1) & (v > y0) & (v < y1 + 1)
        return ((u - self.centre[0]) / self.radii[0]) ** 2 + ((v - self.centre[1]) / self.radii[1]) ** 2 <= 1.0

    @property
    def centre(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2] + 1) / 2, (self.box[1] + self.box[3] + 1) / 2

    @property
    def radii(self) -> tuple[float, float]:
        return (self.box[2] + 1 - self.box[0]) / 2, (self.box[3] + 1 - self.box[1]) / 2


def frame(index: int, seed: int = 7, width: int = 96, height: int = 72, objects: int = 5) -> Frame:
    """Frame ``index`` of the dataset with this seed: always the same."""
    rng = np.random.default_rng([seed, index])
    view = camera(index, width, height)
    plates = sorted((_plate(rng, width, height) for _ in range(objects)), key=lambda plate: -plate.depth)
    color, depth = _background(rng, width, height)
    instance = np.zeros((height, width), np.uint16)
    semantic = np.zeros((height, width), np.uint16)
    semantic[-1, :3] = 1  # a few pixels on a prim without a class
    whole: list[npt.NDArray[np.bool_]] = []
    for number, plate in enumerate(plates, start=1):
        mask = plate.mask(width, height)
        whole.append(mask)
        instance[mask], depth[mask] = number, plate.depth
        semantic[mask] = 2 if plate.category == "crate" else 3
        shade = rng.integers(40, 216, 3) + rng.normal(0, 6, (int(mask.sum()), 1))
        color[mask] = np.clip(shade, 0, 255).astype(np.uint8)
    hit = np.isfinite(depth)
    v, u = np.mgrid[:height, :width] + 0.5
    rays = view.rays(np.stack([u.ravel(), v.ravel()], -1)).reshape(height, width, 3)
    axis = -view.world_from_camera[:3, 2]
    distance = np.where(hit, np.where(hit, depth, 1.0) / (rays @ axis), np.inf).astype(np.float32)
    points = view.world_from_camera[:3, 3] + rays[hit] * distance[hit][:, None]
    labels = [_label(n, plate, whole[n - 1], instance, view) for n, plate in enumerate(plates, start=1)]
    return Frame(
        index=index,
        camera=view,
        objects=tuple(labels),
        color=color,
        depth=depth.astype(np.float32),
        distance=distance,
        semantic=semantic,
        instance=instance,
        normals=np.where(hit[..., None], -axis, 0.0).astype(np.float32),
        motion=np.stack([np.where(hit, 1.5, np.nan), np.where(hit, -0.5, np.nan)], -1).astype(np.float32),
        points=points.astype(np.float32),
        randomization={"sun.intensity": float(rng.uniform(100, 10000)), "objects": [p.category for p in plates]},
    )


def _plate(rng: np.random.Generator, width: int, height: int) -> Plate:
    w, h = rng.integers(width // 8, width // 3), rng.integers(height // 6, height // 2)
    x, y = rng.integers(-w // 4, width - 3 * w // 4), rng.integers(-h // 4, height - 3 * h // 4)
    category = str(rng.choice(["crate", "person"]))
    return Plate(category, float(np.float32(rng.uniform(1.0, 6.0))), (int(x), int(y), int(x + w - 1), int(y + h - 1)))


def _background(rng: np.random.Generator, width: int, height: int) -> tuple[Any, Any]:
    """A wall of smooth blotches under a dark sky that is infinitely far."""
    v, u = np.mgrid[:height, :width] / np.array([height, width])[:, None, None]
    waves = [np.sin(rng.uniform(2, 9) * u + rng.uniform(2, 9) * v + rng.uniform(0, 6)) for _ in range(3)]
    color = np.clip(128 + 60 * np.stack(waves, -1) + rng.normal(0, 3, (height, width, 3)), 0, 255).astype(np.uint8)
    depth = np.full((height, width), 8.0)
    depth[: height // 6] = np.inf
    return color, depth


def _label(
    number: int, plate: Plate, whole: npt.NDArray[np.bool_], instance: npt.NDArray[np.uint16], view: CameraModel
) -> ObjectLabel:
    seen = instance == number
    pixels = int(whole.sum())
    return ObjectLabel(
        instance=number,
        prim_path=f"/World/{plate.category}_{number}",
        category=plate.category,
        box_tight=_extent(seen),
        box_loose=_extent(whole),
        occlusion=1.0 - int(seen.sum()) / pixels if pixels else -1.0,
        box_3d=_box_3d(plate, view),
        keypoints=_keypoints(plate, number, instance) if plate.category == "person" else None,
    )


def _extent(mask: npt.NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])) if len(rows) else None


def _box_3d(plate: Plate, view: CameraModel) -> Box3d:
    """The plate in the camera's frame, shifted into a frame at its own centre."""
    (u, v), (a, b) = plate.centre, plate.radii
    centre = np.array([(u - view.cx) / view.fx, -(v - view.cy) / view.fy, -1.0]) * plate.depth
    half = a / view.fx * plate.depth, b / view.fy * plate.depth
    pose = view.world_from_camera.copy()
    pose[:3, 3] += pose[:3, :3] @ centre
    return Box3d((-half[0], -half[1], -THICKNESS), (half[0], half[1], 0.0), pose)


def _keypoints(plate: Plate, number: int, instance: npt.NDArray[np.uint16]) -> npt.NDArray[np.float64]:
    height, width = instance.shape
    places = PLACES * plate.radii + plate.centre
    column, row = np.floor(places).astype(int).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    seen = inside & (instance[row.clip(0, height - 1), column.clip(0, width - 1)] == number)
    return np.column_stack([places, np.where(inside, np.where(seen, 2, 1), 0)])
