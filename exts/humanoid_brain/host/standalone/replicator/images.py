# SPDX-License-Identifier: Apache-2.0
"""Pictures, distances, normals, motion and points."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.replicator.frame import Frame
from humanoid_brain.host.standalone.replicator.masks import FIRST
from humanoid_brain.host.standalone.replicator.semantics import filter_of


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
    return {"data": _four(frame.labels.normal)}


def motion_vectors(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Pixels [H, W, 4] that the visible point moved since the frame before: x to the left, y upwards, two unused.

    Zero in the first frame, and where the point was behind the camera.
    """
    motion = np.zeros((*frame.labels.shape.shape, 2), np.float32)
    if frame.past is not None:
        camera, height, width = frame.past.camera, frame.camera.height, frame.camera.width
        now = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), -1)
        before, depth = camera.project(frame.previous_positions().reshape(-1, 3))
        before = before.reshape(height, width, 2)
        sky = frame.labels.shape < 0
        if sky.any():  # it is as far as a point can be, so it moves only as the camera turns
            far = camera.world_from_camera[:3, 3] + 1e9 * frame.camera.rays(now[sky])
            before[sky], depth.reshape(height, width)[sky] = camera.project(far)
        seen = np.isfinite(before).all(-1) & (depth.reshape(height, width) > 0.0)
        motion[seen] = (before - now)[seen]
    return {"data": _four(motion)}


def pointcloud(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Visible points (N, 3) of labelled prims in the world, m, with colours, normals and ids."""
    chosen = filter_of(params)
    instances, semantics = frame.instance_ids(chosen), frame.semantic_ids(chosen)
    seen = instances >= (1 if params.get("includeUnlabelled") else FIRST)
    return {
        "data": frame.labels.position[seen],
        "pointRgb": frame.picture[seen].ravel(),
        "pointNormals": _four(frame.labels.normal[seen]).ravel(),
        "pointSemantic": semantics[seen],
        "pointInstance": instances[seen],
    }


def _four(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The same with zeros in the place of the channels that Replicator leaves unused."""
    spare = np.zeros((*values.shape[:-1], 4 - values.shape[-1]), np.float32)
    return np.concatenate([values, spare], -1)
