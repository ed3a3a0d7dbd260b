# SPDX-License-Identifier: Apache-2.0
"""The camera as Replicator's ``camera_params`` annotator describes it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from humanoid_brain.optics import Array, CameraModel

if TYPE_CHECKING:
    from humanoid_brain.host.standalone.replicator.frame import Frame

_MODELS = {"pinhole": "pinhole", "opencv": "pinholeOpenCV", "fisheye": "fisheyeOpenCV"}


def camera_params(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Lens and pose. Matrices are flat, row by row, for row vectors; the view goes from the world to the camera."""
    from pxr import UsdGeom

    camera, prim = frame.camera, UsdGeom.Camera(frame.camera_prim)
    offset = (prim.GetHorizontalApertureOffsetAttr().Get(), prim.GetVerticalApertureOffsetAttr().Get())
    fisheye = camera.kind == "fisheye"
    radial, tangential = _coefficients(camera)
    return {
        "cameraAperture": np.array(camera.aperture, np.float32),
        "cameraApertureOffset": np.array(offset, np.float32),
        "cameraFisheyeLensP": np.array(tangential, np.float32),
        "cameraFisheyeLensS": np.zeros(0, np.float32),
        "cameraFisheyeMaxFOV": math.degrees(2.0 * camera.field) if fisheye else 0.0,
        "cameraFisheyeNominalHeight": camera.height if camera.distortion else 0,
        "cameraFisheyeNominalWidth": camera.width if camera.distortion else 0,
        "cameraFisheyeOpticalCentre": np.array((camera.cx, camera.cy) if camera.distortion else (0, 0), np.float32),
        "cameraFisheyePolynomial": np.array(radial, np.float32),
        "cameraFocalLength": float(camera.focal_length),
        "cameraFocusDistance": float(camera.focus_distance),
        "cameraFStop": float(camera.f_stop),
        "cameraModel": _MODELS[camera.kind],
        "cameraNearFar": np.array((camera.near, camera.far), np.float32),
        "cameraProjection": _projection(camera).ravel(),
        "cameraViewTransform": np.linalg.inv(camera.world_from_camera).T.ravel(),
        "metersPerSceneUnit": float(UsdGeom.GetStageMetersPerUnit(frame.stage)),
        "renderProductResolution": np.array((camera.width, camera.height), np.int32),
    }


def _coefficients(camera: CameraModel) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Five radial coefficients and the tangential ones."""
    given = (*camera.distortion, *(0.0,) * 8)[:8]
    if camera.kind == "fisheye":
        return (*given[:4], 0.0), ()
    if camera.kind == "opencv":
        k1, k2, p1, p2, k3, k4, k5, _ = given
        return (k1, k2, k3, k4, k5), (p1, p2)
    return (0.0,) * 5, ()


def _projection(camera: CameraModel) -> Array:
    """Perspective without distortion for row vectors (4, 4): depth is near / distance, infinite far plane.

    Source: the values that Replicator's documentation shows for its default camera.
    """
    width, height = camera.width, camera.height
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = 2.0 * camera.fx / width, 2.0 * camera.fy / height
    matrix[2, 0], matrix[2, 1] = 1.0 - 2.0 * camera.cx / width, 2.0 * camera.cy / height - 1.0
    matrix[2, 3], matrix[3, 2] = -1.0, camera.near
    return matrix
