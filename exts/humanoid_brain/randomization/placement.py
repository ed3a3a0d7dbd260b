# SPDX-License-Identifier: Apache-2.0
"""Where something may stand: boxes that are taken, lines of sight, and orientations."""

from __future__ import annotations

import numpy as np

from humanoid_brain.randomization.stream import Array
from humanoid_brain.randomization.term import Vector

Boxes = tuple[tuple[Vector, Vector], ...]


def distances(points: Array, boxes: Boxes) -> Array:
    """Distance (N,) of points (N, 3) from the nearest box, 0 inside; infinite where there are no boxes."""
    if not boxes:
        return np.full(len(points), np.inf)
    low, high = np.array(boxes)[:, 0], np.array(boxes)[:, 1]
    outside = np.maximum(np.maximum(low - points[:, None], points[:, None] - high), 0.0)
    return np.linalg.norm(outside, axis=-1).min(1)


def inside(points: Array, room: tuple[Vector, Vector] | None, margin: float) -> np.ndarray:
    """Which points (N, 3) lie in the room and not nearer than ``margin`` to its faces (N,); all where there is none."""
    if room is None:
        return np.ones(len(points), bool)
    low, high = np.array(room)
    return ((points >= low + margin) & (points <= high - margin)).all(1)


def blocked(points: Array, target: Array, boxes: Boxes) -> np.ndarray:
    """Which of the lines from points (N, 3) to the target (3,) pass a box that does not hold the target (N,).

    The slab test: a line is in a box where the intervals inside its three pairs of planes overlap.
    """
    others = [box for box in boxes if distances(target[None], (box,))[0] > 0.0]
    if not others:
        return np.zeros(len(points), bool)
    low, high = np.array(others)[:, 0], np.array(others)[:, 1]
    way = np.where(np.abs(target - points) < 1e-12, 1e-12, target - points)[:, None]
    one, other = (low - points[:, None]) / way, (high - points[:, None]) / way
    enter, leave = np.minimum(one, other).max(-1), np.maximum(one, other).min(-1)
    return ((enter <= leave) & (leave >= 0.0) & (enter <= 1.0)).any(1)


def rotations(uniform: Array) -> Array:
    """Random unit quaternions (N, 4), wxyz, from uniform numbers (N, 3) (Shoemake, Graphics Gems III, 1992)."""
    inner, outer = np.sqrt(1.0 - uniform[:, 0]), np.sqrt(uniform[:, 0])
    a, b = 2.0 * np.pi * uniform[:, 1], 2.0 * np.pi * uniform[:, 2]
    return np.stack([outer * np.cos(b), inner * np.sin(a), inner * np.cos(a), outer * np.sin(b)], 1)


def rotation_matrix(quaternion: Array) -> Array:
    """Matrix (3, 3) of a unit quaternion (4,), wxyz."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def across(way: Array, angle: Array) -> Array:
    """Unit vectors (N, 3) at right angles to the direction ``way`` (3,), turned about it by angles (N,) in rad."""
    way = way / np.linalg.norm(way)
    helper = np.array([0.0, 0.0, 1.0]) if abs(way[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    side = np.cross(way, helper)
    side /= np.linalg.norm(side)
    return np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * np.cross(way, side)
