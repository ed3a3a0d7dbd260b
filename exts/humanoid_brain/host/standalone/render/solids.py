# SPDX-License-Identifier: Apache-2.0
"""Triangles of USD's solids: cube, plane, sphere, capsule, cylinder and cone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from pxr import Usd, UsdGeom

from humanoid_brain.host.standalone.render.closed import outsides

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

_AROUND = 96
"""Segments of a full circle."""
_CAPSULE_AROUND = 64


@dataclass(frozen=True, eq=False)
class Triangles:
    """A surface in its own frame: points (N, 3), unit normals (N, 3), texture coordinates (N, 2), faces (F, 3)."""

    points: Array
    normals: Array
    uvs: Array
    faces: Indices

    @cached_property
    def outsides(self) -> npt.NDArray[np.int8]:
        """Which side (F,) of each face is outside: 1 its front, -1 its back, 0 on a surface that is not closed."""
        return outsides(self.points, self.faces)

    @cached_property
    def planes(self) -> Array:
        """Planes (F, 4): times a point (x, y, z, 1), how far outside of each face it is; 0 where nothing is closed."""
        a, b, c = (self.points[self.faces[:, corner]] for corner in range(3))
        normals = np.cross(b - a, c - a)
        normals *= (self.outsides / np.maximum(np.linalg.norm(normals, axis=1), 1e-300))[:, None]
        return np.concatenate([normals, -np.einsum("ij,ij->i", normals, a)[:, None]], 1)

    @cached_property
    def longest(self) -> float:
        """Length of the longest edge of a face."""
        corners = self.points[self.faces]
        return float(np.linalg.norm(corners - np.roll(corners, 1, 1), axis=2).max(initial=0.0))

    @cached_property
    def ball(self) -> tuple[Array, float]:
        """Centre (3,) and radius of a ball around all points."""
        centre = (self.points.min(0) + self.points.max(0)) / 2
        return centre, float(np.linalg.norm(self.points - centre, axis=1).max())


def solid(prim: Usd.Prim) -> Triangles | None:
    """A solid as triangles; None for a prim that is none."""
    for kind, build in _BUILDERS.items():
        if prim.IsA(kind):
            return build(prim)
    return None


def flat(points: Array, faces: Indices, uvs: Array | None = None) -> Triangles:
    """Faces with their own normals; ``uvs`` (F, 3, 2) per corner."""
    corners = points[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    count = len(faces) * 3
    mapped = np.zeros((count, 2)) if uvs is None else uvs.reshape(-1, 2)
    return Triangles(corners.reshape(-1, 3), np.repeat(normals, 3, 0), mapped, np.arange(count).reshape(-1, 3))


def _cube(prim: Usd.Prim) -> Triangles:
    half = UsdGeom.Cube(prim).GetSizeAttr().Get() / 2
    points = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float) * half
    quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    uvs = np.concatenate([np.tile(square[[0, 1, 2]], (6, 1, 1)), np.tile(square[[0, 2, 3]], (6, 1, 1))])
    return flat(points, faces, uvs)


def _plane(prim: Usd.Prim) -> Triangles:
    plane = UsdGeom.Plane(prim)
    axis = str(plane.GetAxisAttr().Get())
    across, along = plane.GetWidthAttr().Get() / 2, plane.GetLengthAttr().Get() / 2
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    x, y = ((square * 2 - 1) * (across, along)).T
    zero = np.zeros(4)
    # The width is along x, or along z for a plane across x; the length along y, or along z for one across y.
    points = {"X": [zero, y, -x], "Y": [x, zero, -y], "Z": [x, y, zero]}[axis]
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    return flat(np.stack(points, -1), faces, square[faces])


def _sphere(prim: Usd.Prim) -> Triangles:
    radius = UsdGeom.Sphere(prim).GetRadiusAttr().Get()
    angle = np.linspace(-math.pi / 2, math.pi / 2, _AROUND // 2 + 1)
    normals = np.stack([np.cos(angle), np.sin(angle)], 1)
    return _revolved(normals * radius, normals, "Z", _AROUND)


def _capsule(prim: Usd.Prim) -> Triangles:
    shape = UsdGeom.Capsule(prim)
    radius, half = shape.GetRadiusAttr().Get(), shape.GetHeightAttr().Get() / 2
    quarter = np.linspace(0.0, math.pi / 2, _CAPSULE_AROUND // 4 + 1)
    angle = np.concatenate([quarter - math.pi / 2, quarter])
    normals = np.stack([np.cos(angle), np.sin(angle)], 1)
    lift = np.repeat([-half, half], len(quarter))
    profile = np.stack([normals[:, 0] * radius, normals[:, 1] * radius + lift], 1)
    return _revolved(profile, normals, str(shape.GetAxisAttr().Get()), _CAPSULE_AROUND)


def _cylinder(prim: Usd.Prim) -> Triangles:
    shape = UsdGeom.Cylinder(prim)
    return _frustum(prim, shape.GetRadiusAttr().Get(), shape.GetRadiusAttr().Get(), shape.GetHeightAttr().Get())


def _cone(prim: Usd.Prim) -> Triangles:
    shape = UsdGeom.Cone(prim)
    return _frustum(prim, shape.GetRadiusAttr().Get(), 0.0, shape.GetHeightAttr().Get())


def _frustum(prim: Usd.Prim, bottom: float, top: float, height: float) -> Triangles:
    half = height / 2
    slope = np.array([height, bottom - top]) / math.hypot(height, bottom - top)
    profile = np.array([[0, -half], [bottom, -half], [bottom, -half], [top, half], [top, half], [0, half]])
    normals = np.array([[0, -1], [0, -1], slope, slope, [0, 1], [0, 1]])
    return _revolved(profile, normals, str(prim.GetAttribute("axis").Get()), _AROUND)


def _revolved(profile: Array, normals: Array, axis: str, segments: int) -> Triangles:
    """Surface of revolution of (radius, height) points with (radial, axial) normals around an axis."""
    turn = np.linspace(0.0, 2 * math.pi, segments + 1)
    turn[-1] = 0.0  # the seam closes exactly; its points are there twice, for their texture coordinates
    count = len(profile)

    def swept(values: Array) -> Array:
        parts = (
            np.outer(np.cos(turn), values[:, 0]),
            np.outer(np.sin(turn), values[:, 0]),
            np.broadcast_to(values[:, 1], (segments + 1, count)),
        )
        return np.roll(np.stack(parts, -1).reshape(-1, 3), "XYZ".index(axis) + 1, axis=1)

    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    u, v = np.meshgrid(np.linspace(0, 1, segments + 1), length / length[-1], indexing="ij")
    i, j = np.meshgrid(np.arange(segments), np.arange(count - 1), indexing="ij")
    a, b = i * count + j, (i + 1) * count + j
    # At a pole, one of the two triangles of a square has no area; between two rings at one place, none has.
    wide, apart = profile[:, 0] > 1e-12 * length[-1], np.diff(length) > 0.0
    lower = np.stack([a, b, b + 1], -1)[:, wide[:-1] & apart].reshape(-1, 3)
    upper = np.stack([a, b + 1, a + 1], -1)[:, wide[1:] & apart].reshape(-1, 3)
    uvs = np.stack([u, v], -1).reshape(-1, 2)
    return Triangles(swept(profile), swept(normals), uvs, np.concatenate([lower, upper]))


_BUILDERS: dict[type, Callable[[Usd.Prim], Triangles]] = {
    UsdGeom.Cube: _cube,
    UsdGeom.Plane: _plane,
    UsdGeom.Sphere: _sphere,
    UsdGeom.Capsule: _capsule,
    UsdGeom.Cylinder: _cylinder,
    UsdGeom.Cone: _cone,
}
