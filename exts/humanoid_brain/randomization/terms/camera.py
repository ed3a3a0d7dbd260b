# SPDX-License-Identifier: Apache-2.0
"""A camera on a shell around the subject, with its lens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom

from humanoid_brain.config.randomization_view import CameraTerm, DistortionTerm
from humanoid_brain.errors import ConfigError
from humanoid_brain.randomization import sampling
from humanoid_brain.randomization.placement import blocked, distances, inside
from humanoid_brain.randomization.sampling import Moment
from humanoid_brain.randomization.stream import Array
from humanoid_brain.randomization.term import Context, Json, Term, Values, registry
from humanoid_brain.randomization.workspace import Edit, Placed, Workspace, single
from humanoid_brain.scene.surroundings import frame_along

_TYPES = Sdf.ValueTypeNames
COEFFICIENTS = ("k1", "k2", "p1", "p2", "k3")
DISTORTION_API = "OmniLensDistortionOpenCvPinholeAPI"
"""Isaac Sim's schema (5.0 and later) for OpenCV's lens model; its attributes begin with ``DISTORTION``."""
DISTORTION_MODEL = "omni:lensdistortion:model"
DISTORTION = "omni:lensdistortion:opencvPinhole:"
"""imageSize (int2), fx, fy, cx, cy (float, pixels of imageSize), k1 to k6, p1, p2 (float)."""


_MARGIN = 1.02
"""How much farther than the image's corner a lens must reach, for the tangential coefficients' sake."""


def _reach(k1: Array, k2: Array, k3: Array) -> Array:
    """Largest radius (N,) in the image, as a tangent, up to which a lens maps one ray to each point.

    From where the distorted radius r (1 + k1 r^2 + k2 r^4 + k3 r^6) falls again, the model folds the image over.
    """
    square = np.linspace(0.0, 4.0, 401)[:, None] ** 2
    radius = np.sqrt(square) * (1.0 + square * (k1 + square * (k2 + square * k3)))
    rises = np.logical_and.accumulate(np.diff(radius, axis=0) > 0.0, axis=0)
    return np.where(rises.all(0), np.inf, np.where(rises, radius[1:], 0.0).max(0))


@registry("camera")
class Camera(Term[CameraTerm]):
    """Draws until the camera stands above the ground and out of obstacles."""

    targets = ("",)

    def __init__(self, name: str, config: CameraTerm, seed: int) -> None:
        super().__init__(name, config, seed)
        self._placed: Placed | None = None
        self._focal_length, self._aperture = 50.0, 20.955  # UsdGeom.Camera's own defaults, mm
        self._offset = (0.0, 0.0)
        self._time_codes = 24.0

    def resolve(self, stage: Usd.Stage, workspace: Workspace) -> list[str]:
        """Find the camera."""
        prim = stage.GetPrimAtPath(self.config.path)
        if not prim or not prim.IsA(UsdGeom.Camera):
            cameras = [str(each.GetPath()) for each in stage.Traverse() if each.IsA(UsdGeom.Camera)]
            there = f"the stage has {', '.join(cameras)}" if cameras else "the stage has no camera"
            return [f"there is no camera at {self.config.path}; {there}"]
        camera = UsdGeom.Camera(prim)
        self._focal_length = float(camera.GetFocalLengthAttr().Get())
        self._aperture = float(camera.GetHorizontalApertureAttr().Get())
        shifts = (camera.GetHorizontalApertureOffsetAttr(), camera.GetVerticalApertureOffsetAttr())
        self._offset = (float(shifts[0].Get()), float(shifts[1].Get()))
        self._time_codes = float(stage.GetTimeCodesPerSecond())
        self._placed = workspace.place(prim)
        if self.config.distortion is not None:
            workspace.apply_api(workspace.over(self.config.path), DISTORTION_API)
        return workspace.claim(self.name, self.config.path, ["pose"])

    def draw(self, frame: int, context: Context) -> Values:
        """Position, point looked at, and lens.

        Raises:
            ConfigError: None of the attempts gives a place where the camera may stand, or a lens that fills the image.
        """
        config, moment = self.config, self.moment(frame, context)
        position, target, found = self._place(moment, context)
        values: dict[str, Any] = {
            **found,
            "position": position.tolist(),
            "target": target.tolist(),
            "roll": self.single("roll", config.roll, moment),
        }
        if config.focal_length is not None:
            values["focal_length"] = self.single("focal_length", config.focal_length, moment)
        if config.f_stop is not None:
            values["f_stop"] = self.single("f_stop", config.f_stop, moment)
            values["focus_distance"] = float(np.linalg.norm(target - position))
        if config.shutter is not None:
            values["shutter"] = self.single("shutter", config.shutter, moment)
        if config.distortion is not None:
            focal = values.get("focal_length", self._focal_length)
            values.update(self._lens(config.distortion, moment, focal, context.image_size))
            values["image_size"] = list(context.image_size)
        return {f"{self.name}.{quantity}": value for quantity, value in values.items()}

    def _place(self, moment: Moment, context: Context) -> tuple[Array, Array, Values]:
        """Position (3,), point looked at (3,), and the quantities that led there, of the first attempt that fits."""
        config = self.config
        tries = {
            quantity: sampling.scalar(
                getattr(config, quantity), self.uniform(quantity, moment, config.attempts)[0], moment
            )
            for quantity in ("distance", "azimuth", "elevation")
        }
        turn = context.heading if config.azimuth_from == "heading" else 0.0
        subject = np.array(context.subject)
        way = sampling.towards(tries["azimuth"] + turn, tries["elevation"])
        positions = subject + tries["distance"][:, None] * way
        fits = positions[:, 2] >= context.ground + config.min_height
        fits &= inside(positions, context.room, config.clearance)
        fits &= distances(positions, context.obstacles) > config.clearance
        if config.clear_view:
            fits &= ~blocked(positions, subject, context.obstacles)
        target = subject
        if config.look_at is not None:
            target = subject + self.points("look_at", config.look_at, moment)[0]
        fits &= np.linalg.norm(positions - target, axis=1) > 1e-3
        if not fits.any():
            raise ConfigError(
                f"no place for the camera in {config.attempts} attempts for frame {moment.frame}: all lie below the "
                "ground, out of the room, in an obstacle or behind one",
                where=f"terms.{self.name}",
                todo="Widen distance, azimuth or elevation, lower min_height or clearance, or raise attempts",
            )
        first = int(np.argmax(fits))
        return positions[first], target, {quantity: float(each[first]) for quantity, each in tries.items()}

    def _lens(self, lens: DistortionTerm, moment: Moment, focal: float, size: tuple[int, int]) -> Values:
        """The first of the drawn sets of coefficients that maps something onto every pixel."""
        tries = {
            name: sampling.scalar(getattr(lens, name), self.uniform(name, moment, self.config.attempts)[0], moment)
            for name in COEFFICIENTS
        }
        corner = self._aperture / 2 / focal * float(np.hypot(1.0, size[1] / size[0]))
        fits = _reach(tries["k1"], tries["k2"], tries["k3"]) >= _MARGIN * corner
        if not fits.any():
            raise ConfigError(
                f"no distortion in {self.config.attempts} attempts for frame {moment.frame} reaches the corners of the "
                f"image at a focal length of {focal:.3g} mm",
                where=f"terms.{self.name}.distortion",
                todo="Use weaker coefficients or a longer focal length",
            )
        return {name: float(each[np.argmax(fits)]) for name, each in tries.items()}

    def edits(self, values: Mapping[str, Json]) -> Iterator[Edit]:
        """Pose and lens of the camera."""
        assert self._placed is not None  # resolve has found it
        path = self.config.path
        taken: dict[str, Any] = {key.removeprefix(f"{self.name}."): value for key, value in values.items()}
        eye = np.array(taken["position"])
        frame = frame_along(eye - np.array(taken["target"]), eye)
        roll, turn = np.radians(taken["roll"]), np.eye(4)
        turn[:2, :2] = [[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]
        yield self._placed.edit_world(frame @ turn)
        names = {"focal_length": "focalLength", "f_stop": "fStop", "focus_distance": "focusDistance"}
        for quantity, attribute in names.items():
            if quantity in taken:
                yield Edit(path, attribute, _TYPES.Float, single(taken[quantity]))
        if "shutter" in taken:
            yield Edit(path, "shutter:open", _TYPES.Double, -taken["shutter"] * self._time_codes)
            yield Edit(path, "shutter:close", _TYPES.Double, 0.0)
        if "image_size" in taken:
            yield from self._distortion_edits(taken)

    def _distortion_edits(self, taken: Mapping[str, Any]) -> Iterator[Edit]:
        path, (width, height) = self.config.path, taken["image_size"]
        pixels = width / self._aperture  # per mm on the sensor; pixels are square
        focal = pixels * taken.get("focal_length", self._focal_length)
        centre = (width / 2 - pixels * self._offset[0], height / 2 + pixels * self._offset[1])
        yield Edit(path, DISTORTION_MODEL, _TYPES.Token, "opencvPinhole")
        yield Edit(path, f"{DISTORTION}imageSize", _TYPES.Int2, Gf.Vec2i(width, height))
        matrix = {"fx": focal, "fy": focal, "cx": centre[0], "cy": centre[1]}
        for name, value in {**matrix, **{name: taken[name] for name in COEFFICIENTS}}.items():
            yield Edit(path, f"{DISTORTION}{name}", _TYPES.Float, single(value))
