# SPDX-License-Identifier: Apache-2.0
"""Solids that props are made of, with rounded edges and exact normals, in few triangles."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from humanoid_brain.scene.anthropometry import Array
from humanoid_brain.scene.shells import Surface

Point = tuple[float, float, float]
Faces = npt.NDArray[np.int64]


def box(
    size: Point, center: Point = (0.0, 0.0, 0.0), radius: float = 0.006, steps: int = 1, cuts: Point | None = None
) -> Surface:
    """A box with rounded edges: 108 triangles with one step.

    Args:
        size: Outer edges along x, y, z in m.
        center: Its centre in m.
        radius: Of the edges in m; at most half the shortest edge.
        steps: Facets from a face to the middle of an edge.
        cuts: Extra rows of points on the flat part along x, y, z, for a box that is bent afterwards.
    """
    half = np.array(size) / 2.0
    radius = min(radius, 0.999 * float(half.min()))
    lines = []
    for edge, count in zip(half - radius, (0, 0, 0) if cuts is None else cuts, strict=True):
        turn = np.tan(np.linspace(0.0, math.pi / 4, steps + 1))
        flat = np.linspace(-edge, edge, int(count) + 2)[1:-1]
        inner = np.concatenate([np.full(steps + 1, -edge), flat, np.full(steps + 1, edge)])
        lines.append((inner, np.concatenate([-turn[::-1], np.zeros(len(flat)), turn])))
    points, normals, faces, start = [], [], [], 0
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        rows, columns = len(lines[u][0]), len(lines[v][0])
        for sign in (1.0, -1.0):
            normal, inner = np.empty((rows, columns, 3)), np.empty((rows, columns, 3))
            normal[..., axis], inner[..., axis] = sign, sign * (half[axis] - radius)
            normal[..., u], inner[..., u] = lines[u][1][:, None], lines[u][0][:, None]
            normal[..., v], inner[..., v] = lines[v][1][None, :], lines[v][0][None, :]
            normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
            points.append((inner + radius * normal).reshape(-1, 3))
            normals.append(normal.reshape(-1, 3))
            quads = _grid(rows, columns)
            faces.append((quads if sign > 0 else quads[:, ::-1]) + start)
            start += rows * columns
    return Surface(np.concatenate(points) + np.array(center), np.concatenate(normals), np.concatenate(faces))


def lathe(
    profile: Sequence[tuple[float, float]],
    center: Point = (0.0, 0.0, 0.0),
    around: int = 24,
    bevel: float = 0.004,
    smooth: float = 40.0,
) -> Surface:
    """A surface of revolution around z of (radius, height) points, listed with the outside to the right.

    Args:
        profile: For a solid from the bottom's centre to the top's centre.
        center: Offset in m.
        around: Points per ring.
        bevel: Width in m of the rounding of corners.
        smooth: Corners that turn by less than this, in degrees, are part of a curve and shaded as such.
    """
    rows = _shaded_profile(np.array(profile, float), bevel, math.cos(math.radians(smooth)))
    angle = np.linspace(0.0, 2.0 * math.pi, around, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    one = np.ones(around)
    points = np.stack([np.outer(rows[:, 0], cosine), np.outer(rows[:, 0], sine), np.outer(rows[:, 1], one)], -1)
    normals = np.stack([np.outer(rows[:, 2], cosine), np.outer(rows[:, 2], sine), np.outer(rows[:, 3], one)], -1)
    faces = _rings(len(rows), around)
    return _solid(points.reshape(-1, 3) + np.array(center), normals.reshape(-1, 3), faces)


def tube(
    path: Sequence[Point],
    radius: float | tuple[float, float],
    around: int = 12,
    fillet: float = 0.0,
    closed: bool = False,
) -> Surface:
    """A round bar along a path.

    Args:
        path: Corners in m, two or more.
        radius: In m; a pair is that of the start and that of the end.
        around: Points per ring.
        fillet: Radius in m of the bends.
        closed: Join the end to the start, for a ring.
    """
    line = np.array(path, float)
    if fillet > 0.0:
        line = _filleted(line, fillet)
    ahead = np.roll(line, -1, 0) - line
    tangents = ahead + np.roll(ahead, 1, 0)
    if not closed:
        tangents[0], tangents[-1] = ahead[0], ahead[-2]
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    sides = _transported(tangents)
    angle = np.linspace(0.0, 2.0 * math.pi, around, endpoint=False)[None, :, None]
    radial = np.cos(angle) * sides[:, None, :] + np.sin(angle) * np.cross(tangents, sides)[:, None, :]
    start, end = radius if isinstance(radius, tuple) else (radius, radius)
    radii = np.linspace(start, end, len(line))[:, None, None]
    points, normals = line[:, None, :] + radii * radial, radial
    if closed:
        points, normals = np.concatenate([points, points[:1]]), np.concatenate([normals, normals[:1]])
    else:
        lids = [np.broadcast_to(sign * tangents[i], radial[i].shape) for i, sign in ((0, -1.0), (-1, 1.0))]
        ends = [np.broadcast_to(line[i], radial[i].shape) for i in (0, -1)]
        points = np.concatenate([ends[:1], points[:1], points, points[-1:], ends[1:]])
        normals = np.concatenate([lids[:1], lids[:1], normals, lids[1:], lids[1:]])
    return _solid(points.reshape(-1, 3), normals.reshape(-1, 3), _rings(len(points), around))


def circle(radius: float, z: float, count: int = 24) -> list[Point]:
    """Points of a level circle around the z axis, for a closed tube."""
    turns = [2.0 * math.pi * i / count for i in range(count)]
    return [(radius * math.cos(turn), radius * math.sin(turn), z) for turn in turns]


def deformed(surface: Surface, field: Callable[[Array], Array]) -> Surface:
    """The surface under a smooth map of points (N, 3) to points (N, 3); normals follow its derivative."""
    step = 1e-5
    columns = [(field(surface.points + step * e) - field(surface.points - step * e)) / (2 * step) for e in np.eye(3)]
    jacobian = np.stack(columns, -1)
    normals = np.einsum("nji,nj->ni", np.linalg.inv(jacobian), surface.normals)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Surface(field(surface.points), normals, surface.faces)


def tapered(surface: Surface, at_bottom: float, at_top: float = 1.0) -> Surface:
    """The surface with its horizontal sections scaled, linearly from its lowest to its highest point."""
    low, high = surface.points[:, 2].min(), surface.points[:, 2].max()
    middle = (surface.points.min(0) + surface.points.max(0))[:2] / 2

    def field(points: Array) -> Array:
        share = (points[:, 2:] - low) / (high - low)
        out = points.copy()
        out[:, :2] = middle + (points[:, :2] - middle) * (at_bottom + (at_top - at_bottom) * share)
        return out

    return deformed(surface, field)


def bent(surface: Surface, radius: float) -> Surface:
    """The surface rolled up around a vertical axis ``radius`` in front of it (+x), as the back of a chair is."""

    def field(points: Array) -> Array:
        angle, reach = points[:, 1] / radius, radius - points[:, 0]
        return np.stack([radius - reach * np.cos(angle), reach * np.sin(angle), points[:, 2]], 1)

    return deformed(surface, field)


def _shaded_profile(rows: Array, bevel: float, smooth: float) -> Array:
    """(radius, height, normal's radius, normal's height) of each ring; a sharp corner becomes two rings."""
    steps = np.diff(rows, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    along = steps / lengths[:, None]
    across = np.stack([along[:, 1], -along[:, 0]], 1)
    out = [[*rows[0], *across[0]]]
    for i in range(1, len(rows) - 1):
        if across[i - 1] @ across[i] > smooth:
            mean = across[i - 1] + across[i]
            out.append([*rows[i], *(mean / np.linalg.norm(mean))])
        else:
            back, forth = min(bevel, 0.45 * lengths[i - 1]), min(bevel, 0.45 * lengths[i])
            out.append([*(rows[i] - back * along[i - 1]), *across[i - 1]])
            out.append([*(rows[i] + forth * along[i]), *across[i]])
    out.append([*rows[-1], *across[-1]])
    return np.array(out)


def _filleted(line: Array, radius: float, steps: int = 5) -> Array:
    """The corners of a polyline replaced by arcs."""
    out = [line[0]]
    for before, corner, after in zip(line[:-2], line[1:-1], line[2:], strict=True):
        towards, away = before - corner, after - corner
        a, b = np.linalg.norm(towards), np.linalg.norm(away)
        half = math.acos(float(np.clip(towards @ away / (a * b), -1.0, 1.0))) / 2
        if half > math.radians(89.0):
            out.append(corner)
            continue
        reach = min(radius / math.tan(half), 0.49 * a, 0.49 * b)
        first, last = corner + towards / a * reach, corner + away / b * reach
        pivot = corner + (towards / a + away / b) / (2 * math.cos(half)) * reach / math.cos(half)
        for share in np.linspace(0.0, 1.0, steps + 1):
            spoke = (first - pivot) * (1 - share) + (last - pivot) * share
            out.append(pivot + spoke / np.linalg.norm(spoke) * np.linalg.norm(first - pivot))
    return np.array([*out, line[-1]])


def _transported(tangents: Array) -> Array:
    """Unit vectors across the tangents that do not twist along the path."""
    start = np.eye(3)[int(np.argmin(np.abs(tangents[0])))]
    sides = [start - tangents[0] * (start @ tangents[0])]
    for tangent in tangents[1:]:
        sides.append(sides[-1] - tangent * (sides[-1] @ tangent))
    return np.stack([side / np.linalg.norm(side) for side in sides])


def _grid(rows: int, columns: int) -> Faces:
    """Triangles of a grid of points, counter-clockwise from where rows go right and columns go up."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = (i * columns + j).ravel()
    b, c, d = a + columns, a + columns + 1, a + 1
    return np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int64)


def _rings(count: int, around: int) -> Faces:
    """Triangles between rings, each of which runs counter-clockwise seen from the next one."""
    i, j = np.meshgrid(np.arange(count - 1), np.arange(around), indexing="ij")
    a, b = (i * around + j).ravel(), (i * around + (j + 1) % around).ravel()
    return np.concatenate([np.stack([a, b, b + around], 1), np.stack([a, b + around, a + around], 1)]).astype(np.int64)


def _solid(points: Array, normals: Array, faces: Faces) -> Surface:
    """Without triangles that have no area, as at poles."""
    corners = points[faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    return Surface(points, normals, faces[area > 1e-14])
