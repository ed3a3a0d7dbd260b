# SPDX-License-Identifier: Apache-2.0
"""What can be randomized around the view: the camera, solids beside and before the subject, and the image itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from humanoid_brain.config.base import ClassName, Model
from humanoid_brain.config.distributions import Angle, Count, Integer, Scalar, Share, within
from humanoid_brain.config.randomization_terms import Size, Term, constant, uniform
from humanoid_brain.config.spaces import Colors, Hsv, Points, Shell

Distance = Annotated[Scalar, within(0.05, 1000.0, "m")]
Coefficient = Annotated[Scalar, within(-1.0, 1.0)]
Primitive = Literal["cube", "sphere", "cylinder", "cone", "capsule"]


class DistortionTerm(Model):
    """Coefficients of OpenCV's lens model; they go into the camera's OpenCV pinhole schema of Isaac Sim.

    Sets that would leave the corners of the image without a ray are drawn again.
    """

    k1: Coefficient = constant(0.0)
    """First radial coefficient."""
    k2: Coefficient = constant(0.0)
    """Second radial coefficient."""
    p1: Coefficient = constant(0.0)
    """First tangential coefficient."""
    p2: Coefficient = constant(0.0)
    """Second tangential coefficient."""
    k3: Coefficient = constant(0.0)
    """Third radial coefficient."""


class CameraTerm(Term):
    """A camera on a shell around the subject. It stays above the ground and out of obstacles."""

    kind: Literal["camera"] = "camera"
    """Always "camera"."""
    path: str = Field(default="/World/camera", pattern=r"^/.+")
    """The camera's prim."""
    distance: Distance = uniform(2.0, 6.0)
    """Distance from the subject in m."""
    azimuth: Angle = uniform(-180.0, 180.0)
    """Direction from the subject to the camera in the plane, degrees from +x towards +y."""
    azimuth_from: Literal["world", "heading"] = "world"
    """Whether azimuth counts from the world's x axis or from the subject's heading."""
    elevation: Annotated[Scalar, within(-90.0, 90.0, "degrees")] = uniform(-5.0, 45.0)
    """Angle of the camera above the subject, degrees."""
    look_at: Points | None = None
    """Shift of the point that is looked at from the subject, m; left out: none."""
    roll: Angle = constant(0.0)
    """Turn about the viewing axis, degrees."""
    focal_length: Annotated[Scalar, within(1.0, 500.0, "mm")] | None = None
    """Focal length in mm."""
    f_stop: Annotated[Scalar, within(0.0, 64.0)] | None = None
    """F-number of the lens, focused on the point looked at; 0 keeps all in focus."""
    shutter: Annotated[Scalar, within(0.0, 1.0, "s")] | None = None
    """Exposure time in s, up to the frame's time, while which what moves is smeared; 0 stops all motion."""
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


class ClutterTerm(Term):
    """Simple solids of the term's own with random looks."""

    count: Annotated[Count, within(0, 64)] = Field(default_factory=lambda: Integer(low=0, high=6))
    """Number of solids, at most 64; one that finds no place in a draw stays out."""
    shapes: list[Primitive] = Field(
        default_factory=lambda: ["cube", "sphere", "cylinder", "cone", "capsule"], min_length=1
    )
    """Kinds of solid, in equal shares."""
    size: Size = uniform(0.1, 0.5)
    """Size in m."""
    color: Colors = Field(default_factory=Hsv)
    """Base colour."""
    roughness: Share = uniform(0.0, 1.0)
    """0 mirror, 1 dull."""
    metallic: Share = uniform(0.0, 1.0)
    """0 dielectric, 1 metal."""
    label: ClassName = "distractor"
    """Class of the solids in the labels. "distractor" is among a capture's ``stuff``, which is not annotated."""


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
    along: Share = uniform(0.35, 0.8)
    """Place on the way from the camera, 0, to the subject, 1."""
    aside: Annotated[Scalar, within(0.0, 100.0, "m")] = uniform(0.0, 0.5)
    """Distance from the line of sight in m."""


class ImageTerm(Term):
    """What lens, sensor and processing do to the rendered image; nothing on the stage."""

    kind: Literal["image"] = "image"
    """Always "image"."""
    metering: Share = constant(0.0)
    """How far automatic exposure goes, before anything else: 1 brings the image's mean, taken geometrically over
    the pixels, to 18 % grey; 0 leaves the light as it is."""
    exposure: Annotated[Scalar, within(-10.0, 10.0, "stops")] = constant(0.0)
    """Exposure in stops."""
    white_balance: Annotated[Scalar, within(1700.0, 25000.0, "K")] = constant(6500.0)
    """Light that the camera takes for white, K; below 6500 the image turns blue, above it orange."""
    vignette: Share = constant(0.0)
    """Share of the light that the corners lose."""
    blur: Annotated[Scalar, within(0.0, 50.0, "pixels")] = constant(0.0)
    """Standard deviation of a Gaussian blur, pixels."""
    shot_noise: Share = constant(0.0)
    """Standard deviation of the photon noise of white, as share of white; it falls with the root of the signal."""
    read_noise: Share = constant(0.0)
    """Standard deviation of the sensor's noise in the dark, as share of white."""
    contrast: Annotated[Scalar, within(0.1, 10.0)] = constant(1.0)
    """Factor of the distance from mid grey, after tone mapping."""
    gamma: Annotated[Scalar, within(0.1, 10.0)] = constant(1.0)
    """Above 1 brightens the middle tones, after tone mapping."""
