# SPDX-License-Identifier: Apache-2.0
"""One captured frame: pictures, labels and the camera that saw them, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.optics import CameraModel

Box2d = tuple[int, int, int, int]
"""x_min, y_min, x_max, y_max in pixels. Both ends are inside, as in Replicator: one pixel has x_min = x_max."""

BACKGROUND = 0
"""Value of ``semantic`` and ``instance`` where nothing was hit."""
UNLABELLED = 1
"""Value of ``semantic`` where a prim without a class was hit; classes follow from 2 on."""
FIRST_CLASS = 2


@dataclass(frozen=True, eq=False)
class Box3d:
    """An oriented box: its extent in the object's own frame, and where that frame is."""

    minimum: tuple[float, float, float]
    """Smallest coordinates in the object's frame, m."""
    maximum: tuple[float, float, float]
    """Largest coordinates in the object's frame, m."""
    world_from_object: npt.NDArray[np.float64]
    """Pose (4, 4) for column vectors. Its 3x3 part may hold a scale."""

    def corners(self) -> npt.NDArray[np.float64]:
        """The eight corners in the world (8, 3), m; bit 0 of the row number selects max x, bit 1 y, bit 2 z."""
        low, high = np.array(self.minimum), np.array(self.maximum)
        pick = (np.arange(8)[:, None] >> np.arange(3)) & 1
        local = np.where(pick == 1, high, low)
        return local @ self.world_from_object[:3, :3].T + self.world_from_object[:3, 3]


@dataclass(frozen=True, eq=False)
class ObjectLabel:
    """One labelled instance in one frame."""

    instance: int
    """Its value in ``Frame.instance``, from 1 on."""
    prim_path: str
    category: str
    """Name of its class."""
    box_tight: Box2d | None = None
    """Box of the visible pixels; None where nothing is visible."""
    box_loose: Box2d | None = None
    """Box of the whole extent, hidden parts included, clipped to the image; None outside the image."""
    occlusion: float = -1.0
    """Share of its pixels that something hides, 0 to 1; -1 unknown."""
    box_3d: Box3d | None = None
    keypoints: npt.NDArray[np.float64] | None = None
    """(K, 3): u and v in pixels, visibility as in COCO: 0 not labelled, 1 hidden, 2 visible."""


_FLOAT, _ID = np.dtype(np.float32), np.dtype(np.uint16)
_ARRAYS: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {
    "color": (np.dtype(np.uint8), (3,)),
    "depth": (_FLOAT, ()),
    "distance": (_FLOAT, ()),
    "semantic": (_ID, ()),
    "instance": (_ID, ()),
    "normals": (_FLOAT, (3,)),
    "motion": (_FLOAT, (2,)),
}
IMAGES = tuple(_ARRAYS)
"""Names of the pixel arrays of a frame."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Everything one frame holds. What was not asked for is None.

    Raises:
        ValueError: An array has another shape or type than its place demands; the message names it.
    """

    index: int
    """Number of the frame in its dataset, from 0 on: the address of all its randomness."""
    camera: CameraModel
    objects: tuple[ObjectLabel, ...] = ()
    color: npt.NDArray[np.uint8] | None = None
    """[H, W, 3], sRGB."""
    depth: npt.NDArray[np.float32] | None = None
    """[H, W], m along the viewing axis, inf where nothing was hit."""
    distance: npt.NDArray[np.float32] | None = None
    """[H, W], m from the camera, inf where nothing was hit."""
    semantic: npt.NDArray[np.uint16] | None = None
    """[H, W]: 0 background, 1 without a class, then the classes in their order."""
    instance: npt.NDArray[np.uint16] | None = None
    """[H, W]: 0 background or not labelled, else ``ObjectLabel.instance``."""
    normals: npt.NDArray[np.float32] | None = None
    """[H, W, 3], unit vectors in the world, 0 where nothing was hit."""
    motion: npt.NDArray[np.float32] | None = None
    """[H, W, 2], motion since the frame before in pixels, x right and y down; NaN where it is not known."""
    points: npt.NDArray[np.float32] | None = None
    """(N, 3), world, m."""
    randomization: Mapping[str, Any] = field(default_factory=dict)
    """What was drawn for this frame, as JSON values by name."""

    def __post_init__(self) -> None:
        size = (self.camera.height, self.camera.width)
        for name, (dtype, channels) in _ARRAYS.items():
            array = getattr(self, name)
            if array is not None and (array.shape != (*size, *channels) or array.dtype != dtype):
                raise ValueError(
                    f"frame {self.index}: {name} must be {dtype} {[*size, *channels]}, "
                    f"not {array.dtype} {list(array.shape)}"
                )
        if self.points is not None and (self.points.ndim != 2 or self.points.shape[1] != 3):
            raise ValueError(f"frame {self.index}: points must be (N, 3), not {list(self.points.shape)}")
