# SPDX-License-Identifier: Apache-2.0
"""Which props a frame shows and where they stand, drawn by address, and how a stage is changed to show them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from pxr import Gf, Sdf, Usd

from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.scene.anthropometry import Array
from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.interiors import PROPS, ROOM, Interior, plan_interior
from humanoid_brain.scene.placement import Footprint, KeepClear, Point, apart, free
from humanoid_brain.scene.props.prop import Prop, Support
from humanoid_brain.scene.room import SIDES, Room, show, show_surfaces

TRIES = 80
"""Places that are tried for a prop before it is left out."""
CLUTTER_GAP = 0.015
"""Least distance in m between small things on a table."""


@dataclass(frozen=True)
class Layout:
    """One frame's arrangement. Rows are the props of the pool, in the order of :func:`interiors.prop_paths`.

    Hidden props have the pose of their parking place, so every row can be written to the simulator.
    """

    names: tuple[str, ...]
    positions: npt.NDArray[np.float64]
    """[N, 3] of the props' origins in m, world frame."""
    orientations: npt.NDArray[np.float64]
    """[N, 4] wxyz."""
    visible: npt.NDArray[np.bool_]
    """[N] whether the frame shows the prop."""
    supports: tuple[str | None, ...]
    """Name of the prop that each one stands on, None for the floor."""
    floor: str
    wall: str
    left_out: int
    """Props that were drawn for the frame and found no place."""

    @property
    def paths(self) -> list[str]:
        """Prims of the rows."""
        return [f"{PROPS}/{name}" for name in self.names]

    def poses(self) -> dict[str, Array]:
        """World pose (4, 4) by prim path of the props that the frame shows."""
        return {self.paths[i]: _pose(self.positions[i], self.orientations[i]) for i in np.flatnonzero(self.visible)}


def draw_layout(config: InteriorConfig, seed: int, frame: int, keep_clear: Sequence[KeepClear] = ()) -> Layout:
    """The arrangement of one frame; the same for the same address, in any order.

    Props keep apart by ``config.clearance``, leave free the robot's place, the floor before the door and
    ``keep_clear``, such as the way from the camera to the robot. One that finds no place in a bounded number of
    tries is left out.
    """
    interior = plan_interior(config)
    drawn = _Arrangement(config, interior, [KeepClear((0.0, 0.0), (0.0, 0.0), config.robot_clearance), *keep_clear])
    choice = Draws(seed, "interior.layout", frame)
    chosen: list[int] = []
    for category, (low, high) in _counts(config).items():
        count, pool = choice.integer(low, high), interior.of(category)
        chosen += [pool[i] for i in choice.order(len(pool))[:count]]
    floor, wall = choice.choice(config.floors), choice.choice(config.walls)
    for index in chosen:
        draws = Draws(seed, "interior.place", frame, index)
        if interior.pool[index].prop.category == "clutter":
            drawn.put_on_support(index, draws)
        else:
            drawn.put_on_floor(index, draws)
    return drawn.layout(floor, wall, len(chosen) - len(drawn.places))


def apply_layout(stage: Usd.Stage, layout: Layout) -> dict[str, Array]:
    """Show a layout: edits transforms and visibility where they change, and nothing else.

    Returns:
        World pose (4, 4) by prim path of the props that are shown.
    """
    rows = zip(layout.paths, layout.positions, layout.orientations, layout.visible, strict=True)
    with Sdf.ChangeBlock():
        for path, position, orientation, visible in rows:
            prim = stage.GetPrimAtPath(path)
            _set(prim.GetAttribute("xformOp:translate"), Gf.Vec3d(*position.tolist()))
            _set(prim.GetAttribute("xformOp:orient"), Gf.Quatd(*orientation.tolist()))
            show(prim, bool(visible))
        show_surfaces(stage, ROOM, layout.floor, layout.wall)
    return layout.poses()


@dataclass(frozen=True)
class _Place:
    """Where a prop's origin is: x, y, z in m and its yaw in rad; what it covers, and what it stands on."""

    position: tuple[float, float, float]
    yaw: float
    footprint: Footprint
    support: int | None = None


@dataclass
class _Arrangement:
    """Props placed so far, by their index in the pool."""

    config: InteriorConfig
    interior: Interior
    ways: list[KeepClear]
    places: dict[int, _Place] = field(default_factory=dict)

    def put_on_floor(self, index: int, draws: Draws) -> None:
        """Try places for a prop until one is free."""
        prop, room = self.interior.pool[index].prop, self.interior.room
        standing = [place.footprint for place in self.places.values() if place.support is None]
        tables = [(self.interior.pool[i].prop, place) for i, place in self.places.items() if self._is_table(i)]
        at_table = prop.category == "chair" and bool(tables) and draws.chance(self.config.chairs.at_tables)
        at_wall = prop.at_wall or (prop.category == "table" and draws.chance(self.config.tables.at_walls))
        for attempt in range(TRIES):
            if at_table and attempt < TRIES // 2:  # afterwards anywhere
                x, y, yaw = _at_table(prop, *draws.choice(tables), self.config.clearance, draws)
            elif at_wall:
                x, y, yaw = _at_wall(prop, room, self.config.clearance, draws)
            else:
                x, y, yaw = _anywhere(prop, room, draws)
            footprint = footprint_of(prop, (x, y), yaw)
            if free(footprint, [*room.occupied, *standing], self.ways, self.config.clearance, (room.width, room.depth)):
                self.places[index] = _Place((x, y, 0.0), yaw, footprint)
                return

    def put_on_support(self, index: int, draws: Draws) -> None:
        """Try places for a small thing on what can carry it."""
        prop, surfaces = self.interior.pool[index].prop, list(self._surfaces())
        for _ in range(TRIES if surfaces else 0):
            carrier, place, surface = draws.choice(surfaces)
            turn = draws.integer(0, 3) * math.pi / 2 + draws.uniform(-0.35, 0.35)
            c, s = abs(math.cos(turn)), abs(math.sin(turn))
            slack_x = surface.half[0] - c * prop.half[0] - s * prop.half[1]
            slack_y = surface.half[1] - s * prop.half[0] - c * prop.half[1]
            if min(slack_x, slack_y) < 0.0:
                continue
            x = surface.center[0] + slack_x * draws.uniform(-1.0, 1.0)
            y = surface.center[1] + slack_y * draws.uniform(-1.0, 1.0)
            yaw = place.yaw + turn
            middle = _placed((x, y), place.position, place.yaw)
            at = _placed(_opposite(prop.middle), middle, yaw)
            footprint = Footprint(middle, prop.half, yaw)
            neighbours = [other.footprint for other in self.places.values() if other.support == carrier]
            if all(apart(footprint, other, CLUTTER_GAP) for other in neighbours):
                height = surface.center[2] + self.config.clutter.drop_height
                self.places[index] = _Place((*at, height), yaw, footprint, carrier)
                return

    def layout(self, floor: str, wall: str, left_out: int) -> Layout:
        """All of the pool, with the props that have no place parked."""
        pool = self.interior.pool
        positions = np.array([pooled.parking for pooled in pool], np.float64).reshape(-1, 3)
        orientations = np.tile([1.0, 0.0, 0.0, 0.0], (len(pool), 1))
        visible = np.zeros(len(pool), bool)
        supports: list[str | None] = [None] * len(pool)
        for index, place in self.places.items():
            positions[index], visible[index] = place.position, True
            orientations[index] = [math.cos(place.yaw / 2), 0.0, 0.0, math.sin(place.yaw / 2)]
            supports[index] = None if place.support is None else pool[place.support].name
        names = tuple(pooled.name for pooled in pool)
        return Layout(names, positions, orientations, visible, tuple(supports), floor, wall, left_out)

    def _is_table(self, index: int) -> bool:
        return self.interior.pool[index].prop.category == "table"

    def _surfaces(self) -> Iterator[tuple[int, _Place, Support]]:
        for index, place in self.places.items():
            for surface in self.interior.pool[index].prop.supports:
                yield index, place, surface


def _set(attribute: Usd.Attribute, value: Gf.Vec3d | Gf.Quatd) -> None:
    if attribute.Get() != value:
        attribute.Set(value)


def footprint_of(prop: Prop, position: tuple[float, float], yaw: float) -> Footprint:
    """What a prop covers of the floor when its origin is at ``position``."""
    return Footprint(_placed(prop.middle, position, yaw), prop.half, yaw)


def _anywhere(prop: Prop, room: Room, draws: Draws) -> tuple[float, float, float]:
    """Anywhere in the room; furniture mostly in line with the walls."""
    x, y = draws.uniform(-0.5, 0.5) * room.width, draws.uniform(-0.5, 0.5) * room.depth
    if prop.category == "table" or (prop.category == "obstacle" and draws.chance(0.4)):
        return x, y, draws.integer(0, 3) * math.pi / 2 + draws.uniform(-0.12, 0.12)
    return x, y, draws.uniform(-math.pi, math.pi)


def _at_wall(prop: Prop, room: Room, gap: float, draws: Draws) -> tuple[float, float, float]:
    """With its back to a wall, a little away from it."""
    side = draws.choice(list(SIDES))
    frame = room.wall_frame(side)
    along = draws.uniform(-0.5, 0.5) * room.length(side)
    back = -float(prop.bounds[0, 0]) + gap + draws.uniform(0.002, 0.04)
    at = frame[:2, 3] - frame[:2, 0] * back + frame[:2, 1] * along
    return float(at[0]), float(at[1]), math.radians(SIDES[side]) + math.pi


def _at_table(prop: Prop, table: Prop, place: _Place, gap: float, draws: Draws) -> tuple[float, float, float]:
    """At a side of a table, facing it; at a desk in front."""
    side = 0 if table.at_wall else draws.integer(0, 3)
    half, width = table.half, prop.half[1]
    across, along = (half[0], half[1]) if side % 2 == 0 else (half[1], half[0])
    shift = draws.uniform(-1.0, 1.0) * max(along - width, 0.0) * 0.8
    away = across + gap + float(prop.bounds[1, 0]) + draws.uniform(0.01, 0.16)
    outward = side * math.pi / 2
    at = _placed(_placed((away, shift), table.middle, outward), place.position, place.yaw)
    yaw = place.yaw + outward + math.pi + draws.uniform(-0.22, 0.22)
    return (*at, yaw)


def _placed(point: Point, origin: Sequence[float], yaw: float) -> Point:
    """Where a point is whose frame stands at ``origin``, turned by ``yaw`` rad."""
    c, s = math.cos(yaw), math.sin(yaw)
    return origin[0] + c * point[0] - s * point[1], origin[1] + s * point[0] + c * point[1]


def _opposite(point: Point) -> Point:
    return -point[0], -point[1]


def _pose(position: Array, orientation: Array) -> Array:
    pose = np.eye(4)
    matrix = Gf.Matrix3d(Gf.Quatd(*orientation.tolist()))
    pose[:3, :3], pose[:3, 3] = np.array(matrix).T, position
    return pose


def _counts(config: InteriorConfig) -> dict[str, tuple[int, int]]:
    """How many of each category, in the order in which they are placed."""
    return {
        "table": config.tables.count,
        "chair": config.chairs.count,
        "obstacle": config.obstacles.count,
        "goal": config.goals.count,
        "clutter": config.clutter.count,
    }
