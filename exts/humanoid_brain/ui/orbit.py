# SPDX-License-Identifier: Apache-2.0
"""A camera that a mouse moves around a point."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

_TURN = 0.35
"""Degrees per pixel."""
_ZOOM = 0.9
"""Factor of the distance per notch of the wheel."""
_NEAREST, _FARTHEST = 0.5, 200.0
_STEEPEST = 89.0


@dataclass(frozen=True)
class Orbit:
    """Where a camera stands around a point. Lengths in m, angles in degrees, azimuth from +x towards +y."""

    target: tuple[float, float, float] = (0.0, 0.0, 0.85)
    azimuth: float = -40.0
    elevation: float = 12.0
    distance: float = 4.0

    def turned(self, right: float, down: float) -> Orbit:
        """After a drag by so many pixels: the scene follows the mouse."""
        elevation = min(max(self.elevation + _TURN * down, -5.0), _STEEPEST)
        return replace(self, azimuth=(self.azimuth - _TURN * right + 180.0) % 360.0 - 180.0, elevation=elevation)

    def moved(self, right: float, down: float, height: float) -> Orbit:
        """After a drag that shifts the point looked at; ``height`` of the view in pixels."""
        scale = self.distance / max(height, 1.0)
        azimuth = math.radians(self.azimuth)
        x, y, z = self.target
        x, y = x + right * scale * math.sin(azimuth), y - right * scale * math.cos(azimuth)
        return replace(self, target=(x, y, min(max(z + down * scale, 0.0), 20.0)))

    def zoomed(self, notches: float) -> Orbit:
        """After so many notches of the wheel; forwards comes nearer."""
        return replace(self, distance=min(max(self.distance * _ZOOM**notches, _NEAREST), _FARTHEST))

    def around(self, target: tuple[float, float, float]) -> Orbit:
        """The same view of another point."""
        return replace(self, target=target)

    def close_to(self, target: tuple[float, float, float]) -> Orbit:
        """A view of a single robot, from the same side."""
        return replace(self, target=target, distance=min(self.distance, Orbit().distance))

    def as_dict(self) -> dict[str, Any]:
        """The fields, as JSON."""
        return asdict(self)


def overview(extent: float) -> Orbit:
    """A view of environments that reach ``extent`` m from the origin."""
    return Orbit() if extent < 1.5 else Orbit((0.0, 0.0, 0.5), elevation=22.0, distance=2.0 + 1.9 * extent)


def looking(position: tuple[float, float, float], target: tuple[float, float, float]) -> Orbit:
    """The view from ``position`` to ``target``."""
    x, y, z = (a - b for a, b in zip(position, target, strict=True))
    distance = math.hypot(x, y, z)
    return Orbit(target, math.degrees(math.atan2(y, x)), math.degrees(math.asin(z / distance)), distance)
