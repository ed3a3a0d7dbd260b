# SPDX-License-Identifier: Apache-2.0
"""Where things may stand on a floor: oriented rectangles, ways that stay free, and whether they meet.

In plain numbers: hundreds of places are tried for a frame, and numpy takes ten times as long for two coordinates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

Point = tuple[float, float]
"""x and y, m."""


@dataclass(frozen=True)
class Footprint:
    """A rectangle on the floor: centre, half edges in m, and its angle in rad from +x towards +y."""

    center: Point
    half: Point
    yaw: float

    @cached_property
    def axes(self) -> tuple[Point, Point]:
        """Unit vectors along its edges."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return (c, s), (-s, c)

    @cached_property
    def corners(self) -> tuple[Point, Point, Point, Point]:
        """All four, counter-clockwise."""
        (x, y), (c, s) = self.center, self.axes[0]
        a, b = self.half
        ux, uy, vx, vy = a * c, a * s, -b * s, b * c
        return (
            (x + ux + vx, y + uy + vy),
            (x - ux + vx, y - uy + vy),
            (x - ux - vx, y - uy - vy),
            (x + ux - vx, y + uy - vy),
        )

    def local(self, point: Point) -> Point:
        """A point of the floor in the rectangle's own frame."""
        x, y, (c, s) = point[0] - self.center[0], point[1] - self.center[1], self.axes[0]
        return c * x + s * y, c * y - s * x


@dataclass(frozen=True)
class KeepClear:
    """A way on the floor that stays free: all within ``radius`` m of a segment. A point twice makes a disc."""

    start: Point
    end: Point
    radius: float


def apart(one: Footprint, other: Footprint, gap: float) -> bool:
    """Whether an edge of one of the two separates them by at least ``gap`` m.

    That is the separating axis theorem; at their corners it asks for a little more than the distance.
    """
    for first, second in ((one, other), (other, one)):
        for (x, y), half in zip(first.axes, first.half, strict=True):
            middle, reach = x * first.center[0] + y * first.center[1], half + gap
            along = [x * corner[0] + y * corner[1] for corner in second.corners]
            if min(along) >= middle + reach or max(along) <= middle - reach:
                return True
    return False


def clear_of(footprint: Footprint, way: KeepClear) -> bool:
    """Whether the rectangle leaves the way free."""
    start, end = footprint.local(way.start), footprint.local(way.end)
    half = a, b = footprint.half
    if _crosses(start, end, half):
        return False
    if any(math.hypot(max(abs(x) - a, 0.0), max(abs(y) - b, 0.0)) < way.radius for x, y in (start, end)):
        return False
    return all(_to_segment(corner, start, end) >= way.radius for corner in ((a, b), (-a, b), (-a, -b), (a, -b)))


def within(footprint: Footprint, width: float, depth: float, gap: float) -> bool:
    """Whether the rectangle lies in a room centred on the origin, at least ``gap`` m from its walls."""
    x, y = width / 2 - gap, depth / 2 - gap
    return all(abs(corner[0]) <= x and abs(corner[1]) <= y for corner in footprint.corners)


def free(
    footprint: Footprint, others: Iterable[Footprint], ways: Iterable[KeepClear], gap: float, room: tuple[float, float]
) -> bool:
    """Whether the rectangle may stand in the room of the given width and depth."""
    return (
        within(footprint, *room, gap)
        and all(clear_of(footprint, way) for way in ways)
        and all(apart(footprint, other, gap) for other in others)
    )


def _crosses(start: Point, end: Point, half: Point) -> bool:
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


def _to_segment(point: Point, start: Point, end: Point) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    px, py = point[0] - start[0], point[1] - start[1]
    length = dx * dx + dy * dy
    share = 0.0 if length < 1e-12 else min(max((px * dx + py * dy) / length, 0.0), 1.0)
    return math.hypot(px - share * dx, py - share * dy)
