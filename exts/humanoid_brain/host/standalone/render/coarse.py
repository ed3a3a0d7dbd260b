# SPDX-License-Identifier: Apache-2.0
"""Meshes with fewer triangles, for small pictures of things that move."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.solids import Triangles

_THIN = 0.1
"""Length of a mean of normals below which they point against one another, as on both sides of a thin wall."""


def coarsened(triangles: Triangles, cell: float) -> Triangles:
    """Points of one cell of a grid become one; what has no area any more is left out.

    This is vertex clustering, as of Rossignac and Borrel 1993, "Multi-resolution 3D approximations for rendering
    complex scenes".

    Args:
        triangles: A surface.
        cell: Size of the grid's cells, in the surface's own unit.
    """
    keys = np.floor(triangles.points / cell).astype(np.int64)
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    group, count = group.ravel(), len(first)
    if count == len(keys):
        return triangles
    points, normals = (_means(values, group, count) for values in (triangles.points, triangles.normals))
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.where(length > _THIN, normals / np.maximum(length, _THIN), triangles.normals[first])
    corners = points[group[triangles.faces]]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    faces = group[triangles.faces][area > 1e-9 * cell * cell]
    ordered = np.take_along_axis(faces, (faces.argmin(1)[:, None] + np.arange(3)) % 3, axis=1)
    return Triangles(points, normals, triangles.uvs[first], np.unique(ordered, axis=0))


def _means(values: npt.NDArray[np.float64], group: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float64]:
    members = np.maximum(np.bincount(group, minlength=count), 1)
    sums = [np.bincount(group, weights=column, minlength=count) for column in values.T]
    return np.stack(sums, axis=1) / members[:, None]
