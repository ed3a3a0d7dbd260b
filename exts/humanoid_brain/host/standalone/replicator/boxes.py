# SPDX-License-Identifier: Apache-2.0
"""Bounding boxes: of visible pixels, of projected geometry, and of geometry in a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from humanoid_brain.optics import Array, CameraModel

Integers = npt.NDArray[np.int64]

_PIECES = 16
"""Into how many pieces an edge is cut where the lens bends it."""
_LONG = 8.0
"""Length in pixels from which an edge is cut: shorter ones bend by less than a pixel."""


@dataclass(frozen=True, eq=False)
class Runs:
    """A buffer [H, W] of shape indices as R runs of one shape in a row, of which there are far fewer than pixels.

    Attributes:
        shape: Height and width.
        owner: Shape [R] of each run, -1 for none.
        first: Number [R] of its first pixel, row by row.
        length: Its pixels [R].
    """

    shape: tuple[int, int]
    owner: npt.NDArray[np.int32]
    first: Integers
    length: Integers

    @staticmethod
    def of(shapes: npt.NDArray[np.int32]) -> Runs:
        """The runs of a buffer."""
        height, width = shapes.shape
        flat = shapes.ravel()
        begins = np.empty(flat.shape, bool)
        np.not_equal(flat[1:], flat[:-1], out=begins[1:])
        begins[::width] = True
        first = np.flatnonzero(begins)
        return Runs((height, width), flat[first], first, np.diff(first, append=flat.size))

    def painted(self, ids: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """An image [H, W] of ids [S] that are given by shape; 0 where there is none."""
        # A run of no shape, -1, takes the 0 at the end.
        return np.repeat(np.append(ids, np.uint32(0)).take(self.owner, mode="wrap"), self.length).reshape(self.shape)


@dataclass(frozen=True)
class PixelBounds:
    """Which pixels each of S shapes covers.

    Attributes:
        count: Pixels [S].
        box: [S, 4] first and last column and row: x_min, y_min, x_max, y_max; the maxima are -1 where there are none.
    """

    count: Integers
    box: Integers

    def union(self, members: tuple[int, ...]) -> tuple[int, tuple[int, int, int, int]]:
        """Pixels of several shapes together, and their box."""
        rows = np.array([index for index in members if self.count[index]], int)
        if not len(rows):
            return 0, (0, 0, -1, -1)
        low, high = self.box[rows, :2].min(0), self.box[rows, 2:].max(0)
        return int(self.count[rows].sum()), (int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def pixel_bounds(runs: Runs, count: int) -> PixelBounds:
    """Pixels of each of ``count`` shapes."""
    height, width = runs.shape
    of_shape = runs.owner >= 0
    owner, first, length = runs.owner[of_shape], runs.first[of_shape], runs.length[of_shape]
    row, column = first // width, first % width
    pixels = np.bincount(owner, length, minlength=count).astype(np.int64)
    box = np.tile(np.array([width, height, -1, -1]), (count, 1))
    np.minimum.at(box[:, 0], owner, column)
    np.minimum.at(box[:, 1], owner, row)
    np.maximum.at(box[:, 2], owner, column + length - 1)
    np.maximum.at(box[:, 3], owner, row)
    box[pixels == 0, :2] = 0
    return PixelBounds(pixels, box)


def projected_bounds(
    camera: CameraModel, surfaces: Sequence[Array], triangles: Callable[[int], Integers]
) -> list[Array | None]:
    """Bounds (4,) u_min, v_min, u_max, v_max in pixels of surfaces in the image plane, not cut at the image's border.

    What lies nearer than the camera's near plane is cut off, edge by edge, so that a surface which reaches past the
    camera has the bounds of its part in front. Edges that the lens bends are followed in pieces: an edge's image is
    the border of its triangle's image, since a lens maps one to one.

    Args:
        camera: The camera.
        surfaces: Corners (N, 3) of each surface in the world, m; N is at least 1.
        triangles: Gives, by number of the surface, the indices (T, 3) of its triangles' corners.

    Returns:
        None for a surface of which nothing is in front of the near plane.
    """
    if not surfaces:
        return []
    starts = np.cumsum([0, *map(len, surfaces)])
    pixels, depth = camera.project(np.concatenate(surfaces))
    inside = depth >= camera.near
    simple = np.logical_and.reduceat(inside, starts[:-1]) & (camera.kind == "pinhole")
    low, high = np.minimum.reduceat(pixels, starts[:-1]), np.maximum.reduceat(pixels, starts[:-1])
    whole = np.concatenate([low, high], 1)
    found: list[Array | None] = []
    for i, points in enumerate(surfaces):
        part = slice(starts[i], starts[i + 1])
        if simple[i]:
            found.append(whole[i])
        else:
            found.append(_cut_bounds(camera, points, triangles(i), pixels[part], depth[part]))
    return found


def _cut_bounds(camera: CameraModel, points: Array, triangles: Integers, pixels: Array, depth: Array) -> Array | None:
    """As :func:`projected_bounds`, for one surface that is cut or bent."""
    bent, around = camera.kind != "pinhole", camera.kind == "fisheye"
    inside = np.isfinite(pixels).all(1) if around else depth >= camera.near  # a fisheye may see what is beside it
    if not inside.any():
        return None
    seen = [pixels[inside]]
    edges = _edges(triangles)
    edges = edges[inside[edges].any(1)]
    if not around:
        crossing = edges[~inside[edges].all(1)]
        seen.append(camera.project(_cut(points, depth, crossing, camera.near))[0])
    if bent:
        seen.append(_along(camera, points, pixels, edges))
    found = np.concatenate(seen)
    found = found[np.isfinite(found).all(1)]
    return np.concatenate([found.min(0), found.max(0)]) if len(found) else None


def _edges(triangles: Integers) -> Integers:
    return triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)


def _cut(points: Array, depth: Array, edges: Integers, near: float) -> Array:
    """Where edges pierce the near plane; a hair in front of it, so that rounding does not put a point behind."""
    a, b = points[edges[:, 0]], points[edges[:, 1]]
    da, db = depth[edges[:, 0]], depth[edges[:, 1]]
    share = ((near * (1.0 + 1e-9) - da) / (db - da))[:, None]
    return a + share * (b - a)


def _along(camera: CameraModel, points: Array, pixels: Array, edges: Integers) -> Array:
    """Pixels of points along the edges that are long in the image, or that leave the lens's field."""
    length = np.linalg.norm(pixels[edges[:, 0]] - pixels[edges[:, 1]], axis=1)
    edges = edges[~(length < _LONG)]  # an edge with an end that the lens does not image has no length: NaN
    share = np.linspace(0.0, 1.0, _PIECES + 1)[1:-1, None, None]
    a, b = points[edges[:, 0]], points[edges[:, 1]]
    found, depth = camera.project((a + share * (b - a)).reshape(-1, 3))
    return found if camera.kind == "fisheye" else found[depth >= camera.near]


def clamped(bounds: Array, width: int, height: int) -> tuple[int, int, int, int] | None:
    """The pixels, inclusive, that bounds in the image plane cover; None when they miss the image."""
    u0, v0, u1, v1 = bounds
    if u1 <= 0.0 or v1 <= 0.0 or u0 >= width or v0 >= height:
        return None
    x0, y0 = max(int(np.floor(u0)), 0), max(int(np.floor(v0)), 0)
    x1, y1 = min(int(np.ceil(u1)) - 1, width - 1), min(int(np.ceil(v1)) - 1, height - 1)
    return x0, y0, max(x0, x1), max(y0, y1)


def bounds_in(frame: Array, points: Array) -> Array:
    """Bounds (2, 3), least and largest coordinates, of world points (N, 3) in ``frame`` (4, 4) world_from_frame."""
    inverse = np.linalg.inv(frame)
    local = (points @ inverse[:3, :3].T + inverse[:3, 3]).T.copy()  # row by row, NumPy takes many times as long
    return np.stack([local.min(1), local.max(1)])
