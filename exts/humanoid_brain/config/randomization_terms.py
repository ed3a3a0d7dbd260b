# SPDX-License-Identifier: Apache-2.0
"""What can be randomized: lights, materials, props, camera, fog, clutter and the image itself.

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
from humanoid_brain.config.spaces import Box, Colors, Directions, Files, Hsv, Points, Shell

Intensity = Annotated[Scalar, within(0.0, 1e7)]
Stops = Annotated[Scalar, within(-20.0, 20.0, "stops")]
Kelvin = Annotated[Scalar, within(1000.0, 10000.0, "K")]
Size = Annotated[Scalar, within(0.001, 100.0, "m")]
Distance = Annotated[Scalar, within(0.05, 1000.0, "m")]
Coefficient = Annotated[Scalar, within(-1.0, 1.0)]
Primitive = Literal["cube", "sphere", "cylinder", "cone", "capsule"]

FOG = "/randomization/fog"
"""Prim that carries the fog for a renderer; without it, or with a density of 0, there is none."""
FOG_DENSITY = "humanoid_brain:fog:density"
"""float: extinction coefficient in 1/m; light over a distance d is dimmed by exp(-density * d)."""
FOG_COLOR = "humanoid_brain:fog:color"
"""color3f: linear RGB of the light that the fog scatters to the eye."""


def _uniform(low: float, high: float) -> Any:
    return Field(default_factory=lambda: Uniform(low=low, high=high))


def _constant(value: float) -> Any:
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
    temperature: Kelvin = _uniform(3000.0, 7000.0)
    """Colour temperature in K."""
    color: Colors | None = None
    """Colour, which multiplies that of the temperature."""
    size: Size = _uniform(0.1, 0.4)
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
    color: Colors | None = None
    """Base colour; with a texture, the colour that it is multiplied with."""
    roughness: Share | None = None
    """0 mirror, 1 dull."""
    metallic: Share | None = None
    """0 dielectric, 1 metal."""
    specular: Share | None = None
    """Reflectance of a dielectric at normal incidence, 1 meaning 8 %; 0.5 is an index of refraction of 1.5."""
    clearcoat: Share | None = None
    """Strength of a coat of varnish."""
    texture: Files | None = None
    """Texture of the base colour, in sRGB."""
    tiling: Annotated[Scalar, within(0.01, 100.0)] | None = None
    """Repetitions of the texture per unit of texture coordinates."""

    @model_validator(mode="after")
    def _check_tiling(self) -> MaterialTerm:
        if self.tiling is not None and self.texture is None:
            raise ValueError("tiling needs a texture")
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


class DistortionTerm(Model):
    """Coefficients of OpenCV's lens model; they go into the camera's OpenCV pinhole schema of Isaac Sim."""

    k1: Coefficient = _constant(0.0)
    """First radial coefficient."""
    k2: Coefficient = _constant(0.0)
    """Second radial coefficient."""
    p1: Coefficient = _constant(0.0)
    """First tangential coefficient."""
    p2: Coefficient = _constant(0.0)
    """Second tangential coefficient."""
    k3: Coefficient = _constant(0.0)
    """Third radial coefficient."""


class CameraTerm(Term):
    """A camera on a shell around the subject. It stays above the ground and out of obstacles."""

    kind: Literal["camera"] = "camera"
    """Always "camera"."""
    path: str = Field(default="/World/camera", pattern=r"^/.+")
    """The camera's prim."""
    distance: Distance = _uniform(2.0, 6.0)
    """Distance from the subject in m."""
    azimuth: Angle = _uniform(-180.0, 180.0)
    """Direction from the subject to the camera in the plane, degrees from +x towards +y."""
    azimuth_from: Literal["world", "heading"] = "world"
    """Whether azimuth counts from the world's x axis or from the subject's heading."""
    elevation: Annotated[Scalar, within(-90.0, 90.0, "degrees")] = _uniform(-5.0, 45.0)
    """Angle of the camera above the subject, degrees."""
    look_at: Points | None = None
    """Shift of the point that is looked at from the subject, m; left out: none."""
    roll: Angle = _constant(0.0)
    """Turn about the viewing axis, degrees."""
    focal_length: Annotated[Scalar, within(1.0, 500.0, "mm")] | None = None
    """Focal length in mm."""
    f_stop: Annotated[Scalar, within(0.0, 64.0)] | None = None
    """F-number of the lens, focused on the point looked at; 0 keeps all in focus."""
    distortion: DistortionTerm | None = None
    """Lens distortion."""
    min_height: float = Field(default=0.1, ge=0.0)
    """Least height above the ground in m."""
    clearance: float = Field(default=0.1, ge=0.0)
    """Least distance from obstacles in m."""
    clear_view: bool = False
    """Whether no obstacle may lie between the camera and the subject."""
    attempts: int = Field(default=64, ge=1, le=1024)
    """Draws per frame before the ranges count as impossible."""


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


class ClutterTerm(Term):
    """Simple solids of the term's own with random looks, without labels."""

    count: Annotated[Count, within(0, 64)] = Field(default_factory=lambda: Integer(low=0, high=6))
    """Number of solids, at most 64; one that finds no place in a draw stays out."""
    shapes: list[Primitive] = Field(
        default_factory=lambda: ["cube", "sphere", "cylinder", "cone", "capsule"], min_length=1
    )
    """Kinds of solid, in equal shares."""
    size: Size = _uniform(0.1, 0.5)
    """Size in m."""
    color: Colors = Field(default_factory=Hsv)
    """Base colour."""
    roughness: Share = _uniform(0.0, 1.0)
    """0 mirror, 1 dull."""
    metallic: Share = _uniform(0.0, 1.0)
    """0 dielectric, 1 metal."""


class DistractorTerm(ClutterTerm):
    """Solids around the subject; they keep clear of it, of the camera, of obstacles and of one another."""

    kind: Literal["distractors"] = "distractors"
    """Always "distractors"."""
    position: Points = Field(default_factory=lambda: Shell(radius=(0.8, 3.0), elevation=(-20.0, 60.0)))
    """Place relative to the subject, m."""


class OccluderTerm(ClutterTerm):
    """Solids between the camera and the subject."""

    kind: Literal["occluders"] = "occluders"
    """Always "occluders"."""
    along: Share = _uniform(0.35, 0.8)
    """Place on the way from the camera, 0, to the subject, 1."""
    aside: Annotated[Scalar, within(0.0, 100.0, "m")] = _uniform(0.0, 0.5)
    """Distance from the line of sight in m."""


class ImageTerm(Term):
    """What lens, sensor and processing do to the rendered image; nothing on the stage."""

    kind: Literal["image"] = "image"
    """Always "image"."""
    exposure: Annotated[Scalar, within(-10.0, 10.0, "stops")] = _constant(0.0)
    """Exposure in stops."""
    white_balance: Annotated[Scalar, within(1700.0, 25000.0, "K")] = _constant(6500.0)
    """Light that the camera takes for white, K; below 6500 the image turns blue, above it orange."""
    vignette: Share = _constant(0.0)
    """Share of the light that the corners lose."""
    blur: Annotated[Scalar, within(0.0, 50.0, "pixels")] = _constant(0.0)
    """Standard deviation of a Gaussian blur, pixels."""
    shot_noise: Share = _constant(0.0)
    """Standard deviation of the photon noise of white, as share of white; it falls with the root of the signal."""
    read_noise: Share = _constant(0.0)
    """Standard deviation of the sensor's noise in the dark, as share of white."""
    contrast: Annotated[Scalar, within(0.1, 10.0)] = _constant(1.0)
    """Factor of the distance from mid grey, after tone mapping."""
    gamma: Annotated[Scalar, within(0.1, 10.0)] = _constant(1.0)
    """Above 1 brightens the middle tones, after tone mapping."""


AnyTerm = Annotated[
    LightTerm
    | LightPoolTerm
    | MaterialTerm
    | PropTerm
    | CameraTerm
    | FogTerm
    | DistractorTerm
    | OccluderTerm
    | ImageTerm,
    Field(discriminator="kind"),
]
