# SPDX-License-Identifier: Apache-2.0
"""Smooth closed surfaces made of superellipse sections: the shapes that the humanoid's shells are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from humanoid_brain.scene.anthropometry import Array


@dataclass(frozen=True)
class Section:
    """A superellipse across the loft's axis at height ``t``, in m.

    With the axis along Z, ``center`` is (x, y) and ``half`` the half widths along x and y; ``power`` is 2 for an
    ellipse and grows towards a rounded rectangle.
    """

    t: float
    half: tuple[float, float]
    center: tuple[float, float] = (0.0, 0.0)
    power: float = 2.0


@dataclass(frozen=True)
class Surface:
    """Points (N, 3), unit normals (N, 3) that point outwards, and triangles (F, 3), counter-clockwise from outside."""

    points: Array
    normals: Array
    faces: npt.NDArray[np.int64]

    def moved(self, offset: tuple[float, float, float]) -> Surface:
        """The surface shifted by ``offset``."""
        return Surface(self.points + np.array(offset), self.normals, self.faces)

    def turned(self, rotation: Array) -> Surface:
        """The surface rotated by a matrix (3, 3)."""
        return Surface(self.points @ rotation.T, self.normals @ rotation.T, self.faces)

    def mirrored(self) -> Surface:
        """The surface reflected in the plane y = 0."""
        flip = np.array([1.0, -1.0, 1.0])
        return Surface(self.points * flip, self.normals * flip, self.faces[:, ::-1])

    def scaled(self, factor: float) -> Surface:
        """The surface scaled about the origin."""
        return Surface(self.points * factor, self.normals, self.faces)


def loft(
    sections: list[Section], axis: str = "Z", around: int = 22, along: int = 7, cap: float = 0.02, dome: float = 0.0
) -> Surface:
    """A closed surface through ``sections``, smooth between them and rounded off at both ends.

    Args:
        sections: Two or more, in ascending order of ``t``.
        axis: What ``t`` runs along: "X", "Y" or "Z".
        around: Points per ring.
        along: Rings between the two ends.
        cap: Length in m of the rounding at each end; a flat lid remains.
        dome: Length in m of a half ellipsoid that takes the place of the upper cap.
    """
    rows = np.array([[s.t, *s.half, *s.center, s.power] for s in sections])
    rows = _spline(rows, along)
    top = _dome(rows[-1], dome) if dome > 0.0 else _cap(rows[-1], cap)
    rows = np.concatenate([_cap(rows[0], -cap)[::-1], rows, top])
    angle = np.linspace(0.0, 2.0 * np.pi, around, endpoint=False)
    cosine, sine = np.cos(angle)[None, :], np.sin(angle)[None, :]
    t, half_x, half_y, x, y, power = (column[:, None] for column in rows.T)
    points = np.stack(
        [
            x + half_x * np.sign(cosine) * np.abs(cosine) ** (2.0 / power),
            y + half_y * np.sign(sine) * np.abs(sine) ** (2.0 / power),
            np.broadcast_to(t, (len(rows), around)),
        ],
        -1,
    )
    return _closed(points, axis)


def turned_profile(
    profile: list[tuple[float, float]], axis: str = "Z", around: int = 22, bevel: float = 0.0
) -> Surface:
    """A surface of revolution of (radius, height) points, each corner beveled by ``bevel`` m."""
    rows = np.array(profile, float)
    rows = _beveled(rows, bevel) if bevel > 0.0 else rows
    angle = np.linspace(0.0, 2.0 * np.pi, around, endpoint=False)
    rings = np.stack(
        [
            np.outer(rows[:, 0], np.cos(angle)),
            np.outer(rows[:, 0], np.sin(angle)),
            np.broadcast_to(rows[:, 1:2], (len(rows), around)),
        ],
        -1,
    )
    return _closed(rings, axis)


def drum(radius: float, width: float, axis: str, bevel: float = 0.006, around: int = 20) -> Surface:
    """A cylinder with rounded rims, centred on the origin."""
    half = width / 2.0
    return turned_profile([(0.0, -half), (radius, -half), (radius, half), (0.0, half)], axis, around, bevel)


def ring(radius: float, width: float, thickness: float, axis: str, around: int = 24) -> Surface:
    """A band around an axis, centred on the origin; ``radius`` is its outer one."""
    half, inner = width / 2.0, radius - thickness
    profile = [(inner, -half), (radius, -half), (radius, half), (inner, half)]
    return turned_profile(profile, axis, around, min(width, thickness) / 3.0)


def ellipsoid(half: tuple[float, float, float], around: int = 20, power: float = 2.0) -> Surface:
    """A superellipsoid centred on the origin."""
    latitude = np.linspace(-np.pi / 2, np.pi / 2, around // 2 + 1)[:, None]
    longitude = np.linspace(0.0, 2.0 * np.pi, around, endpoint=False)[None, :]

    def bent(value: Array) -> Array:
        return np.sign(value) * np.abs(value) ** (2.0 / power)

    rings = np.stack(
        [
            half[0] * bent(np.cos(latitude)) * bent(np.cos(longitude)),
            half[1] * bent(np.cos(latitude)) * bent(np.sin(longitude)),
            half[2] * bent(np.sin(latitude)) * np.ones_like(longitude),
        ],
        -1,
    )
    return _closed(rings, "Z")


def _spline(rows: Array, count: int) -> Array:
    """``count`` rows on the Catmull-Rom spline through ``rows``, even in the first column."""
    t = rows[:, 0]
    slopes = np.gradient(rows, t, axis=0)
    fine = np.linspace(t[0], t[-1], count)
    i = np.clip(np.searchsorted(t, fine, side="right") - 1, 0, len(t) - 2)
    width = (t[i + 1] - t[i])[:, None]
    s = ((fine - t[i])[:, None]) / width
    return (
        (2 * s**3 - 3 * s**2 + 1) * rows[i]
        + (s**3 - 2 * s**2 + s) * width * slopes[i]
        + (3 * s**2 - 2 * s**3) * rows[i + 1]
        + (s**3 - s**2) * width * slopes[i + 1]
    )


def _cap(row: Array, length: float, steps: int = 3) -> Array:
    """Rows that round off the end ``row`` over ``length``, as a quarter of a circle does, and a lid."""
    angle = np.linspace(0.0, np.pi / 2, steps + 1)[1:]
    rows = np.repeat(row[None, :], steps + 1, 0)
    inset = min(abs(length), row[1], row[2])
    rows[:steps, 0] += length * np.sin(angle)
    for half in (1, 2):
        rows[:steps, half] -= inset * (1.0 - np.cos(angle))
    rows[steps, 0] += length
    rows[steps, 1:3] = 0.0
    return rows


def _dome(row: Array, length: float, steps: int = 7) -> Array:
    """Rows that close the end ``row`` as the half of an ellipsoid."""
    angle = np.linspace(0.0, np.pi / 2, steps + 1)[1:]
    rows = np.repeat(row[None, :], steps, 0)
    rows[:, 0] += length * np.sin(angle)
    rows[:, 1:3] *= np.cos(angle)[:, None]
    rows[-1, 1:3] = 0.0
    return rows


def _beveled(rows: Array, bevel: float) -> Array:
    """Cut each inner corner of a profile by three points on an arc."""
    out = [rows[0]]
    for before, corner, after in zip(rows[:-2], rows[1:-1], rows[2:], strict=True):
        towards, away = before - corner, after - corner
        reach = min(bevel, 0.49 * float(np.linalg.norm(towards)), 0.49 * float(np.linalg.norm(away)))
        first = corner + towards / np.linalg.norm(towards) * reach
        last = corner + away / np.linalg.norm(away) * reach
        out += [first, 0.25 * first + 0.5 * corner + 0.25 * last, last]
    return np.array([*out, rows[-1]])


def _closed(rings: Array, axis: str) -> Surface:
    """Triangles between rings (R, A, 3) around Z, normals across them; then Z is turned to ``axis``."""
    count, around, _ = rings.shape
    along = np.gradient(rings, axis=0)
    turn = np.roll(rings, -1, 1) - np.roll(rings, 1, 1)
    normals = np.cross(turn, along)
    size = np.linalg.norm(normals, axis=-1, keepdims=True)
    flat = size[..., 0].max(1) < 1e-12
    normals = normals / np.maximum(size, 1e-15)
    poles = np.zeros_like(normals)
    poles[..., 2] = np.where(np.arange(count) < count / 2, -1.0, 1.0)[:, None]
    normals = np.where(flat[:, None, None], poles, normals)
    i, j = np.meshgrid(np.arange(count - 1), np.arange(around), indexing="ij")
    a, b = i * around + j, i * around + (j + 1) % around
    quads = np.stack([a, b, b + around, a + around], -1).reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    points = rings.reshape(-1, 3)
    corners = points[faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    shift = "XYZ".index(axis) + 1
    return Surface(np.roll(points, shift, 1), np.roll(normals.reshape(-1, 3), shift, 1), faces[area > 1e-14])
