# SPDX-License-Identifier: Apache-2.0
"""What a USD stage shows, as triangles: meshes and solids with their looks, gathered by rigid body."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pxr import Usd, UsdGeom, UsdPhysics, UsdShade

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Looks:
    """What we draw of a UsdPreviewSurface. Colour in linear RGB."""

    color: tuple[float, float, float] = (0.55, 0.55, 0.56)
    roughness: float = 0.5
    metallic: float = 0.0
    clearcoat: float = 0.0


@dataclass(frozen=True)
class Triangles:
    """Points (N, 3) and unit normals (N, 3) in the body's frame, faces (F, 3)."""

    points: Array
    normals: Array
    faces: npt.NDArray[np.int64]


def world_pose(cache: UsdGeom.XformCache, prim: Usd.Prim) -> Array:
    """Pose (4, 4) of a prim in the world, for column vectors."""
    return np.array(cache.GetLocalToWorldTransform(prim), float).T


def collect(stage: Usd.Stage) -> dict[str, dict[Looks, list[Triangles]]]:
    """Drawn triangles by rigid body ("" for what stands still) and looks, in the body's frame."""
    cache = UsdGeom.XformCache()
    groups: dict[str, dict[Looks, list[Triangles]]] = {}
    for prim in Usd.PrimRange(stage.GetPseudoRoot(), Usd.TraverseInstanceProxies()):
        if not prim.IsA(UsdGeom.Gprim):
            continue
        image = UsdGeom.Imageable(prim)
        drawn = image.ComputePurpose() in (UsdGeom.Tokens.default_, UsdGeom.Tokens.render)
        if not drawn or image.ComputeVisibility() == UsdGeom.Tokens.invisible:
            continue
        triangles = _triangles(prim)
        if triangles is None:
            continue
        body = prim
        while body and not body.HasAPI(UsdPhysics.RigidBodyAPI):
            body = body.GetParent()
        path = str(body.GetPath()) if body else ""
        matrix = world_pose(cache, prim)
        if body:
            matrix = np.linalg.inv(world_pose(cache, body)) @ matrix
        groups.setdefault(path, {}).setdefault(_looks(prim), []).append(_moved(triangles, matrix))
    return groups


def _moved(part: Triangles, matrix: Array) -> Triangles:
    linear = matrix[:3, :3]
    normals = part.normals @ np.linalg.inv(linear)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    faces = part.faces if np.linalg.det(linear) > 0 else part.faces[:, ::-1]
    return Triangles(part.points @ linear.T + matrix[:3, 3], normals, faces)


def _looks(prim: Usd.Prim) -> Looks:
    material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
    shader = material.ComputeSurfaceSource()[0] if material else None
    if not shader:
        color = UsdGeom.Gprim(prim).GetDisplayColorAttr().Get()
        return Looks(tuple(float(c) for c in color[0])) if color else Looks()  # pyright: ignore[reportArgumentType]

    def value(name: str, fallback: Any) -> Any:
        given = shader.GetInput(name)
        found = given.Get() if given else None
        return fallback if found is None else found

    color = np.maximum(value("diffuseColor", Looks.color), value("emissiveColor", (0.0, 0.0, 0.0)))
    red, green, blue = np.clip(color, 0.0, 1.0).tolist()
    rest = (float(value("roughness", 0.5)), float(value("metallic", 0.0)), float(value("clearcoat", 0.0)))
    return Looks((red, green, blue), *rest)


def _triangles(prim: Usd.Prim) -> Triangles | None:
    """A gprim as triangles in its own frame; None for one that we do not draw."""
    if prim.IsA(UsdGeom.Mesh):
        return _mesh_triangles(UsdGeom.Mesh(prim))
    if prim.IsA(UsdGeom.Cube):
        half = UsdGeom.Cube(prim).GetSizeAttr().Get() / 2
        return _flat(_CUBE_POINTS * half, _CUBE_FACES)
    if prim.IsA(UsdGeom.Sphere):
        return _capsule(UsdGeom.Sphere(prim).GetRadiusAttr().Get(), 0.0, "Z")
    if prim.IsA(UsdGeom.Capsule):
        shape = UsdGeom.Capsule(prim)
        return _capsule(shape.GetRadiusAttr().Get(), shape.GetHeightAttr().Get(), str(shape.GetAxisAttr().Get()))
    for kind, top in ((UsdGeom.Cylinder, 1.0), (UsdGeom.Cone, 0.0)):
        if prim.IsA(kind):
            shape = kind(prim)
            radius, half = shape.GetRadiusAttr().Get(), shape.GetHeightAttr().Get() / 2
            profile = np.array([[0.0, -half], [radius, -half], [radius * top, half], [0.0, half]])
            return _flat(*_revolved(profile, str(shape.GetAxisAttr().Get())))
    return None


_CUBE_POINTS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
_CUBE_QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
_CUBE_FACES = np.concatenate([_CUBE_QUADS[:, [0, 1, 2]], _CUBE_QUADS[:, [0, 2, 3]]])


def _mesh_triangles(mesh: UsdGeom.Mesh) -> Triangles | None:
    points = np.array(mesh.GetPointsAttr().Get() or [], float).reshape(-1, 3)
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get() or [], int)
    indices = np.array(mesh.GetFaceVertexIndicesAttr().Get() or [], int)
    if not len(points) or not len(counts):
        return None
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    fans = [(start, start + k, start + k + 1) for start, n in zip(starts, counts, strict=True) for k in range(1, n - 1)]
    corners = np.array(fans, int).reshape(-1, 3)
    if mesh.GetOrientationAttr().Get() == UsdGeom.Tokens.leftHanded:
        corners = corners[:, ::-1]
    normals = np.array(mesh.GetNormalsAttr().Get() or [], float).reshape(-1, 3)
    if len(normals) == len(points) and mesh.GetNormalsInterpolation() != UsdGeom.Tokens.faceVarying:
        return Triangles(points, normals, indices[corners])
    if len(normals) == len(indices):
        return Triangles(points[indices], normals, corners)
    return _flat(points, indices[corners])


def _flat(points: Array, faces: npt.NDArray[np.int64]) -> Triangles:
    corners = points[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Triangles(corners.reshape(-1, 3), np.repeat(normals, 3, 0), np.arange(len(faces) * 3).reshape(-1, 3))


def _capsule(radius: float, height: float, axis: str) -> Triangles:
    angle = np.linspace(-math.pi / 2, math.pi / 2, 17)
    lift = np.sign(angle) * height / 2
    profile = np.stack([np.cos(angle) * radius, np.sin(angle) * radius + lift], 1)
    points, faces = _revolved(profile, axis)
    normals, _ = _revolved(np.stack([np.cos(angle), np.sin(angle)], 1), axis)
    return Triangles(points, normals, faces)


def _revolved(profile: Array, axis: str, segments: int = 32) -> tuple[Array, npt.NDArray[np.int64]]:
    """Surface of revolution of (radius, height) points around an axis."""
    turn = np.linspace(0.0, 2 * math.pi, segments, endpoint=False)
    rings = np.stack(
        [
            np.outer(np.cos(turn), profile[:, 0]),
            np.outer(np.sin(turn), profile[:, 0]),
            np.broadcast_to(profile[:, 1], (segments, len(profile))),
        ],
        -1,
    )
    shift = "XYZ".index(axis) + 1
    i, j = np.meshgrid(np.arange(segments), np.arange(len(profile) - 1), indexing="ij")
    a, b = i * len(profile) + j, ((i + 1) % segments) * len(profile) + j
    faces = np.concatenate([np.stack([a, b, b + 1], -1).reshape(-1, 3), np.stack([a, b + 1, a + 1], -1).reshape(-1, 3)])
    return np.roll(rings.reshape(-1, 3), shift, axis=1), faces
