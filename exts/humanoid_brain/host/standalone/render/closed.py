# SPDX-License-Identifier: Apache-2.0
"""Which side of a closed surface is outside: whoever looks at it from there never sees the backs of its triangles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from humanoid_brain.optics import Array

Integers = npt.NDArray[np.int64]

_FINE = 1e-7
"""Share of the surface's size below which two points are in one place."""


def outsides(points: Array, faces: Integers) -> npt.NDArray[np.int8]:
    """For each face 1 where its front is outside, -1 where its back is, and 0 where its surface is not closed.

    A surface is what hangs together over edges, with points in one place taken for one. It is closed if each edge
    belongs to two faces that go around the same way. One that goes through itself inside out is not recognized.

    Args:
        points: Points (N, 3).
        faces: Corners (F, 3) of triangles, counter-clockwise seen from the front.
    """
    if not len(faces):
        return np.zeros(0, np.int8)
    points = points - points.mean(0)
    fine = max(float(np.abs(points).max()) * _FINE, 1e-30)
    _, corner = np.unique(np.round(points / fine), axis=0, return_inverse=True)
    welded = corner.reshape(-1)[faces]
    flat = (welded == np.roll(welded, 1, 1)).any(1)  # at a pole, say
    owner = np.flatnonzero(~flat)
    start, end = welded[owner].ravel(), np.roll(welded[owner], -1, 1).ravel()
    owner = np.repeat(owner, 3)
    edge = np.minimum(start, end) * (len(points) + 1) + np.maximum(start, end)
    order = np.argsort(edge, kind="stable")
    edge, owner, forward = edge[order], owner[order], (start < end)[order]
    first = np.flatnonzero(np.diff(edge, prepend=-1))
    count = np.diff(first, append=len(edge))
    pairs = first[count == 2]
    pairs = pairs[forward[pairs] != forward[pairs + 1]]
    surface = _connected(len(faces), owner[pairs], owner[pairs + 1])
    paired = np.zeros(len(edge), bool)
    paired[pairs] = paired[pairs + 1] = True
    volume = np.bincount(surface, _volumes(points, faces), len(faces))
    volume[surface[owner[~paired]]] = 0.0
    volume[surface[flat]] = 0.0
    return np.sign(volume)[surface].astype(np.int8)


def _connected(count: int, one: Integers, other: Integers) -> Integers:
    """The least number among those that each of ``count`` is connected with by pairs, over others as well."""
    least = np.arange(count)
    while True:
        before = least.copy()
        smaller = np.minimum(least[one], least[other])
        np.minimum.at(least, one, smaller)
        np.minimum.at(least, other, smaller)
        least = least[least]
        if np.array_equal(least, before):
            return least


def _volumes(points: Array, faces: Integers) -> Array:
    """Signed volumes (F,), times six, of the tetrahedra from the origin to each face."""
    a, b, c = (points[faces[:, i]] for i in range(3))
    return np.einsum("ij,ij->i", a, np.cross(b, c))
