# SPDX-License-Identifier: Apache-2.0
"""Films and reports: a camera that follows, a sky, and a floor that fades into the horizon. Not for datasets."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pxr import Usd, UsdGeom

from humanoid_brain.host.cameras import read_camera
from humanoid_brain.host.fog import fog_on
from humanoid_brain.host.standalone.render.guides import Guides
from humanoid_brain.host.standalone.render.picture import Floats, Image, add_fog, denoise, fog_left, tone_map
from humanoid_brain.host.standalone.render.renderer import StageRenderer
from humanoid_brain.host.standalone.render.scalar import ScalarRenderer
from humanoid_brain.optics import Array, CameraModel
from humanoid_brain.pixels import at_home

HAZE_DISTANCE = 32.0
"""Distance in m over which the floor fades into the horizon."""
_DEPTH = 4
_GUIDES, _SCALAR_GUIDES = 4, 2
_STILL = 16
"""Samples from which a picture is a still, which is worth a thorough denoising."""
_FIELD = 45.0
"""Horizontal field of view in degrees of a stage without a camera."""


@dataclass(frozen=True)
class Follow:
    """A camera around a point. Angles in degrees, azimuth from +x towards +y, lengths in m."""

    target: tuple[float, float, float]
    azimuth: float = -40.0
    elevation: float = 12.0
    distance: float = 4.0

    @property
    def pose(self) -> Array:
        """Camera pose (4, 4) in the world, looking along its -z axis, as USD has it."""
        azimuth, elevation = math.radians(self.azimuth), math.radians(self.elevation)
        back = np.array(
            [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
        )
        right = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
        pose = np.eye(4)
        pose[:3, 0], pose[:3, 1], pose[:3, 2] = right, np.cross(back, right), back
        pose[:3, 3] = np.array(self.target) + self.distance * back
        return pose


class FilmRenderer:
    """Draws one stage, frame by frame.

    Args:
        stage: The stage; edits are taken in frame by frame.
        width: Image width in pixels.
        height: Image height in pixels.
        samples: Paths per pixel; 2 to 4 are enough for a film, 32 for a still.
        device: "cpu", "cuda", or "auto" for CUDA where it works.
        bodies: Paths of the rigid bodies to draw, also in clones; all if None.

    Raises:
        DeviceError: CUDA was asked for and does not work here.
        SceneError: The stage cannot be drawn.
    """

    def __init__(
        self,
        stage: Usd.Stage,
        width: int,
        height: int,
        samples: int = 3,
        device: str = "auto",
        bodies: Sequence[str] | None = None,
    ) -> None:
        self.samples = samples
        self._stage = StageRenderer(stage, device, bodies)
        self._scalar = None if self._stage.backend.vectorized else ScalarRenderer(self._stage)
        self._camera = _first_camera(stage, width, height)

    def coarsen(self, cell: float) -> None:
        """Leave out details smaller than ``cell``, for pictures that shall come quickly; 0 draws everything."""
        self._stage.coarsen(cell)

    def resize(self, width: int, height: int) -> None:
        """Draw pictures of another size from now on; the stage's camera is read again."""
        self._camera = _first_camera(self._stage.stage, width, height)

    def render(
        self, camera: Array | Follow | None = None, link_transforms: Mapping[str, Array] | None = None, seed: int = 0
    ) -> Image:
        """One frame.

        Args:
            camera: Pose (4, 4) that looks along its -z axis, or what to follow; the stage's camera when left out.
            link_transforms: World pose (4, 4) by prim path of the bodies that moved since the last frame.
            seed: Seed of the samples; the same one gives the same grain.

        Returns:
            uint8 [height, width, 3], sRGB.
        """
        self._stage.sync(link_transforms)
        view = self._camera
        if camera is not None:
            pose = camera.pose if isinstance(camera, Follow) else np.asarray(camera, float)
            view = dataclasses.replace(view, world_from_camera=pose)
        renderer = self._scalar or self._stage
        most = _SCALAR_GUIDES if self._scalar else _GUIDES
        guides = renderer.guides(view, min(most, 2 * self.samples), seed)
        linear = renderer.color(view, self.samples, seed, _DEPTH)
        quality = "high" if self.samples >= _STILL else "fast"
        clean = at_home(denoise(linear, guides, quality, on_gpu=self._stage.backend.on_gpu))
        return tone_map(self._with_fog(self._with_sky(clean, guides, view), guides))

    def _with_fog(self, linear: Floats, guides: Guides) -> Floats:
        density, color = fog_on(self._stage.stage)
        if density <= 0.0:
            return linear
        solid = np.clip(guides.coverage, 1e-3, 1.0)  # the mean distance is that of what is there
        left = guides.coverage * fog_left(guides.distance / solid, density)
        return add_fog(linear, left, color)

    def _with_sky(self, linear: Floats, guides: Guides, camera: CameraModel) -> Floats:
        domes = [light for light in self._stage.lights if light.kind == "dome"]
        if not domes or any(light.texture for light in domes):
            return linear  # its own sky is better than ours
        light = np.sum([dome.radiance for dome in domes], axis=0)
        return add_sky(linear, guides, camera, light)


def add_sky(linear: Floats, guides: Guides, camera: CameraModel, light: Array) -> Floats:
    """Fade the far floor into the horizon, and put a sky in place of the even light.

    Args:
        linear: Radiance [H, W, 3], with ``light`` where nothing is.
        guides: From :meth:`StageRenderer.guides`.
        camera: The camera.
        light: Radiance (3,) of the even light.
    """
    height, width, _ = linear.shape
    pixels = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), -1)
    up = camera.rays(pixels)[:, 2].reshape(height, width, 1)
    horizon = light * 0.92
    sky = horizon + (light * np.array([0.42, 0.58, 0.80]) - horizon) * np.clip(up, 0.0, 1.0) ** 0.6
    alpha = np.clip(guides.coverage[..., None], 0.0, 1.0)
    haze = 1.0 - np.exp(-((guides.distance[..., None] / np.maximum(alpha, 1e-3) / HAZE_DISTANCE) ** 2))
    # Colour and coverage are of different samples: at an outline, less than nothing may be left.
    solid = np.maximum(linear - light * (1.0 - alpha), 0.0) * (alpha > 0.0)
    return (solid + (horizon * alpha - solid) * haze + sky * (1.0 - alpha)).astype(np.float32)


def _first_camera(stage: Usd.Stage, width: int, height: int) -> CameraModel:
    for prim in stage.Traverse():
        if prim.IsA(UsdGeom.Camera):
            return read_camera(prim, width, height)
    focal = width / 2 / math.tan(math.radians(_FIELD) / 2)
    pose = Follow((0.0, 0.0, 0.9)).pose
    return CameraModel(width, height, focal, focal, width / 2, height / 2, pose)
