# SPDX-License-Identifier: Apache-2.0
"""A furnished room for detection datasets: its size, its surfaces, what may stand in it and how it is lit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from humanoid_brain.config.base import Model
from humanoid_brain.config.checks import ordered

Edge = Annotated[float, Field(ge=2.0, le=100.0)]
Height = Annotated[float, Field(ge=2.0, le=20.0)]
Count = Annotated[int, Field(ge=0, le=100)]
EdgeRange = Annotated[tuple[Edge, Edge], AfterValidator(ordered)]
HeightRange = Annotated[tuple[Height, Height], AfterValidator(ordered)]
CountRange = Annotated[tuple[Count, Count], AfterValidator(ordered)]

FloorKind = Literal["planks", "parquet", "tiles", "carpet", "concrete"]
WallKind = Literal["paint", "plaster", "brick", "wallpaper", "panel"]
Side = Literal["north", "south", "east", "west"]
"""A wall: north is +y, east is +x."""

ChairKind = Literal["dining", "office", "stool", "armchair"]
TableKind = Literal["dining", "pedestal", "desk", "side"]
ObstacleKind = Literal["crate", "carton", "barrel", "cone", "plant", "bollard"]
GoalKind = Literal["flag", "disc", "beacon"]
ClutterKind = Literal["book", "mug", "bowl", "bottle", "vase", "laptop"]


class PropsConfig(Model):
    """How many props of a class a frame shows, and how many different ones there are to choose from."""

    count: CountRange = (1, 3)
    """Fewest and most in one frame; fewer are shown where they do not fit."""
    variants: int = Field(default=6, ge=1, le=200)
    """How many different ones are made. Each frame shows some of them; at least as many as ``count`` are made."""

    @property
    def pool(self) -> int:
        """How many are made."""
        return max(self.variants, self.count[1]) if self.count[1] else 0


class ChairsConfig(PropsConfig):
    """Chairs, labelled "chair"."""

    count: CountRange = (2, 5)
    """Fewest and most in one frame; fewer are shown where they do not fit."""
    variants: int = Field(default=8, ge=1, le=200)
    """How many different ones are made. Each frame shows some of them; at least as many as ``count`` are made."""
    kinds: tuple[ChairKind, ...] = Field(default=("dining", "office", "stool", "armchair"), min_length=1)
    """Their shapes, taken in turn."""
    at_tables: float = Field(default=0.6, ge=0.0, le=1.0)
    """Share of the chairs that stand at a table and face it, where there is one."""


class TablesConfig(PropsConfig):
    """Tables, labelled "table"."""

    count: CountRange = (1, 2)
    """Fewest and most in one frame; fewer are shown where they do not fit."""
    variants: int = Field(default=4, ge=1, le=200)
    """How many different ones are made. Each frame shows some of them; at least as many as ``count`` are made."""
    kinds: tuple[TableKind, ...] = Field(default=("dining", "pedestal", "desk", "side"), min_length=1)
    """Their shapes, taken in turn."""
    at_walls: float = Field(default=0.4, ge=0.0, le=1.0)
    """Share of the tables that stand along a wall; desks always do."""


class ObstaclesConfig(PropsConfig):
    """Things in the way, labelled "obstacle"."""

    kinds: tuple[ObstacleKind, ...] = Field(
        default=("crate", "carton", "barrel", "cone", "plant", "bollard"), min_length=1
    )
    """Their shapes, taken in turn."""


class GoalsConfig(PropsConfig):
    """Marks to walk to, labelled "goal"."""

    count: CountRange = (1, 1)
    """Fewest and most in one frame; fewer are shown where they do not fit."""
    variants: int = Field(default=3, ge=1, le=200)
    """How many different ones are made. Each frame shows some of them; at least as many as ``count`` are made."""
    kinds: tuple[GoalKind, ...] = Field(default=("flag", "disc", "beacon"), min_length=1)
    """Their shapes, taken in turn."""


class ClutterConfig(PropsConfig):
    """Small things that stand on tables, labelled "clutter"."""

    count: CountRange = (2, 6)
    """Fewest and most in one frame; fewer are shown where they do not fit."""
    variants: int = Field(default=10, ge=1, le=200)
    """How many different ones are made. Each frame shows some of them; at least as many as ``count`` are made."""
    kinds: tuple[ClutterKind, ...] = Field(default=("book", "mug", "laptop", "bottle", "bowl", "vase"), min_length=1)
    """Their shapes, taken in turn."""
    drop_height: float = Field(default=0.0, ge=0.0, le=0.5)
    """Height in m above the table that they start from; physics settles them where it is above 0."""


class RoomLightsConfig(Model):
    """The room's lights, at /World/interior/lights."""

    ceiling: int = Field(default=4, ge=0, le=64)
    """Number of rectangular lights at the ceiling."""
    ceiling_intensity: float = Field(default=11000.0, ge=0.0, le=1e6)
    """Luminance of the ceiling lights in nit."""
    ceiling_temperature: float = Field(default=4300.0, ge=1000.0, le=10000.0)
    """Colour temperature of the ceiling lights in K."""
    lamp: bool = True
    """Whether a floor lamp stands in a corner."""
    lamp_intensity: float = Field(default=16000.0, ge=0.0, le=1e6)
    """Luminance of the lamp's bulb in nit."""
    window_intensity: float = Field(default=5000.0, ge=0.0, le=1e6)
    """Luminance of the daylight behind each window in nit."""


class InteriorConfig(Model):
    """A room around the robot, with a pool of props of which each frame shows some."""

    variant: int = Field(default=0, ge=0, lt=2**31)
    """Which room and which props of all that the ranges allow. Frames of one dataset share them."""
    width: EdgeRange = (6.0, 7.5)
    """Inner size along x in m; the room is centred on the origin."""
    depth: EdgeRange = (5.5, 6.5)
    """Inner size along y in m."""
    height: HeightRange = (2.5, 2.9)
    """Floor to ceiling in m."""
    floors: tuple[FloorKind, ...] = Field(default=("planks", "parquet", "tiles", "carpet", "concrete"), min_length=1)
    """Floors that frames choose from."""
    walls: tuple[WallKind, ...] = Field(default=("paint", "plaster", "brick", "wallpaper"), min_length=1)
    """Wall surfaces that frames choose from."""
    ceiling: bool = True
    """Whether the room has a ceiling; without one, sky and sun light it."""
    skirting: bool = True
    """Whether skirting boards run along the walls."""
    windows: tuple[Side, ...] = ("south", "west")
    """Walls with a window."""
    door: Side | None = "north"
    """Wall with a door, which is closed."""
    pictures: int = Field(default=3, ge=0, le=12)
    """Framed prints on the walls, where there is room for them."""
    chairs: ChairsConfig = Field(default_factory=ChairsConfig)
    """Chairs."""
    tables: TablesConfig = Field(default_factory=TablesConfig)
    """Tables."""
    obstacles: ObstaclesConfig = Field(default_factory=ObstaclesConfig)
    """Things in the way."""
    goals: GoalsConfig = Field(default_factory=GoalsConfig)
    """Marks to walk to."""
    clutter: ClutterConfig = Field(default_factory=ClutterConfig)
    """Small things on tables."""
    clearance: float = Field(default=0.06, ge=0.0, le=2.0)
    """Least distance in m between two props, and between a prop and a wall."""
    robot_clearance: float = Field(default=0.8, ge=0.0, le=20.0)
    """Radius in m around the origin, where the robot stands, that stays free."""
    camera_clearance: float = Field(default=0.35, ge=0.0, le=5.0)
    """Half width in m of the free way between the camera and the robot."""
    lights: RoomLightsConfig = Field(default_factory=RoomLightsConfig)
    """The room's lights."""

    @model_validator(mode="after")
    def _check_room(self) -> InteriorConfig:
        if min(self.width[0], self.depth[0]) / 2 <= self.robot_clearance:
            raise ValueError(f"robot_clearance {self.robot_clearance:g} m leaves no floor in the smallest room")
        if len(set(self.windows)) < len(self.windows):
            raise ValueError("a wall holds one window; name each wall once")
        if self.door in self.windows:
            raise ValueError(f"the {self.door} wall cannot hold a window and the door")
        return self
