# SPDX-License-Identifier: Apache-2.0
"""A room's shell: floor, walls with windows and a door, skirting boards, ceiling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pxr import Usd, UsdGeom, UsdShade

from humanoid_brain.config.interior import InteriorConfig, Side
from humanoid_brain.scene.anthropometry import Array, rotation
from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.looks import Looks, Texture, preview_surface
from humanoid_brain.scene.meshes import author_mesh, box_coordinates
from humanoid_brain.scene.placement import Footprint
from humanoid_brain.scene.props.author import author_box_collider, author_material
from humanoid_brain.scene.props.prop import BoxCollider
from humanoid_brain.scene.props.solids import box, lathe, tube
from humanoid_brain.scene.schemas import add_label
from humanoid_brain.scene.shells import Surface

FLOORS = {
    "planks": Looks((0.40, 0.26, 0.14), 0.42, texture=Texture("planks", 1.6, normal=True, roughness=True)),
    "parquet": Looks((0.28, 0.17, 0.09), 0.35, texture=Texture("parquet", 1.4, normal=True, roughness=True)),
    "tiles": Looks((0.54, 0.52, 0.50), 0.25, texture=Texture("tiles", 1.2, normal=True, roughness=True)),
    "carpet": Looks((0.19, 0.19, 0.20), 0.95, texture=Texture("carpet", 0.5, normal=True)),
    "concrete": Looks((0.31, 0.31, 0.30), 0.5, texture=Texture("concrete", 3.0, roughness=True)),
}
"""Floors by kind."""
WALLS = {
    "paint": Looks((0.66, 0.66, 0.63), 0.75),
    "plaster": Looks((0.68, 0.64, 0.57), 0.85, texture=Texture("plaster", 1.5, normal=True)),
    "brick": Looks((0.28, 0.11, 0.07), 0.85, texture=Texture("brick", 1.0, normal=True)),
    "wallpaper": Looks((0.47, 0.52, 0.49), 0.7, texture=Texture("wallpaper", 0.6)),
    "panel": Looks((0.49, 0.52, 0.54), 0.5, texture=Texture("panel", 1.0, normal=True, roughness=True)),
}
"""Walls by kind."""
TRIM = {
    "ceiling": Looks((0.78, 0.78, 0.77), 0.9),
    "trim": Looks((0.80, 0.80, 0.78), 0.4),
    "door": Looks((0.74, 0.73, 0.70), 0.4),
    "metal": Looks((0.55, 0.54, 0.52), 0.28, metallic=1.0),
}
THICKNESS = 0.14
DOOR = (0.90, 2.04)
"""Width and height of a door's leaf in m."""
SWING = 0.9
"""Depth in m of the floor before a door that stays free."""
SIDES: dict[Side, float] = {"east": 0.0, "north": 90.0, "west": 180.0, "south": 270.0}
"""Direction of each wall in degrees."""


@dataclass(frozen=True)
class Opening:
    """A window or door in a wall, in m: centre along the wall seen from inside to the right, width, sill, top."""

    side: Side
    center: float
    width: float
    sill: float
    top: float


@dataclass(frozen=True)
class Room:
    """Inner size in m around the origin, and what is in its walls and corners."""

    width: float
    depth: float
    height: float
    windows: tuple[Opening, ...]
    door: Opening | None
    lamp: tuple[float, float] | None
    """Where the floor lamp stands."""

    def length(self, side: Side) -> float:
        """Of a wall in m."""
        return self.depth if side in ("east", "west") else self.width

    def distance(self, side: Side) -> float:
        """Of a wall from the origin in m."""
        return (self.width if side in ("east", "west") else self.depth) / 2

    def wall_frame(self, side: Side) -> Array:
        """Pose (4, 4) whose x axis points out of the wall, with z up and the origin on its inner face at the floor.

        Seen from inside, its y axis runs to the left.
        """
        frame = np.eye(4)
        frame[:3, :3] = rotation("Z", math.radians(SIDES[side]))
        frame[:3, 3] = frame[:3, 0] * self.distance(side)
        return frame

    @property
    def occupied(self) -> tuple[Footprint, ...]:
        """What of the floor is not for props: the lamp and the floor before the door."""
        taken = []
        if self.lamp is not None:
            taken.append(Footprint(self.lamp, (0.24, 0.24), 0.0))
        if self.door is not None:
            frame = self.wall_frame(self.door.side)
            at = frame[:2, 3] - frame[:2, 0] * SWING / 2 - frame[:2, 1] * self.door.center
            yaw = math.radians(SIDES[self.door.side])
            taken.append(Footprint((float(at[0]), float(at[1])), (SWING / 2, DOOR[0] / 2 + 0.05), yaw))
        return tuple(taken)


def plan_room(config: InteriorConfig, draws: Draws) -> Room:
    """Draw a room within the configuration's ranges."""
    width, depth, height = draws.uniform(*config.width), draws.uniform(*config.depth), draws.uniform(*config.height)
    corner = draws.choice(((-1.0, 1.0), (-1.0, -1.0), (1.0, 1.0)))
    lamp = (corner[0] * (width / 2 - 0.36), corner[1] * (depth / 2 - 0.36)) if config.lights.lamp else None
    room = Room(width, depth, height, (), None, lamp)
    windows = []
    for side in config.windows:
        span = min(draws.uniform(1.3, 2.0), 0.6 * room.length(side))
        slack = (room.length(side) - span) / 2 - 0.4
        windows.append(Opening(side, draws.uniform(-0.5, 0.5) * slack, span, 0.88, min(height - 0.32, 2.15)))
    door = None
    if config.door is not None:
        slack = (room.length(config.door) - DOOR[0]) / 2 - 0.75
        top = min(DOOR[1], height - 0.12)
        door = Opening(config.door, draws.uniform(-1.0, 1.0) * max(slack, 0.0), DOOR[0], 0.0, top)
    return Room(width, depth, height, tuple(windows), door, lamp)


def author_room(stage: Usd.Stage, path: str, room: Room, config: InteriorConfig) -> None:
    """Author the shell below ``path``: what is seen, and boxes that collide. The ground below is the floor's collider.

    Each kind of floor is a mesh ``path/floor/KIND``, each kind of wall a scope ``path/walls/KIND``; frames show one of
    each. The first of the configuration is shown.
    """
    UsdGeom.Xform.Define(stage, path)
    UsdGeom.Scope.Define(stage, f"{path}/looks")
    for name, looks in TRIM.items():
        preview_surface(stage, f"{path}/looks/{name}", looks)
    add_label(UsdGeom.Xform.Define(stage, f"{path}/floor").GetPrim(), "floor")
    for kind in config.floors:
        look = preview_surface(stage, f"{path}/looks/floor_{kind}", FLOORS[kind])
        _author(stage, f"{path}/floor/{kind}", [_slab((room.width, room.depth, 0.02), (0.0, 0.0, -0.01))], look)
    add_label(UsdGeom.Xform.Define(stage, f"{path}/walls").GetPrim(), "wall")
    for kind in config.walls:
        look = preview_surface(stage, f"{path}/looks/wall_{kind}", WALLS[kind])
        UsdGeom.Scope.Define(stage, f"{path}/walls/{kind}")
        for side in SIDES:
            panels = [_placed(_slab(*panel), room.wall_frame(side)) for panel in _panels(room, side)]
            _author(stage, f"{path}/walls/{kind}/{side}", panels, look)
    show_surfaces(stage, path, config.floors[0], config.walls[0])
    _author_colliders(stage, f"{path}/collision", room)
    _author_trim(stage, path, room, config)


def show_surfaces(stage: Usd.Stage, path: str, floor: str, wall: str) -> None:
    """Show one kind of floor and of walls of the room at ``path`` and hide the others; edits only what changes."""
    for group, shown in (("floor", floor), ("walls", wall)):
        for prim in stage.GetPrimAtPath(f"{path}/{group}").GetChildren():
            show(prim, prim.GetName() == shown)


def show(prim: Usd.Prim, visible: bool) -> None:
    """Show or hide a prim, without an edit where nothing changes."""
    attribute = UsdGeom.Imageable(prim).CreateVisibilityAttr()
    wanted = UsdGeom.Tokens.inherited if visible else UsdGeom.Tokens.invisible
    if attribute.Get() != wanted:
        attribute.Set(wanted)


def _author_colliders(stage: Usd.Stage, path: str, room: Room) -> None:
    UsdGeom.Scope.Define(stage, path)
    material = author_material(stage, f"{path}/material")
    for side in SIDES:
        frame, length = room.wall_frame(side), room.length(side) + 2 * THICKNESS
        size = (THICKNESS, length) if side in ("east", "west") else (length, THICKNESS)
        at = frame[:3, 3] + frame[:3, 0] * THICKNESS / 2
        collider = BoxCollider((*size, room.height), (float(at[0]), float(at[1]), room.height / 2))
        author_box_collider(stage, f"{path}/{side}", collider, material)


def _author_trim(stage: Usd.Stage, path: str, room: Room, config: InteriorConfig) -> None:
    """Ceiling, skirting boards, windows and door."""
    looks = {name: UsdShade.Material(stage.GetPrimAtPath(f"{path}/looks/{name}")) for name in TRIM}
    if config.ceiling:
        slab = _slab((room.width + 0.3, room.depth + 0.3, 0.1), (0.0, 0.0, room.height + 0.05))
        _author(stage, f"{path}/ceiling", [slab], looks["ceiling"], "ceiling")
    if config.skirting:
        boards = [board for side in SIDES for board in _skirting(room, side)]
        _author(stage, f"{path}/skirting", boards, looks["trim"], "wall")
    for window in room.windows:
        parts = [_placed(part, room.wall_frame(window.side)) for part in _window(window)]
        _author(stage, f"{path}/window_{window.side}", parts, looks["trim"], "window")
    if room.door is not None:
        for name, parts in _door(room.door).items():
            surfaces = [_placed(part, room.wall_frame(room.door.side)) for part in parts]
            _author(stage, f"{path}/door_{name}", surfaces, looks[name], "door")


def _panels(room: Room, side: Side) -> list[tuple[tuple[float, float, float], tuple[float, float, float]]]:
    """Size and centre in the wall's frame of the boxes that a wall is made of, around its window."""
    half, x = room.length(side) / 2 + THICKNESS, THICKNESS / 2
    window = next((opening for opening in room.windows if opening.side == side), None)
    if window is None:
        return [((THICKNESS, 2 * half, room.height), (x, 0.0, room.height / 2))]
    low, high = -window.center - window.width / 2, -window.center + window.width / 2
    rise = room.height - window.top
    return [
        ((THICKNESS, low + half, room.height), (x, (low - half) / 2, room.height / 2)),
        ((THICKNESS, half - high, room.height), (x, (high + half) / 2, room.height / 2)),
        ((THICKNESS, window.width, window.sill), (x, -window.center, window.sill / 2)),
        ((THICKNESS, window.width, rise), (x, -window.center, window.top + rise / 2)),
    ]


def _window(window: Opening) -> list[Surface]:
    """A casement with two wings and a sill board, in the wall's frame."""
    y, middle, x = -window.center, (window.sill + window.top) / 2, 0.085
    half, rise, bar = window.width / 2, (window.top - window.sill) / 2, 0.055
    parts = [box((0.06, bar, 2 * rise), (x, y + at, middle)) for at in (-half + bar / 2, 0.0, half - bar / 2)]
    parts += [box((0.058, window.width, bar), (x, y, middle + at)) for at in (-rise + bar / 2, rise - bar / 2)]
    parts.append(box((0.22, window.width + 0.16, 0.03), (-0.02, y, window.sill - 0.012), 0.010, 2))
    return parts


def _door(door: Opening) -> dict[str, list[Surface]]:
    """A closed leaf with two panels, its frame and its handle, by look and in the wall's frame."""
    y, width, height = -door.center, door.width, door.top
    leaf = [box((0.036, width, height), (0.0, y, height / 2), 0.004)]
    for low, high in ((0.22, 0.92), (1.10, height - 0.16)):
        for inset, x in ((0.0, -0.020), (0.055, -0.024)):
            size = (0.012, width - 0.26 - 2 * inset, high - low - 2 * inset)
            leaf.append(box(size, (x, y, (low + high) / 2), 0.005))
    trim = [
        box((0.05, 0.075, height + 0.075), (0.0, y + s * (width / 2 + 0.0375), (height + 0.075) / 2)) for s in (-1, 1)
    ]
    trim.append(box((0.05, width, 0.075), (0.0, y, height + 0.0375)))
    grip = y + width / 2 - 0.07
    lever = [(-0.018, grip, 1.03), (-0.070, grip, 1.03), (-0.070, grip - 0.12, 1.03)]
    rose = lathe([(0.0, 0.0), (0.026, 0.0), (0.026, 0.008), (0.0, 0.008)], around=24, bevel=0.002)
    plate = rose.turned(rotation("Y", -math.pi / 2)).moved((-0.018, grip, 1.03))
    return {"door": leaf, "trim": trim, "metal": [tube(lever, 0.009, 12, 0.02), plate]}


def _skirting(room: Room, side: Side) -> list[Surface]:
    half = room.length(side) / 2
    spans = [(-half, half)]
    if room.door is not None and room.door.side == side:
        reach = room.door.width / 2 + 0.075
        spans = [(-half, -room.door.center - reach), (-room.door.center + reach, half)]
    boards = [box((0.014, end - start, 0.085), (-0.007, (start + end) / 2, 0.0425), 0.004) for start, end in spans]
    return [_placed(board, room.wall_frame(side)) for board in boards]


def _slab(size: tuple[float, float, float], center: tuple[float, float, float]) -> Surface:
    return box(size, center, 0.0005)


def _placed(surface: Surface, frame: Array) -> Surface:
    x, y, z = frame[:3, 3].tolist()
    return surface.turned(frame[:3, :3]).moved((x, y, z))


def _author(
    stage: Usd.Stage, path: str, surfaces: list[Surface], look: UsdShade.Material, label: str | None = None
) -> None:
    """A mesh whose texture coordinates run along the floor and up the walls."""
    prim = author_mesh(stage, path, surfaces, [box_coordinates(surface, (0, 1, 2)) for surface in surfaces]).GetPrim()
    UsdShade.MaterialBindingAPI.Apply(prim).Bind(look)
    if label is not None:
        add_label(prim, label)
