# SPDX-License-Identifier: Apache-2.0
"""A UsdGeom.Camera, with the lens distortion that Isaac Sim authors on it, as a camera model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from pxr import Usd, UsdGeom

from humanoid_brain.errors import SceneError
from humanoid_brain.optics import Array, CameraModel, Kind

_PREFIX = "omni:lensdistortion"
_LENSES: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "opencvPinhole": ("opencv", ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")),
    "opencvFisheye": ("fisheye", ("k1", "k2", "k3", "k4")),
}
"""Models of Isaac Sim's OmniLensDistortionOpenCv*API schemas that we follow."""
_UNSUPPORTED = ("s1", "s2", "s3", "s4")


def read_camera(prim: Usd.Prim, width: int, height: int) -> CameraModel:
    """The camera ``prim`` as it takes images of ``width`` times ``height`` pixels.

    Pixels are square, and the horizontal aperture spans the image's width, as in Isaac Sim: the vertical aperture
    has no say. A lens with Isaac Sim's OpenCV distortion has its own focal lengths and principal point in pixels of
    its ``imageSize``, which are scaled to the image.

    Raises:
        SceneError: The prim is no perspective camera, its lens model is not one of OpenCV's, or its shutter closes
            before it opens.
    """
    path = str(prim.GetPath()) if prim else "/"
    if not prim or not prim.IsA(UsdGeom.Camera):
        raise SceneError("there is no camera here", where=path, todo="Give the path of a UsdGeom.Camera prim")
    camera = UsdGeom.Camera(prim)
    if camera.GetProjectionAttr().Get() != UsdGeom.Tokens.perspective:
        raise SceneError("an orthographic camera is not drawn", where=path, todo="Set its projection to perspective")
    units = UsdGeom.GetStageMetersPerUnit(prim.GetStage())
    focal, across, down = (
        float(a.Get())
        for a in (camera.GetFocalLengthAttr(), camera.GetHorizontalApertureAttr(), camera.GetVerticalApertureAttr())
    )
    if not (focal > 0.0 and across > 0.0):
        raise SceneError(f"focal length {focal} and aperture {across} are impossible", where=path)
    scale = width * focal / across
    shift_x = float(camera.GetHorizontalApertureOffsetAttr().Get()) / across * width
    shift_y = float(camera.GetVerticalApertureOffsetAttr().Get()) / across * width
    near, far = (float(value) * units for value in camera.GetClippingRangeAttr().Get())
    lens: dict[str, Any] = {
        "fx": scale,
        "fy": scale,
        # The offset moves the sensor: what was in the middle of the image goes the other way.
        "cx": width / 2 - shift_x,
        "cy": height / 2 + shift_y,
    }
    lens |= _distortion(prim, width, height)
    return CameraModel(
        width=width,
        height=height,
        world_from_camera=_pose(prim, units),
        focal_length=focal,
        aperture=(across, down),
        focus_distance=float(camera.GetFocusDistanceAttr().Get()) * units,
        f_stop=float(camera.GetFStopAttr().Get()),
        near=near,
        far=far,
        shutter=_shutter(camera),
        **lens,
    )


def _shutter(camera: UsdGeom.Camera) -> tuple[float, float]:
    """Opening and closing time in s after the frame's time."""
    prim = camera.GetPrim()
    rate = float(prim.GetStage().GetTimeCodesPerSecond())
    opens, closes = (float(a.Get()) / rate for a in (camera.GetShutterOpenAttr(), camera.GetShutterCloseAttr()))
    if not opens <= closes:
        raise SceneError(
            "the shutter closes before it opens",
            where=f"{prim.GetPath()}.shutter:close",
            todo="Set shutter:open and shutter:close in time codes relative to the frame, such as -0.5 and 0",
        )
    return opens, closes


def _pose(prim: Usd.Prim, units: float) -> Array:
    """Pose (4, 4) without the scale that a parent may have."""
    matrix = np.array(UsdGeom.XformCache().GetLocalToWorldTransform(prim), float).T
    pose = np.eye(4)
    left, _, right = np.linalg.svd(matrix[:3, :3])
    turn = left @ right
    pose[:3, :3] = turn if np.linalg.det(turn) > 0 else -turn
    pose[:3, 3] = matrix[:3, 3] * units
    return pose


def _distortion(prim: Usd.Prim, width: int, height: int) -> dict[str, Any]:
    model = prim.GetAttribute(f"{_PREFIX}:model").Get() if prim.HasAttribute(f"{_PREFIX}:model") else None
    if not model:
        return {}
    path = str(prim.GetPath())
    if model not in _LENSES:
        raise SceneError(
            f"the lens model '{model}' is not drawn",
            where=f"{path}.{_PREFIX}:model",
            todo=f"Use one of {', '.join(_LENSES)}, or leave it out for a plain perspective",
        )
    kind, names = _LENSES[model]

    def value(name: str) -> Any:
        attribute = prim.GetAttribute(f"{_PREFIX}:{model}:{name}")
        return attribute.Get() if attribute else None

    for name in _UNSUPPORTED:
        if value(name):
            raise SceneError(
                "thin prism distortion is not drawn",
                where=f"{path}.{_PREFIX}:{model}:{name}",
                todo="Set s1 to s4 to 0",
            )
    size = value("imageSize") or (width, height)
    x, y = width / size[0], height / size[1]
    found: dict[str, Any] = {}
    for name, factor in (("fx", x), ("fy", y), ("cx", x), ("cy", y)):
        given = value(name)
        if given is not None and (given != 0.0 or name in ("cx", "cy")):
            found[name] = float(given) * factor
    distortion = tuple(float(value(name) or 0.0) for name in names)
    if not all(map(math.isfinite, (*found.values(), *distortion))):
        raise SceneError("the lens has values that are not finite", where=path)
    return found | {"kind": kind, "distortion": distortion}
