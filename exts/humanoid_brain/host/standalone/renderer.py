# SPDX-License-Identifier: Apache-2.0
"""Pictures of a USD stage with moving robots, path traced by Mitsuba 3: for films and reports, not for datasets.

Drawn are meshes and solids of purpose "default" and "render" with their UsdPreviewSurface (textures are left out),
the dome light as an even sky and the distant light as a sun with soft shadows. Links move as instances, so a frame
costs its rays and nothing else.
"""

from __future__ import annotations

import functools
import logging
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pxr import Usd, UsdGeom, UsdLux

from humanoid_brain.errors import DeviceError
from humanoid_brain.host.standalone.renderer_geometry import Array, Looks, Triangles, collect, world_pose
from humanoid_brain.host.standalone.renderer_image import Image, add_sky, denoise, tone_map

_log = logging.getLogger(__name__)

SUN_DISTANCE = 1000.0
"""Distance in m of the sphere that stands for the sun."""
DULL = 0.6
"""Roughness from which a dielectric is drawn as plainly diffuse: its highlights are not seen but cost a quarter."""
LUMINANCE_SCALE = 1.0 / 1000.0
"""Radiance of a light of intensity 1."""
GUIDE_SAMPLES, COVER_SAMPLES = 2, 4
"""Rays per pixel of the two noise-free pictures that guide the denoiser."""


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


class Renderer:
    """Draws one stage, frame by frame.

    Args:
        stage: The stage; what it holds now is drawn, later edits are not seen.
        width: Image width in pixels.
        height: Image height in pixels.
        samples: Paths per pixel; 6 to 8 are enough for a film, 64 for a still.
        device: "cpu", "cuda", or "auto" for CUDA where it works.
        bodies: Paths of the rigid bodies to draw, if other than those on the stage. A path below a clone, such as
            /World/envs/env_3/Robot/pelvis, is drawn as its counterpart in env_0.

    Raises:
        DeviceError: CUDA was asked for and does not work here.
    """

    def __init__(
        self,
        stage: Usd.Stage,
        width: int,
        height: int,
        samples: int = 8,
        device: str = "auto",
        bodies: Sequence[str] | None = None,
    ) -> None:
        import mitsuba as mi

        mi.set_variant(choose_variant(device))
        self.width, self.height, self.samples = width, height, samples
        self._mi: Any = mi
        self._bsdfs: dict[tuple[Looks, bool], Any] = {}
        self._variant = mi.variant()
        self._fov, self._camera = _read_camera(stage)
        self._sky = _read_sky(stage)
        self._depth = mi.load_dict({"type": "depth"})
        self._direct = mi.load_dict({"type": "direct", "emitter_samples": 1, "bsdf_samples": 0})
        groups = collect(stage)
        cache = UsdGeom.XformCache()
        poses = {path: world_pose(cache, stage.GetPrimAtPath(path)) for path in groups if path}
        sources = {path: path if path in groups else _counterpart(path) for path in bodies or poses}
        self._ids = {path: f"body_{i}" for i, path in enumerate(sources) if sources[path] in groups}

        def load(lights: dict[str, Any], plain: bool) -> Any:
            scene: dict[str, Any] = {"type": "scene", "integrator": {"type": "path", "max_depth": 4}, **lights}
            for i, (looks, parts) in enumerate(groups.get("", {}).items()):
                scene[f"static_{i}"] = self._mesh(looks, parts, plain)
            names = {source: f"group_{i}" for i, source in enumerate(dict.fromkeys(sources.values()))}
            for source, name in names.items():
                meshes = [self._mesh(looks, parts, plain) for looks, parts in groups.get(source, {}).items()]
                if meshes:
                    scene[name] = {"type": "shapegroup", **{f"part_{i}": mesh for i, mesh in enumerate(meshes)}}
            for path, key in self._ids.items():
                scene[key] = {
                    "type": "instance",
                    "to_world": self._mi.ScalarTransform4f(poses[sources[path]]),
                    "group": {"type": "ref", "id": names[sources[path]]},
                }
            return mi.load_dict(scene)

        self._scene = load(_lights(stage, self._sky), plain=False)
        # Lit from the camera with a single point light, a diffuse scene shows colours and edges without noise.
        self._guide = load({"lamp": {"type": "point", "position": [0.0, 0.0, 0.0], "intensity": 1.0}}, plain=True)
        self._color, self._cover = self._sensor("rgb"), self._sensor("luminance_alpha")
        self._traces = [_tracer(mi) for _ in range(3)]
        # What moves is changed in place: new objects would mean new kernels where Mitsuba compiles them.
        self._parameters = [mi.traverse(self._scene), mi.traverse(self._guide)]
        self._views = [mi.traverse(self._color), mi.traverse(self._cover)]

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
        mi = self._mi
        mi.set_variant(self._variant)
        pose = camera.pose if isinstance(camera, Follow) else self._camera if camera is None else np.asarray(camera)
        for path, transform in (link_transforms or {}).items():
            if path in self._ids:
                for parameters in self._parameters:
                    parameters[f"{self._ids[path]}.to_world"] = mi.Transform4f(np.asarray(transform, float))
        self._parameters[1]["lamp.position"] = mi.Point3f(*pose[:3, 3].tolist())
        flip = np.diag([-1.0, 1.0, -1.0, 1.0])  # Mitsuba's camera looks along +z with x to the left
        for view in self._views:
            view["to_world"] = mi.Transform4f(pose @ flip)
        for parameters in (*self._parameters, *self._views):
            parameters.update()
        number = seed if self._variant == "scalar_rgb" else mi.UInt32(seed)
        # hide_emitters would give the coverage with the picture, but it crashes Mitsuba 3.9.1 with instances.
        passes = (
            (self._scene, self._color, self._scene.integrator(), self.samples),
            (self._guide, self._color, self._direct, GUIDE_SAMPLES),
            (self._scene, self._cover, self._depth, COVER_SAMPLES),
        )
        traced = [trace(*arguments, number) for trace, arguments in zip(self._traces, passes, strict=True)]
        picture, guide, cover = (np.array(image, np.float32) for image in traced)
        clean = denoise(picture, guide, cover, self.samples)
        return tone_map(add_sky(clean, cover, pose, self._fov, self._sky))

    def _sensor(self, pixel_format: str) -> Any:
        return self._mi.load_dict(
            {
                "type": "perspective",
                "fov": self._fov,
                "fov_axis": "x",
                "near_clip": 0.02,
                "far_clip": 1e5,
                "sampler": {"type": "independent"},
                "film": {
                    "type": "hdrfilm",
                    "width": self.width,
                    "height": self.height,
                    "pixel_format": pixel_format,
                    "component_format": "float32",
                    "rfilter": {"type": "box"},  # a wider one spreads specks beyond repair
                },
            }
        )

    def _bsdf(self, looks: Looks, plain: bool) -> Any:
        """The material, one object for all its meshes: where Mitsuba compiles, each object costs time per frame."""
        if (looks, plain) not in self._bsdfs:
            self._bsdfs[looks, plain] = self._mi.load_dict(_bsdf(looks, plain))
        return self._bsdfs[looks, plain]

    def _mesh(self, looks: Looks, parts: list[Triangles], plain: bool) -> Any:
        mi = self._mi
        sizes = np.cumsum([0, *(len(part.points) for part in parts)])
        faces = np.concatenate([part.faces + offset for part, offset in zip(parts, sizes, strict=False)])
        properties = mi.Properties()
        properties["bsdf"] = self._bsdf(looks, plain)
        mesh = mi.Mesh("mesh", int(sizes[-1]), len(faces), has_vertex_normals=True, props=properties)
        values = mi.traverse(mesh)
        values["vertex_positions"] = np.concatenate([part.points for part in parts]).astype(np.float32).ravel()
        values["vertex_normals"] = np.concatenate([part.normals for part in parts]).astype(np.float32).ravel()
        values["faces"] = faces.astype(np.uint32).ravel()
        values.update()
        return mesh


def _tracer(mi: Any) -> Callable[[Any, Any, Any, int, Any], Any]:
    """How to render. Where Mitsuba compiles, a frame is recorded once and replayed: tracing it takes a second."""

    def trace(scene: Any, sensor: Any, integrator: Any, samples: int, seed: Any) -> Any:
        return mi.render(scene, sensor=sensor, integrator=integrator, spp=samples, seed=seed)

    if mi.variant().startswith("scalar"):
        return trace
    import drjit

    return drjit.freeze(trace)


def choose_variant(device: str) -> str:
    """Mitsuba variant for "cpu", "cuda" or "auto".

    Each candidate but the plain one is tried in a process of its own: a driver without OptiX raises, and an LLVM
    older than 19 aborts the process on CPUs with AVX-512.

    Raises:
        DeviceError: "cuda" was asked for and does not work.
    """
    if device != "cpu" and _works("cuda_ad_rgb"):
        return "cuda_ad_rgb"
    if device.startswith("cuda"):
        raise DeviceError(
            "Mitsuba cannot render on this machine's GPU",
            todo="Install a driver with OptiX (libnvoptix), or render on the CPU",
        )
    if "DRJIT_LIBLLVM_PATH" in os.environ and _works("llvm_ad_rgb"):
        return "llvm_ad_rgb"
    return "scalar_rgb"


@functools.cache
def _works(variant: str) -> bool:
    if variant.startswith("cuda") and not Path("/dev/nvidiactl").exists():
        return False
    code = (
        f"import mitsuba as mi; mi.set_variant('{variant}');"
        "import numpy as np; np.array(mi.render(mi.load_dict(mi.cornell_box()), spp=1))"
    )
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode:
        _log.info("Mitsuba's %s does not work here: %s", variant, done.stderr.decode(errors="replace")[-300:])
    return done.returncode == 0


def _bsdf(looks: Looks, plain: bool) -> dict[str, Any]:
    color = {"type": "rgb", "value": [float(c) for c in looks.color]}
    if plain or (looks.roughness >= DULL and looks.metallic == 0.0 and looks.clearcoat == 0.0):
        return {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": color}}
    surface: dict[str, Any] = {
        "type": "principled",
        "base_color": color,
        "roughness": max(looks.roughness, 0.06),
        "metallic": looks.metallic,
        "specular": 0.5,
    }
    if looks.clearcoat > 0.0:
        surface |= {"clearcoat": looks.clearcoat, "clearcoat_gloss": 0.92}
    return {"type": "twosided", "bsdf": surface}


def _read_camera(stage: Usd.Stage) -> tuple[float, Array]:
    """Horizontal field of view in degrees and pose (4, 4) of the stage's first camera."""
    for prim in stage.Traverse():
        if prim.IsA(UsdGeom.Camera):
            camera = UsdGeom.Camera(prim)
            width = camera.GetHorizontalApertureAttr().Get() / camera.GetFocalLengthAttr().Get()
            return math.degrees(2 * math.atan(width / 2)), world_pose(UsdGeom.XformCache(), prim)
    return 45.0, Follow((0.0, 0.0, 0.9)).pose


def _read_sky(stage: Usd.Stage) -> Array:
    """Radiance (3,) of the dome lights; a grey sky where there is no light at all."""
    total, lit = np.zeros(3), False
    for prim in stage.Traverse():
        lit = lit or prim.IsA(UsdLux.DistantLight) or prim.IsA(UsdLux.DomeLight)
        if prim.IsA(UsdLux.DomeLight):
            total += _emission(UsdLux.DomeLight(prim))
    return total if lit else np.full(3, 0.8)


def _emission(light: UsdLux.DomeLight | UsdLux.DistantLight) -> Array:
    exposure = 2.0 ** float(light.GetExposureAttr().Get() or 0.0)
    return np.array(light.GetColorAttr().Get(), float) * light.GetIntensityAttr().Get() * exposure * LUMINANCE_SCALE


def _lights(stage: Usd.Stage, sky: Array) -> dict[str, Any]:
    lights: dict[str, Any] = {"sky": {"type": "constant", "radiance": {"type": "rgb", "value": sky.tolist()}}}
    cache = UsdGeom.XformCache()
    for i, prim in enumerate(p for p in stage.Traverse() if p.IsA(UsdLux.DistantLight)):
        light = UsdLux.DistantLight(prim)
        half = math.radians(max(light.GetAngleAttr().Get(), 0.5) / 2)
        radiance = _emission(light) / (math.pi * math.sin(half) ** 2)
        lights[f"sun_{i}"] = {
            "type": "sphere",
            "center": (world_pose(cache, prim)[:3, 2] * SUN_DISTANCE).tolist(),
            "radius": SUN_DISTANCE * math.sin(half),
            "emitter": {"type": "area", "radiance": {"type": "rgb", "value": radiance.tolist()}},
        }
    return lights


def _counterpart(path: str) -> str:
    """The body of env_0 that a clone's body copies."""
    head, _, tail = path.partition("/env_")
    return f"{head}/env_0/{tail.partition('/')[2]}"
