# SPDX-License-Identifier: Apache-2.0
"""Distributions of points, directions, colours and files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from humanoid_brain.config.base import Model
from humanoid_brain.config.checks import check_ordered, check_weights
from humanoid_brain.config.distributions import Angle, Constant, Scalar, Share, Uniform
from humanoid_brain.config.scene import Color, Position

Degrees = tuple[float, float]


def _check_angles(azimuth: Degrees, elevation: Degrees) -> None:
    check_ordered("azimuth", *azimuth)
    check_ordered("elevation", *elevation)
    if azimuth[1] - azimuth[0] > 360.0:
        raise ValueError(f"azimuth spans {azimuth[1] - azimuth[0]:g} degrees, more than a full turn")
    if elevation[0] < -90.0 or elevation[1] > 90.0:
        raise ValueError(f"elevation {elevation[0]:g} to {elevation[1]:g} leaves -90 to 90 degrees")


class Box(Model):
    """Points of a box, all equally likely."""

    kind: Literal["box"] = "box"
    """Always "box"."""
    low: Position
    """Corner with the least coordinates, m."""
    high: Position
    """Corner with the largest coordinates, m."""

    @model_validator(mode="after")
    def _check(self) -> Box:
        for axis, low, high in zip("xyz", self.low, self.high, strict=True):
            check_ordered(axis, low, high)
        return self


class Shell(Model):
    """Points between two spheres, all equally likely."""

    kind: Literal["shell"] = "shell"
    """Always "shell"."""
    radius: tuple[float, float]
    """Inner and outer radius, m."""
    azimuth: Degrees = (-180.0, 180.0)
    """Range of the direction in the plane, degrees from +x towards +y."""
    elevation: Degrees = (-90.0, 90.0)
    """Range of the angle above the plane, degrees."""

    @model_validator(mode="after")
    def _check(self) -> Shell:
        check_ordered("radius", *self.radius)
        if self.radius[0] < 0.0:
            raise ValueError(f"radius {self.radius[0]:g} is below 0")
        _check_angles(self.azimuth, self.elevation)
        return self


class Axes(Model):
    """Points whose coordinates have distributions of their own."""

    kind: Literal["axes"] = "axes"
    """Always "axes"."""
    x: Scalar = Field(default_factory=lambda: Constant(value=0.0))
    """First coordinate, m."""
    y: Scalar = Field(default_factory=lambda: Constant(value=0.0))
    """Second coordinate, m."""
    z: Scalar = Field(default_factory=lambda: Constant(value=0.0))
    """Third coordinate, m."""


Points = Annotated[Box | Shell | Axes, Field(discriminator="kind")]


class _Directions(Model):
    azimuth: Degrees = (-180.0, 180.0)
    """Range of the direction in the plane, degrees from +x towards +y."""
    elevation: Degrees = (-90.0, 90.0)
    """Range of the angle above the plane, degrees."""

    @model_validator(mode="after")
    def _check(self) -> _Directions:
        _check_angles(self.azimuth, self.elevation)
        return self


class Sphere(_Directions):
    """Directions, all equally likely by solid angle."""

    kind: Literal["sphere"] = "sphere"
    """Always "sphere"."""


class Hemisphere(_Directions):
    """Directions above the plane, all equally likely by solid angle."""

    kind: Literal["hemisphere"] = "hemisphere"
    """Always "hemisphere"."""
    elevation: Degrees = (0.0, 90.0)
    """Range of the angle above the plane, degrees, 0 to 90."""

    @model_validator(mode="after")
    def _check_upper(self) -> Hemisphere:
        if self.elevation[0] < 0.0:
            raise ValueError(f"elevation {self.elevation[0]:g} lies below a hemisphere")
        return self


Directions = Annotated[Sphere | Hemisphere, Field(discriminator="kind")]


class Hsv(Model):
    """Colours by hue, saturation and value, as a colour picker shows them; they are stored as linear RGB."""

    kind: Literal["hsv"] = "hsv"
    """Always "hsv"."""
    hue: Angle = Field(default_factory=lambda: Uniform(low=0.0, high=360.0))
    """Degrees: 0 red, 120 green, 240 blue; a range may cross 0, as -20 to 40."""
    saturation: Share = Field(default_factory=lambda: Uniform(low=0.0, high=1.0))
    """0 grey, 1 pure."""
    value: Share = Field(default_factory=lambda: Uniform(low=0.0, high=1.0))
    """0 black, 1 bright."""


class Palette(Model):
    """One of several colours."""

    kind: Literal["palette"] = "palette"
    """Always "palette"."""
    colors: list[Color] = Field(min_length=1)
    """Linear RGB."""
    weights: list[float] = Field(default_factory=list)
    """Relative frequency of each colour; empty: all alike."""

    @model_validator(mode="after")
    def _check(self) -> Palette:
        check_weights(self.weights, len(self.colors))
        return self


class Rgb(Model):
    """Colours by the three components of linear RGB."""

    kind: Literal["rgb"] = "rgb"
    """Always "rgb"."""
    red: Share
    """First component."""
    green: Share
    """Second component."""
    blue: Share
    """Third component."""


Colors = Annotated[Hsv | Palette | Rgb, Field(discriminator="kind")]


class Files(Model):
    """One of several image files of a folder."""

    folder: str = Field(min_length=1)
    """The folder; a relative one is taken from the working directory, or else from the package's own files, as
    "data/textures" is."""
    names: list[str] = Field(default_factory=lambda: ["*"], min_length=1)
    """Names or patterns such as "wood_*.png", below the folder."""
    share: float = Field(default=1.0, ge=0.0, le=1.0)
    """Share of the draws that take a file at all."""
