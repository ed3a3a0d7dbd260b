# SPDX-License-Identifier: Apache-2.0
"""Colour on machines where Mitsuba has neither LLVM nor CUDA: slower, for a plain perspective only, no labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.errors import DeviceError
from humanoid_brain.host.standalone.render.guides import Guides
from humanoid_brain.optics import CameraModel
from humanoid_brain.rng import stream

if TYPE_CHECKING:
    from humanoid_brain.host.standalone.render.renderer import StageRenderer

Floats = npt.NDArray[np.float32]


class ScalarRenderer:
    """Colour and guides of a stage by Mitsuba's own camera."""

    def __init__(self, renderer: StageRenderer) -> None:
        self._renderer = renderer
        self._mi: Any = renderer.backend.mi

    def color(self, camera: CameraModel, samples: int, seed: int, depth: int = 4) -> Floats:
        """As :meth:`StageRenderer.color`.

        Raises:
            DeviceError: The lens has distortion.
        """
        return self._render(camera, {"type": "path", "max_depth": depth}, samples, seed, "rgb")[..., :3]

    def guides(self, camera: CameraModel, samples: int, seed: int) -> Guides:
        """As :meth:`StageRenderer.guides`; a light counts as covered.

        Raises:
            DeviceError: The lens has distortion.
        """
        integrator = {
            "type": "aov",
            "aovs": "albedo:albedo,normal:sh_normal,distance:depth",
            "inner": {"type": "depth"},
        }
        image = self._render(camera, integrator, samples, seed, "rgba")
        albedo, normal, distance = image[..., 4:7], image[..., 7:10], image[..., 10]
        return Guides(albedo, normal, distance, image[..., 3])

    def _render(self, camera: CameraModel, integrator: dict[str, Any], samples: int, seed: int, pixels: str) -> Floats:
        if camera.kind != "pinhole" or abs(camera.fx / camera.fy - 1.0) > 1e-6:
            raise DeviceError(
                "this machine's Mitsuba draws a plain perspective only",
                todo="Install LLVM 19 or later (on Debian and Ubuntu: apt-get install libllvm19), or use a GPU",
            )
        mi = self._mi
        scene = self._renderer.scalar_scene()
        sensor: dict[str, Any] = {
            "type": "perspective",
            "fov": float(np.degrees(2 * np.arctan(camera.width / 2 / camera.fx))),
            "fov_axis": "x",
            "near_clip": camera.near,
            "far_clip": camera.far,
            "principal_point_offset_x": 0.5 - camera.cx / camera.width,
            "principal_point_offset_y": 0.5 - camera.cy / camera.height,
            # Mitsuba's camera looks along +z with x to the left.
            "to_world": mi.ScalarTransform4f(camera.world_from_camera @ np.diag([-1.0, 1.0, -1.0, 1.0])),
            "sampler": {"type": "independent"},
            "film": {
                "type": "hdrfilm",
                "width": camera.width,
                "height": camera.height,
                "pixel_format": pixels,
                "component_format": "float32",
                "rfilter": {"type": "box"},
            },
        }
        if camera.f_stop > 0.0 and camera.focus_distance > 0.0:
            radius = camera.focal_length / 1000.0 / camera.f_stop / 2.0
            sensor |= {"type": "thinlens", "aperture_radius": radius, "focus_distance": camera.focus_distance}
        image = mi.render(
            scene,
            sensor=mi.load_dict(sensor),
            integrator=mi.load_dict(integrator),
            spp=samples,
            seed=stream(seed, pixels) & 0x7FFFFFFF,
        )
        return np.array(image, np.float32)
