# SPDX-License-Identifier: Apache-2.0
"""What can be randomized in the scene: lights, materials, props and fog.

Every quantity that is left out stays as the scene has it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from humanoid_brain.config.base import Model
from humanoid_brain.config.distributions import (
    Angle,
    Constant,
    Count,
    Integer,
    LogUniform,
    Scalar,
    Share,
    Uniform,
    within,
)
from humanoid_brain.config.spaces import Box, Colors, Directions, Files, Hsv, Points

Intensity = Annotated[Scalar, within(0.0, 1e7)]
Stops = Annotated[Scalar, within(-20.0, 20.0, "stops")]
Kelvin = Annotated[Scalar, within(1000.0, 10000.0, "K")]
Size = Annotated[Scalar, within(0.001, 100.0, "m")]

FOG = "/randomization/fog"
"""Prim that carries the fog for a renderer; without it, or with a density of 0, there is none."""
FOG_DENSITY = "humanoid_brain:fog:density"
"""float: extinction coefficient in 1/m; light over a distance d is dimmed by exp(-density * d)."""
FOG_COLOR = "humanoid_brain:fog:color"
"""color3f: linear RGB of the light that the fog scatters to the eye."""


def uniform(low: float, high: float) -> Any:
    """A field that is a uniform range unless told otherwise."""
    return Field(default_factory=lambda: Uniform(low=low, high=high))


def constant(value: float) -> Any:
    """A field that is one number unless told otherwise."""
    return Field(default_factory=lambda: Constant(value=value))


class Select(Model):
    """Prims of the stage, by semantic label, by path, or both; "*" stands for any part of a name."""

    labels: list[str] = Field(default_factory=list)
    """Labels such as "chair"; a prim must carry one itself, not inherit it."""
    label_kind: str = "class"
    """Which kind of label is meant."""
    paths: list[str] = Field(default_factory=list)
    """Paths such as "/World/props/chair_*"; "**" also crosses "/"."""

    @model_validator(mode="after")
    def _check(self) -> Select:
        if not self.labels and not self.paths:
            raise ValueError("name at least one label or path")
        return self

    @field_validator("paths")
    @classmethod
    def _check_paths(cls, value: list[str]) -> list[str]:
        for path in value:
            if not path.startswith("/"):
                raise ValueError(f"the path '{path}' must begin with '/'")
        return value


class Term(Model):
    """What all terms have in common."""

    hold: int = Field(default=1, ge=1)
    """Number of frames that keep one draw."""


class SelectingTerm(Term):
    """A term that changes prims of the scene."""

    select: Select
    """Which prims."""
    optional: bool = False
    """Whether the term may match nothing, as in a preset for several scenes."""


class LightTerm(SelectingTerm):
    """Lights that the scene has. A quantity that none of the lights has is refused."""

    kind: Literal["light"] = "light"
    """Always "light"."""
    intensity: Intensity | None = None
    """Intensity as USD counts it: nit for all but distant lights."""
    exposure: Stops | None = None
    """Exposure in stops; each doubles the light."""
    temperature: Kelvin | None = None
    """Colour temperature in K."""
    color: Colors | None = None
    """Colour, which multiplies that of the temperature."""
    direction: Directions | None = None
    """Direction towards the light, for distant lights."""
    position: Points | None = None
    """Position of the light in m, for local lights, counted from ``origin``."""
    origin: Literal["subject", "world"] = "subject"
    """Origin of ``position``: the ground below the subject, or the world's."""
    rotation: Angle | None = None
    """Turn of a dome light about the vertical, degrees."""
    texture: Files | None = None
    """Sky texture of a dome light, latitude-longitude."""


class LightPoolTerm(Term):
    """Lights of the term's own, of which some are on in each frame."""

    kind: Literal["light_pool"] = "light_pool"
    """Always "light_pool"."""
    count: Annotated[Count, within(0, 32)] = Field(default_factory=lambda: Integer(low=1, high=3))
    """Number of lights that are on, at most 32."""
    shapes: list[Literal["sphere", "rect", "disk"]] = Field(default_factory=lambda: ["sphere", "rect"], min_length=1)
    """Kinds of light, in equal shares."""
    intensity: Intensity = Field(default_factory=lambda: LogUniform(low=100.0, high=10000.0))
    """Intensity in nit."""
    temperature: Kelvin = uniform(3000.0, 7000.0)
    """Colour temperature in K."""
    color: Colors | None = None
    """Colour, which multiplies that of the temperature."""
    size: Size = uniform(0.1, 0.4)
    """Diameter or edge in m."""
    position: Points = Field(default_factory=lambda: Box(low=(-2.0, -2.0, 0.0), high=(2.0, 2.0, 2.0)))
    """Position in m, counted from ``origin``; rect and disk lights face the subject."""
    origin: Literal["subject", "world"] = "subject"
    """Origin of ``position``: the ground below the subject, or the world's."""


class MaterialTerm(SelectingTerm):
    """Materials of the selected prims and of what lies below them, up to a prim with a label of its own.

    Each selected prim gets copies of its materials, so that others that share them stay as they are.
    """

    kind: Literal["material"] = "material"
    """Always "material"."""
    each: Literal["material", "prim"] = "material"
    """Draw for each material of a prim, or once for all materials of a prim."""
    share: float = Field(default=1.0, ge=0.0, le=1.0)
    """Share of the draws that change a material at all; in the others it looks as the scene has it."""
    color: Colors | None = None
    """Base colour in place of the scene's colour or texture; a texture of this term is multiplied with it."""
    tint: Colors | None = None
    """Colour that the scene's colour or texture, or a texture of this term, is multiplied with."""
    roughness: Share | None = None
    """0 mirror, 1 dull."""
    metallic: Share | None = None
    """0 dielectric, 1 metal."""
    specular: Share | None = None
    """Reflectance of a dielectric at normal incidence, 1 meaning 8 %; 0.5 is an index of refraction of 1.5."""
    clearcoat: Share | None = None
    """Strength of a coat of varnish."""
    texture: Files | None = None
    """Texture of the base colour, in sRGB, for what has texture coordinates; the rest takes colour or tint alone."""
    tiling: Annotated[Scalar, within(0.01, 100.0)] | None = None
    """Repetitions of the texture per unit of texture coordinates."""

    @model_validator(mode="after")
    def _check(self) -> MaterialTerm:
        if self.tiling is not None and self.texture is None:
            raise ValueError("tiling needs a texture")
        if self.color is not None and self.tint is not None:
            raise ValueError("color and tint exclude one another: the one replaces, the other multiplies")
        return self


class PropTerm(SelectingTerm):
    """Pose, scale and number of props. Bodies that the physics moves keep the pose that the physics gives them."""

    kind: Literal["prop"] = "prop"
    """Always "prop"."""
    offset: Points | None = None
    """Shift from the prop's place, m, along the axes of its parent."""
    yaw: Angle | None = None
    """Turn about the vertical through the prop's origin, degrees."""
    scale: Annotated[Scalar, within(0.01, 100.0)] | None = None
    """Factor of the prop's size."""
    count: Annotated[Count, within(0, 4096)] | None = None
    """Number of props that are visible, chosen anew in each draw."""


class FogTerm(Term):
    """Even fog, which the renderer draws."""

    kind: Literal["fog"] = "fog"
    """Always "fog"."""
    density: Annotated[Scalar, within(0.0, 10.0, "1/m")] = Field(default_factory=lambda: Uniform(low=0.0, high=0.05))
    """Extinction coefficient in 1/m."""
    color: Colors = Field(
        default_factory=lambda: Hsv(
            hue=Uniform(low=180.0, high=240.0), saturation=Uniform(low=0.0, high=0.1), value=Uniform(low=0.6, high=0.9)
        )
    )
    """Colour."""
