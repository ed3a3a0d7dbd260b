# SPDX-License-Identifier: Apache-2.0
"""Pictures, distances, normals, motion and points."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.replicator.frame import Frame
from humanoid_brain.host.standalone.replicator.masks import FIRST
from humanoid_brain.host.standalone.replicator.semantics import filter_of
from humanoid_brain.optics import Array, CameraModel

_FAR = 1e9  # m; how far the sky is


def rgb(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """RGBA [H, W, 4] in sRGB, opaque."""
    return {"data": frame.picture}


def distance_to_camera(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Metres [H, W] along the ray, inf where nothing is."""
    return {"data": frame.labels.distance}


def distance_to_image_plane(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Metres [H, W] along the camera's axis, inf where nothing is."""
    return {"data": frame.labels.depth}


def normals(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Unit normals in the world [H, W, 4]; the fourth value is unused."""
    return {"data": _four(frame.surfaces.normal)}


def motion_vectors(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Pixels [H, W, 4] that the visible point moved since the frame before: x to the left, y upwards, two unused.

    Zero in the first frame, and where the point was behind the camera.
    """
    motion = np.zeros((*frame.labels.shape.shape, 4), np.float32)
    if frame.past is None:
        return {"data": motion}
    camera, before = frame.camera, frame.past.camera

    def set_motion(pixels: npt.NDArray[np.bool_], points: Array) -> None:
        """Where ``points`` were seen in the frame before, less where they are seen now."""
        found, depth = before.project(points)
        rows, columns = np.nonzero(pixels)
        seen = np.isfinite(found).all(1) & (depth > 0.0)
        now = np.stack([columns[seen] + 0.5, rows[seen] + 0.5], -1)
        motion[rows[seen], columns[seen], :2] = found[seen] - now

    moved, points = frame.moved()
    set_motion(moved, points)
    if not _same_view(camera, before, places=True):
        still = ~moved & (frame.labels.shape >= 0)
        set_motion(still, frame.surfaces.position[still].astype(np.float64))
    if not _same_view(camera, before, places=False):  # the sky is too far to move when the camera only moves
        sky = frame.labels.shape < 0
        rows, columns = np.nonzero(sky)
        rays = camera.rays(np.stack([columns + 0.5, rows + 0.5], -1))
        set_motion(sky, before.world_from_camera[:3, 3] + _FAR * rays)
    return {"data": motion}


def _same_view(one: CameraModel, other: CameraModel, places: bool) -> bool:
    """Whether two cameras have the same lens and direction, and the same place too if ``places``."""
    lenses = [(c.kind, c.fx, c.fy, c.cx, c.cy, c.distortion) for c in (one, other)]
    columns = slice(0, 4 if places else 3)
    return lenses[0] == lenses[1] and np.array_equal(
        one.world_from_camera[:3, columns], other.world_from_camera[:3, columns]
    )


def pointcloud(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Visible points (N, 3) of labelled prims in the world, m, with colours, normals and ids."""
    chosen = filter_of(params)
    instances, semantics = frame.image(frame.instance_of(chosen)), frame.image(frame.semantic_of(chosen))
    seen = np.flatnonzero(instances >= (1 if params.get("includeUnlabelled") else FIRST))

    def taken(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        rows = image.reshape(instances.size, -1)
        return rows if len(seen) == len(rows) else rows.take(seen, 0)

    return {
        "data": taken(frame.surfaces.position),
        "pointRgb": taken(frame.picture).flatten(),
        "pointNormals": _four(taken(frame.surfaces.normal)).ravel(),
        "pointSemantic": taken(semantics).ravel(),
        "pointInstance": taken(instances).ravel(),
    }


def _four(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Vectors with a zero in the place of the channel that Replicator leaves unused."""
    import cv2

    padded = np.zeros((*values.shape[:-1], 4), np.float32)
    if values.size:  # three times as fast as NumPy
        cv2.mixChannels([values.reshape(1, -1, 3)], [padded.reshape(1, -1, 4)], [0, 0, 1, 1, 2, 2])
    return padded
