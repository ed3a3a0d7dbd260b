# SPDX-License-Identifier: Apache-2.0
"""A furnished room as data and on a USD stage: the room, its lights and the pool of props that layouts show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pxr import Gf, Usd, UsdGeom

from humanoid_brain.config.base import parse
from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.props.author import author_material, author_prop
from humanoid_brain.scene.props.catalogue import CATALOGUE, make_prop
from humanoid_brain.scene.props.prop import Prop
from humanoid_brain.scene.room import Room, author_room, plan_room
from humanoid_brain.scene.room_lights import author_lights
from humanoid_brain.scene.room_pictures import author_pictures

INTERIOR = "/World/interior"
ROOM, LIGHTS, PROPS = f"{INTERIOR}/room", f"{INTERIOR}/lights", f"{INTERIOR}/props"
PARKING_DISTANCE, PARKING_PITCH, PARKING_ROW = 60.0, 2.5, 12
"""How far in m behind the room hidden props stand, how far from one another, and how many to a row."""


@dataclass(frozen=True)
class PooledProp:
    """A prop of the pool, and where on the ground it stands while it is hidden."""

    name: str
    prop: Prop
    parking: tuple[float, float, float]

    @property
    def path(self) -> str:
        """Its prim."""
        return f"{PROPS}/{self.name}"


@dataclass(frozen=True)
class Interior:
    """What a configuration stands for, before any frame is drawn: everything that stays the same in a dataset."""

    room: Room
    pool: tuple[PooledProp, ...]

    def of(self, category: str) -> list[int]:
        """Indices in the pool of one category."""
        return [i for i, pooled in enumerate(self.pool) if pooled.prop.category == category]


def plan_interior(config: InteriorConfig) -> Interior:
    """The interior of a configuration; the same one every time."""
    return _plan(config.model_dump_json())


def prop_paths(config: InteriorConfig) -> list[str]:
    """Prims of all props of the pool, in the order of a layout's rows; each is a rigid body."""
    return [pooled.path for pooled in plan_interior(config).pool]


def author_interior(stage: Usd.Stage, config: InteriorConfig) -> Interior:
    """Author the room, its lights and the pool; every prop is hidden and parked until a layout is applied.

    Hidden props stand outside, on the ground's collider, as dynamic bodies that soon sleep: no pose, collision or
    solver setting has to change while physics runs, on either host.
    """
    interior = plan_interior(config)
    UsdGeom.Xform.Define(stage, INTERIOR)
    author_room(stage, ROOM, interior.room, config)
    author_lights(stage, LIGHTS, interior.room, config.lights)
    hanging = Draws(config.variant, "interior.pictures", 0)
    author_pictures(stage, f"{INTERIOR}/pictures", interior.room, config.pictures, hanging)
    UsdGeom.Scope.Define(stage, PROPS)
    material = author_material(stage, f"{INTERIOR}/looks/prop_physics")
    for pooled in interior.pool:
        prim = author_prop(stage, pooled.path, pooled.prop, material)
        prim.GetAttribute("xformOp:translate").Set(Gf.Vec3d(*pooled.parking))
        UsdGeom.Imageable(prim).CreateVisibilityAttr(UsdGeom.Tokens.invisible)
    return interior


@lru_cache(maxsize=8)
def _plan(text: str) -> Interior:
    config = parse(InteriorConfig, text, "interior")
    room = plan_room(config, Draws(config.variant, "interior.room", 0))
    pool: list[PooledProp] = []
    for category, (kinds, count) in _wanted(config).items():
        for number in range(count):
            prop = make_prop(category, kinds[number % len(kinds)], config.variant, number)
            pool.append(PooledProp(f"{category}_{number}", prop, _parking(len(pool))))
    return Interior(room, tuple(pool))


def _wanted(config: InteriorConfig) -> dict[str, tuple[Sequence[str], int]]:
    """Kinds and size of the pool by category."""
    sections = {
        "chair": config.chairs,
        "table": config.tables,
        "obstacle": config.obstacles,
        "goal": config.goals,
        "clutter": config.clutter,
    }
    return {category: (sections[category].kinds, sections[category].pool) for category in CATALOGUE}


def _parking(index: int) -> tuple[float, float, float]:
    row, column = divmod(index, PARKING_ROW)
    return ((column - (PARKING_ROW - 1) / 2) * PARKING_PITCH, -PARKING_DISTANCE - row * PARKING_PITCH, 0.0)
