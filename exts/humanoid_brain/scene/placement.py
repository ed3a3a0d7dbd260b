# SPDX-License-Identifier: Apache-2.0
"""Where things may stand on a floor: oriented rectangles, ways that stay free, and whether they meet."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from humanoid_brain.scene.anthropometry import Array


@dataclass(frozen=True)
class Footprint:
    """A rectangle on the floor: centre, half edges in m, and its angle in rad from +x towards +y."""

    center: tuple[float, float]
    half: tuple[float, float]
    yaw: float

    @cached_property
    def axes(self) -> Array:
        """(2, 2): unit vectors along its edges."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return np.array([[c, s], [-s, c]])

    @cached_property
    def corners(self) -> Array:
        """(4, 2), counter-clockwise."""
        signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
        return np.array(self.center) + (signs * np.array(self.half)) @ self.axes


@dataclass(frozen=True)
class KeepClear:
    """A way on the floor that stays free: all within ``radius`` m of a segment. A point twice makes a disc."""

    start: tuple[float, float]
    end: tuple[float, float]
    radius: float


def apart(one: Footprint, other: Footprint, gap: float) -> bool:
    """Whether an edge of one of the two separates them by at least ``gap`` m.

    That is the separating axis theorem; at their corners it asks for a little more than the distance.
    """
    for axes, first, second in ((one.axes, one, other), (other.axes, other, one)):
        for axis, half, middle in zip(axes, first.half, axes @ np.array(first.center), strict=True):
            along = second.corners @ axis
            if along.min() >= middle + half + gap or along.max() <= middle - half - gap:
                return True
    return False


def clear_of(footprint: Footprint, way: KeepClear) -> bool:
    """Whether the rectangle leaves the way free."""
    ends = (np.array([way.start, way.end]) - np.array(footprint.center)) @ footprint.axes.T
    half = np.array(footprint.half)
    if _crosses(ends[0], ends[1], half):
        return False
    to_box = min(float(np.linalg.norm(np.maximum(np.abs(end) - half, 0.0))) for end in ends)
    local = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * half
    return min(to_box, *(_to_segment(corner, ends[0], ends[1]) for corner in local)) >= way.radius


def within(footprint: Footprint, width: float, depth: float, gap: float) -> bool:
    """Whether the rectangle lies in a room centred on the origin, at least ``gap`` m from its walls."""
    reach = np.abs(footprint.corners).max(0)
    return bool(reach[0] <= width / 2 - gap and reach[1] <= depth / 2 - gap)


def free(
    footprint: Footprint, others: Iterable[Footprint], ways: Iterable[KeepClear], gap: float, room: tuple[float, float]
) -> bool:
    """Whether the rectangle may stand in the room of the given width and depth."""
    return (
        within(footprint, *room, gap)
        and all(clear_of(footprint, way) for way in ways)
        and all(apart(footprint, other, gap) for other in others)
    )


def _crosses(start: Array, end: Array, half: Array) -> bool:
    """Whether a segment meets the box of the given half edges around the origin (slab test)."""
    low, high = 0.0, 1.0
    for a, b, reach in zip(start, end, half, strict=True):
        if abs(b - a) < 1e-12:
            if abs(a) > reach:
                return False
            continue
        first, last = sorted(((-reach - a) / (b - a), (reach - a) / (b - a)))
        low, high = max(low, first), min(high, last)
    return low <= high


def _to_segment(point: Array, start: Array, end: Array) -> float:
    along = end - start
    length = float(along @ along)
    share = 0.0 if length < 1e-12 else float(np.clip((point - start) @ along / length, 0.0, 1.0))
    return float(np.linalg.norm(point - start - share * along))
