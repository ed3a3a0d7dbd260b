# SPDX-License-Identifier: Apache-2.0
"""A prop as data: what is seen of it, what collides, how heavy it is and what can stand on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from humanoid_brain.scene.anthropometry import Array
from humanoid_brain.scene.looks import Looks
from humanoid_brain.scene.shells import Surface


@dataclass(frozen=True)
class Part:
    """A surface that is seen, and which of its prop's looks it has."""

    look: str
    surface: Surface


@dataclass(frozen=True)
class BoxCollider:
    """A box; edges and centre in m in the prop's frame."""

    size: tuple[float, float, float]
    center: tuple[float, float, float]


@dataclass(frozen=True)
class HullCollider:
    """The convex hull of a ring of points below and one above, in m in the prop's frame.

    At most 64 points, as PhysX takes them on the GPU.
    """

    points: tuple[tuple[float, float, float], ...]


Collider = BoxCollider | HullCollider


@dataclass(frozen=True)
class Support:
    """A level rectangle that small props can stand on: half edges and centre in m in the prop's frame."""

    half: tuple[float, float]
    center: tuple[float, float, float]


@dataclass(frozen=True)
class Prop:
    """A thing that stands on the floor at the origin, with its front along +x and z up.

    ``density`` in kg/m^3 is that of the colliders, which are fuller than the thing itself; PhysX derives mass and
    inertia from both.
    """

    category: str
    kind: str
    parts: tuple[Part, ...]
    looks: dict[str, Looks]
    colliders: tuple[Collider, ...]
    density: float
    supports: tuple[Support, ...] = ()
    at_wall: bool = False
    """Whether it belongs with its back to a wall."""

    @cached_property
    def bounds(self) -> Array:
        """(2, 3): lowest and highest corner in m of all that is seen or collides."""
        points = np.concatenate([part.surface.points for part in self.parts] + [corners(c) for c in self.colliders])
        return np.stack([points.min(0), points.max(0)])

    @cached_property
    def half(self) -> tuple[float, float]:
        """Half of its extent along x and y, m."""
        low, high = self.bounds[:, :2].tolist()
        return (high[0] - low[0]) / 2, (high[1] - low[1]) / 2

    @cached_property
    def middle(self) -> tuple[float, float]:
        """Middle of its extent along x and y, m."""
        low, high = self.bounds[:, :2].tolist()
        return (high[0] + low[0]) / 2, (high[1] + low[1]) / 2

    @property
    def triangles(self) -> int:
        """Number of triangles that are drawn."""
        return sum(len(part.surface.faces) for part in self.parts)


def corners(collider: Collider) -> Array:
    """Points (N, 3) whose convex hull the collider is."""
    if isinstance(collider, HullCollider):
        return np.array(collider.points)
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    return np.array(collider.center) + signs * np.array(collider.size) / 2


def round_hull(
    radius: float, bottom: float, top: float, top_radius: float | None = None, around: int = 16
) -> HullCollider:
    """A cylinder, or a cone's frustum, around z as a hull; lengths in m."""
    angle = np.linspace(0.0, 2.0 * np.pi, around, endpoint=False)
    rings = [(radius, bottom), (radius if top_radius is None else top_radius, top)]
    return HullCollider(tuple((r * float(np.cos(a)), r * float(np.sin(a)), z) for r, z in rings for a in angle))
