# SPDX-License-Identifier: Apache-2.0
"""From what Replicator's annotators gave in one step, on either host, to a :class:`Frame`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.frame import Frame
from humanoid_brain.capture.keypoints import Keypoints
from humanoid_brain.capture.labels import Labelling
from humanoid_brain.host.cameras import read_camera
from humanoid_brain.optics import Array, CameraModel

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.config.capture import Output

_T = TypeVar("_T", np.uint8, np.float32)


@dataclass(frozen=True, eq=False)
class Robot:
    """A robot whose keypoints are marked: what they are, and pose (4, 4) of each link by name."""

    keypoints: Keypoints
    links: Mapping[str, Array]


def read_frame(
    index: int,
    data: Mapping[str, Any],
    camera: CameraModel,
    labelling: Labelling,
    outputs: Iterable[Output],
    robots: Mapping[str, Robot],
    randomization: Mapping[str, Any],
    moving: bool,
) -> Frame:
    """A frame of a dataset.

    Args:
        index: Its number.
        data: By annotator of :func:`humanoid_brain.capture.labels.annotators`, in Replicator's legacy layout.
        camera: The camera, from :func:`camera_of`.
        labelling: Which prims are objects.
        outputs: What the dataset holds of each frame.
        robots: By path of the object.
        randomization: What was drawn, as JSON values by name.
        moving: Whether the annotators saw the frame before, so that its motion is known.
    """
    instance = labelling.instance(data["instance_segmentation"])
    depth = _plane(data["distance_to_image_plane"])
    objects = []
    for each in labelling.labels(data):
        if (robot := robots.get(each.prim_path)) is not None:
            marks, positions = robot.keypoints, robot.keypoints.positions(robot.links)
            each = replace(each, keypoints=marks.project(camera, positions, depth, instance, each.instance))
        objects.append(each)
    color = data.get("rgb")
    return Frame(
        index=index,
        camera=camera,
        objects=tuple(objects),
        color=None if color is None else _three(np.asarray(color, np.uint8)),
        depth=depth if "depth" in outputs else None,
        distance=None if "distance_to_camera" not in data else _plane(data["distance_to_camera"]),
        semantic=labelling.semantic(data["semantic_segmentation"]),
        instance=instance,
        normals=None if "normals" not in data else _three(np.asarray(data["normals"], np.float32)),
        motion=_motion(data, moving),
        points=None if "pointcloud" not in data else np.asarray(data["pointcloud"]["data"], np.float32),
        randomization=randomization,
    )


def camera_of(stage: Usd.Stage, path: str, size: tuple[int, int], data: Mapping[str, Any]) -> CameraModel:
    """The camera that took a picture of ``size``: the lens of its prim, where the step that drew the picture had it.

    Raises:
        SceneError: The camera's projection or lens is none that the labels can follow.
    """
    view = np.asarray(data["camera_params"]["cameraViewTransform"], np.float64).reshape(4, 4).T
    return replace(read_camera(stage.GetPrimAtPath(path), *size), world_from_camera=np.linalg.inv(view))


def _three(image: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """The first three of four channels [H, W, 4]; NumPy takes ten times as long."""
    import cv2

    return cv2.cvtColor(image, cv2.COLOR_RGBA2RGB)  # pyright: ignore[reportReturnType]


def _plane(array: Any) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(array, np.float32)


def _motion(data: Mapping[str, Any], moving: bool) -> npt.NDArray[np.float32] | None:
    """Motion in pixels, x right and y down: Replicator counts left and up. Unknown where no frame came before."""
    if "motion_vectors" not in data:
        return None
    found = data["motion_vectors"]
    return -np.asarray(found[..., :2], np.float32) if moving else np.full((*found.shape[:2], 2), np.nan, np.float32)
