# SPDX-License-Identifier: Apache-2.0
"""A UsdGeom.Mesh as triangles, apart by GeomSubset."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pxr import Usd, UsdGeom, UsdShade

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.render.solids import Array, Indices, Triangles

Mask = npt.NDArray[np.bool_]


def read_mesh(prim: Usd.Prim, primvar: str = "st") -> dict[str, Triangles]:
    """Triangles by path: of each GeomSubset that binds a material, and under the mesh's own path of what is left.

    Polygons are split into fans; holes are not cut, subdivision is not applied. Normals are those given, or each
    face's own.

    Args:
        prim: The mesh.
        primvar: Name of its texture coordinates.

    Raises:
        SceneError: Indices point outside of the points.
    """
    mesh = UsdGeom.Mesh(prim)
    points = _array(mesh.GetPointsAttr().Get(), 3)
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get() or [], np.int64)
    indices = np.array(mesh.GetFaceVertexIndicesAttr().Get() or [], np.int64)
    if not len(points) or not len(counts):
        return {}
    if counts.sum() != len(indices) or indices.min() < 0 or indices.max() >= len(points):
        raise SceneError(
            "the mesh's faceVertexCounts and faceVertexIndices do not fit its points",
            where=str(prim.GetPath()),
            todo="Export the mesh again",
        )
    corners, polygon = _fans(counts)
    if not len(corners):
        return {}
    if mesh.GetOrientationAttr().Get() == UsdGeom.Tokens.leftHanded:
        corners = corners[:, ::-1]
    layout = _Layout(len(points), indices, corners, polygon)
    at_points = points[indices[corners]]
    normals = _normals(mesh, layout)
    if normals is None:
        normals = np.cross(at_points[:, 1] - at_points[:, 0], at_points[:, 2] - at_points[:, 0])[:, None]
    normals = normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    uvs = _uvs(prim, primvar, layout)
    pieces: dict[str, Triangles] = {}
    for path, chosen in _subsets(mesh, len(counts)).items():
        mask = chosen[polygon]
        if mask.any():
            pieces[path] = _welded(at_points[mask], np.broadcast_to(normals, at_points.shape)[mask], uvs[mask])
    return pieces


class _Layout:
    """How values of each interpolation go to the corners of triangles."""

    def __init__(self, points: int, indices: Indices, corners: Indices, polygon: Indices) -> None:
        self.points, self.indices, self.corners, self.polygon = points, indices, corners, polygon

    def spread(self, values: Array, interpolation: str) -> Array | None:
        """Values at corners [F, 3, K]; None where their number does not fit."""
        wanted = {
            "constant": (1, np.zeros_like(self.corners)),
            "uniform": (int(self.polygon.max()) + 1, np.broadcast_to(self.polygon[:, None], self.corners.shape)),
            "vertex": (self.points, self.indices[self.corners]),
            "varying": (self.points, self.indices[self.corners]),
            "faceVarying": (len(self.indices), self.corners),
        }
        count, order = wanted.get(interpolation, (-1, self.corners))
        return values[order] if len(values) == count else None


def _fans(counts: Indices) -> tuple[Indices, Indices]:
    """Positions in the index array of each triangle's corners (F, 3), and the polygon (F,) that it is of."""
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    triangles = np.maximum(counts - 2, 0)
    polygon = np.repeat(np.arange(len(counts)), triangles)
    step = np.arange(len(polygon)) - np.repeat(np.cumsum(triangles) - triangles, triangles)
    first = starts[polygon]
    return np.stack([first, first + step + 1, first + step + 2], -1), polygon


def _normals(mesh: UsdGeom.Mesh, layout: _Layout) -> Array | None:
    primvar = UsdGeom.PrimvarsAPI(mesh.GetPrim()).GetPrimvar("normals")  # has precedence over the attribute
    if primvar and primvar.HasValue():
        return layout.spread(_array(primvar.ComputeFlattened(), 3), primvar.GetInterpolation())
    values = _array(mesh.GetNormalsAttr().Get(), 3)
    return layout.spread(values, mesh.GetNormalsInterpolation()) if len(values) else None


def _uvs(prim: Usd.Prim, name: str, layout: _Layout) -> Array:
    primvar = UsdGeom.PrimvarsAPI(prim).FindPrimvarWithInheritance(name)
    if primvar and primvar.HasValue():
        found = layout.spread(_array(primvar.ComputeFlattened(), 2), primvar.GetInterpolation())
        if found is not None:
            return found
    return np.zeros((*layout.corners.shape, 2))


def _subsets(mesh: UsdGeom.Mesh, polygons: int) -> dict[str, Mask]:
    left = np.ones(polygons, bool)
    chosen: dict[str, Mask] = {}
    for subset in UsdShade.MaterialBindingAPI(mesh.GetPrim()).GetMaterialBindSubsets():
        picked = np.array(subset.GetIndicesAttr().Get() or [], np.int64)
        mask = np.zeros(polygons, bool)
        mask[picked[(picked >= 0) & (picked < polygons)]] = True
        chosen[str(subset.GetPath())] = mask & left
        left &= ~mask
    return {**chosen, str(mesh.GetPath()): left}


def _welded(points: Array, normals: Array, uvs: Array) -> Triangles:
    """Corners [F, 3, ...] with equal values made one vertex."""
    rows = np.concatenate([points, normals, uvs], -1).reshape(-1, 8)
    unique, inverse = np.unique(rows, axis=0, return_inverse=True)
    return Triangles(unique[:, :3], unique[:, 3:6], unique[:, 6:], inverse.reshape(-1, 3))


def _array(values: Any, width: int) -> Array:
    return np.array(values if values is not None else [], np.float64).reshape(-1, width)
