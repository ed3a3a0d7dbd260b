# SPDX-License-Identifier: Apache-2.0
"""The camera model: which pixel sees which point, for perspective, OpenCV and fisheye lenses.

One model serves picture and labels, so boxes and keypoints fit the image under any distortion. Pixel coordinates
count from the image's upper left corner, x to the right and y down; the centre of pixel (0, 0) is at (0.5, 0.5).
Cameras look along their -z axis with x right and y up, as in USD.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Kind = Literal["pinhole", "opencv", "fisheye"]

_ITERATIONS = 30
_EXACT = 1e-12
"""Residual of the inverse, in focal lengths: far below the resolution of a float32 direction."""
_FIELD_STEPS = 4096


@dataclass(frozen=True, eq=False)
class CameraModel:
    """A camera with its lens, at its place in the world.

    Sources: the OpenCV manual, "Camera Calibration and 3D Reconstruction" (rational and tangential distortion) and
    "Fisheye camera model" (Kannala and Brandt, PAMI 2006).
    """

    width: int
    """Image width in pixels."""
    height: int
    """Image height in pixels."""
    fx: float
    """Focal length in pixel widths."""
    fy: float
    """Focal length in pixel heights."""
    cx: float
    """Principal point in pixels from the left edge."""
    cy: float
    """Principal point in pixels from the upper edge."""
    world_from_camera: Array = field(default_factory=lambda: np.eye(4))
    """Pose (4, 4) for column vectors, a rotation and a translation in m."""
    kind: Kind = "pinhole"
    """Projection: "pinhole" has no distortion, "opencv" distorts a perspective, "fisheye" an equidistant projection."""
    distortion: tuple[float, ...] = ()
    """opencv: k1 k2 p1 p2 k3 (k4 k5 k6); fisheye: k1 k2 k3 k4; missing ones are 0."""
    focal_length: float = 24.0
    """Focal length in mm, as on the UsdGeom.Camera; with ``f_stop`` it gives the lens' opening."""
    aperture: tuple[float, float] = (36.0, 20.25)
    """Sensor size in mm, as on the UsdGeom.Camera."""
    focus_distance: float = 0.0
    """Distance in m of the plane in focus."""
    f_stop: float = 0.0
    """Focal length over lens diameter; 0 switches depth of field off."""
    near: float = 0.05
    """Nothing nearer than this along the axis is seen, m."""
    far: float = 1000.0
    """Nothing farther than this along the axis is seen, m."""
    shutter: tuple[float, float] = (0.0, 0.0)
    """When the shutter opens and closes, s after the frame's time."""

    def project(self, points: npt.ArrayLike) -> tuple[Array, Array]:
        """Pixels that see points.

        Args:
            points: World positions (N, 3) in m.

        Returns:
            Pixels (N, 2), NaN where the lens has no image of the point: at or behind the lens of a perspective, or
            outside the cone in which the distortion is one to one; and depth (N,) in m along the viewing axis, 0 or
            less behind the camera. Pixels may lie outside the image.
        """
        pose = self.world_from_camera
        local = (np.asarray(points, np.float64).reshape(-1, 3) - pose[:3, 3]) @ pose[:3, :3]
        x, y, depth = local[:, 0], -local[:, 1], -local[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.kind == "fisheye":
                side = np.hypot(x, y)
                angle = np.arctan2(side, depth)
                scale = np.where(side > 0.0, self._radial(angle) / side, 1.0 / depth)
                plane = np.stack([x * scale, y * scale], -1)
                seen = angle <= self.field
            else:
                plane = np.empty((len(depth), 2))
                np.divide(x, depth, out=plane[:, 0])
                np.divide(y, depth, out=plane[:, 1])
                seen = depth > 0.0
                if self.kind == "opencv":
                    seen &= np.hypot(plane[:, 0], plane[:, 1]) <= np.tan(min(self.field, np.pi / 2))
                    plane = _distort(plane, self._coefficients)[0]
        plane *= (self.fx, self.fy)
        plane += (self.cx, self.cy)
        if not seen.all():
            plane[~seen] = np.nan
        return plane, depth

    def rays(self, pixels: npt.ArrayLike) -> Array:
        """Directions in which pixels look: the inverse of :meth:`project`.

        Args:
            pixels: (N, 2).

        Returns:
            Unit vectors (N, 3) in the world, NaN where the lens forms no image (outside a fisheye's image circle).
        """
        return self.camera_rays(pixels) @ self.world_from_camera[:3, :3].T

    def camera_rays(self, pixels: npt.ArrayLike) -> Array:
        """As :meth:`rays`, in the camera's own frame."""
        plane = (np.asarray(pixels, np.float64).reshape(-1, 2) - (self.cx, self.cy)) / (self.fx, self.fy)
        if self.kind == "fisheye":
            radius = np.hypot(plane[:, 0], plane[:, 1])
            angle = self._angles(radius)
            side = np.where(radius > 0.0, np.sin(angle) / np.maximum(radius, 1e-300), 1.0)
            return np.stack([plane[:, 0] * side, -plane[:, 1] * side, -np.cos(angle)], -1)
        if self.kind == "opencv":
            plane = _undistort(plane, self._coefficients, float(np.tan(min(self.field, np.pi / 2))))
        rays = np.stack([plane[:, 0], -plane[:, 1], -np.ones(len(plane))], -1)
        return rays / np.linalg.norm(rays, axis=1, keepdims=True)

    @functools.cached_property
    def field(self) -> float:
        """Half angle in radians of the cone around the axis that the lens images one to one."""
        if self.kind == "pinhole":
            return np.pi / 2
        if self.kind == "fisheye":
            return _rising(self._radial, np.pi)
        k1, k2, _, _, k3, k4, k5, k6 = self._coefficients

        def radius(angle: Array) -> Array:
            r = np.tan(angle)
            s = r * r
            return r * (1.0 + s * (k1 + s * (k2 + s * k3))) / (1.0 + s * (k4 + s * (k5 + s * k6)))

        return _rising(radius, np.pi / 2 - 1e-3)

    @functools.cached_property
    def _coefficients(self) -> tuple[float, ...]:
        count = 4 if self.kind == "fisheye" else 8
        return (*self.distortion, *(0.0,) * (count - len(self.distortion)))

    def _radial(self, angle: Array) -> Array:
        """Fisheye: distance from the principal point in focal lengths."""
        k1, k2, k3, k4 = self._coefficients
        s = angle * angle
        return angle * (1.0 + s * (k1 + s * (k2 + s * (k3 + s * k4))))

    def _angles(self, radius: Array) -> Array:
        """Inverse of :meth:`_radial`, NaN beyond the field: bisection to a good start, then Newton's method."""
        k1, k2, k3, k4 = self._coefficients
        knots = np.linspace(0.0, self.field, _FIELD_STEPS)
        angle = np.interp(radius, self._radial(knots), knots)
        for _ in range(4):
            s = angle * angle
            slope = 1.0 + s * (3 * k1 + s * (5 * k2 + s * (7 * k3 + s * 9 * k4)))
            angle = np.clip(angle - (self._radial(angle) - radius) / np.maximum(slope, 1e-9), 0.0, self.field)
        return np.where(radius <= self._radial(np.array(self.field)), angle, np.nan)


def _rising(function: Callable[[Array], Array], limit: float) -> float:
    """Largest argument up to which a radial distortion grows."""
    angles = np.linspace(0.0, limit, _FIELD_STEPS)
    falls = np.nonzero(~(np.diff(function(angles)) > 0.0))[0]
    return float(angles[falls[0]] if len(falls) else limit)


def _distort(plane: Array, coefficients: tuple[float, ...]) -> tuple[Array, Array]:
    """Distorted points (N, 2) of the plane at focal length 1, and their derivative (N, 2, 2)."""
    k1, k2, p1, p2, k3, k4, k5, k6 = coefficients
    x, y = plane[:, 0], plane[:, 1]
    s = x * x + y * y
    above, below = 1.0 + s * (k1 + s * (k2 + s * k3)), 1.0 + s * (k4 + s * (k5 + s * k6))
    ratio = above / below
    rate = 2.0 * ((k1 + s * (2 * k2 + s * 3 * k3)) - ratio * (k4 + s * (2 * k5 + s * 3 * k6))) / below
    moved = np.stack(
        [
            x * ratio + 2.0 * p1 * x * y + p2 * (s + 2.0 * x * x),
            y * ratio + p1 * (s + 2.0 * y * y) + 2.0 * p2 * x * y,
        ],
        -1,
    )
    cross = x * y * rate + 2.0 * (p1 * x + p2 * y)
    xx = ratio + x * x * rate + 2.0 * p1 * y + 6.0 * p2 * x
    yy = ratio + y * y * rate + 6.0 * p1 * y + 2.0 * p2 * x
    return moved, np.stack([xx, cross, cross, yy], -1).reshape(-1, 2, 2)


def _undistort(plane: Array, coefficients: tuple[float, ...], limit: float) -> Array:
    """Inverse of :func:`_distort` by Newton's method within a radius; NaN where there is none."""
    found = plane.copy()
    for _ in range(_ITERATIONS):
        moved, rate = _distort(found, coefficients)
        error = moved - plane
        if np.abs(error).max(initial=0.0) < _EXACT:
            break
        det = rate[:, 0, 0] * rate[:, 1, 1] - rate[:, 0, 1] * rate[:, 1, 0]
        det = np.where(np.abs(det) < 1e-6, 1e-6, det)
        step = np.stack(
            [
                rate[:, 1, 1] * error[:, 0] - rate[:, 0, 1] * error[:, 1],
                rate[:, 0, 0] * error[:, 1] - rate[:, 1, 0] * error[:, 0],
            ],
            -1,
        )
        found = found - step / det[:, None]
        radius = np.hypot(found[:, 0], found[:, 1])[:, None]
        found = np.where(radius > limit, found * (limit / np.maximum(radius, 1e-300)), found)
    whole = np.abs(_distort(found, coefficients)[0] - plane).max(-1) < 1e-9
    return np.where(whole[:, None], found, np.nan)
