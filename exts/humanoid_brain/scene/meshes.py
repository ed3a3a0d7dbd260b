# SPDX-License-Identifier: Apache-2.0
"""Surfaces as USD meshes, with texture coordinates in metres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pxr import Sdf, Usd, UsdGeom, Vt

from humanoid_brain.scene.anthropometry import Array
from humanoid_brain.scene.shells import Surface


def author_mesh(
    stage: Usd.Stage, path: str, surfaces: Sequence[Surface], coordinates: Sequence[Array] | None = None
) -> UsdGeom.Mesh:
    """One triangle mesh of several surfaces: few prims load and draw faster than many.

    Args:
        stage: Where to.
        path: Of the mesh.
        surfaces: What it is made of.
        coordinates: Texture coordinates of each surface's corners, (3 F, 2), for textured ones.
    """
    sizes = np.cumsum([0, *(len(surface.points) for surface in surfaces)])
    points = np.concatenate([surface.points for surface in surfaces]).astype(np.float32)
    normals = np.concatenate([surface.normals for surface in surfaces]).astype(np.float32)
    faces = np.concatenate([s.faces + offset for s, offset in zip(surfaces, sizes, strict=False)])
    mesh = UsdGeom.Mesh.Define(stage, path)
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(points))
    mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(normals))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(faces), 3, np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(faces.astype(np.int32).ravel()))
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateExtentAttr(Vt.Vec3fArray.FromNumpy(np.stack([points.min(0), points.max(0)])))
    if coordinates is not None:
        primvars = UsdGeom.PrimvarsAPI(mesh.GetPrim())
        st = primvars.CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.faceVarying)
        st.Set(Vt.Vec2fArray.FromNumpy(np.concatenate(coordinates).astype(np.float32)))
    return mesh


def box_coordinates(surface: Surface, axes: tuple[int, int, int], offset: tuple[float, float] = (0.0, 0.0)) -> Array:
    """Texture coordinates (3 F, 2) in m of each triangle's corners, projected along its main direction.

    Args:
        surface: What to cover.
        axes: The three axes in the order in which they serve as u and v: of the two across a triangle's main
            direction, the one that comes first here is u.
        offset: Added in m, so that like parts do not look alike.
    """
    corners = surface.points[surface.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    main = np.argmax(np.abs(normal), 1)
    out = np.empty((len(corners), 3, 2))
    for axis in range(3):
        u, v = (i for i in axes if i != axis)
        rows = main == axis
        # Seen from outside u runs to the right of v, as normal maps expect it.
        right = np.sign(normal[rows, axis]) * (1.0 if (u + 1) % 3 == v else -1.0)
        out[rows, :, 0] = corners[rows][:, :, u] * right[:, None]
        out[rows, :, 1] = corners[rows][:, :, v]
    return out.reshape(-1, 2) + np.array(offset)


def grain_axes(surface: Surface) -> tuple[int, int, int]:
    """The axes from the surface's longest extent to its shortest: wood's grain runs along a board."""
    extent = surface.points.max(0) - surface.points.min(0)
    first, second, third = sorted(range(3), key=lambda axis: -round(float(extent[axis]), 6))
    return first, second, third
