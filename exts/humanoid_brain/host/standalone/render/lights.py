# SPDX-License-Identifier: Apache-2.0
"""UsdLux lights as plain values, and as Mitsuba emitters.

A light of intensity 1 has a radiance of 1/1000: a dome of intensity 1000 lights a white floor to white. A distant
light's intensity is the irradiance that it gives, whatever its angle, as RTX takes it; light filters, shaping cones
and textures on lights other than domes have no effect.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pxr import Sdf, Usd, UsdGeom, UsdLux

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.render.images import Pixels, load_image
from humanoid_brain.host.standalone.render.placement import rigid
from humanoid_brain.host.standalone.render.surfaces import texture_file

Array = npt.NDArray[np.float64]

RADIANCE = 1.0 / 1000.0
"""Radiance of a light of intensity 1."""
SUN_DISTANCE = 1000.0
"""Distance in m of the sphere that stands for a distant light."""
FAR_BELOW = (0.0, 0.0, -900.0)
"""Place in m of what is hidden but keeps its place in the scene."""
_LEAST_ANGLE = 0.1
"""Degrees; a smaller sun would be missed by float32."""
_DEFAULT_SKY = (0.8, 0.8, 0.8)


@dataclass(frozen=True)
class Light:
    """A light."""

    kind: str
    """"dome", "distant", "sphere", "rect", "disk" or "cylinder"."""
    radiance: tuple[float, float, float]
    matrix: tuple[float, ...]
    """world_from_light, row by row."""
    size: tuple[float, float] = (0.0, 0.0)
    """distant: angle in degrees; sphere, disk: radius; rect: width, height; cylinder: radius, length; m."""
    texture: str = ""
    """Dome: resolved path of a lat-long image."""
    color_space: str = "auto"
    prim: str = ""
    visible: bool = True
    primary: bool = True
    """Whether the camera sees the light itself; RTX's attribute ``visibleInPrimaryRay``."""


def list_lights(stage: Usd.Stage) -> list[tuple[Usd.Prim, str]]:
    """The lights of a stage, and the kind of each, as :attr:`Light.kind`."""
    found: list[tuple[Usd.Prim, str]] = []
    for prim in Usd.PrimRange(stage.GetPseudoRoot(), Usd.TraverseInstanceProxies()):
        if prim.HasAPI(UsdLux.LightAPI):
            kinds = (name for name, types in _TYPES.items() if any(prim.IsA(each) for each in types))
            found += [(prim, kind) for kind in kinds]
    return found


def read_lights(stage: Usd.Stage, prims: Sequence[tuple[Usd.Prim, str]] | None = None) -> tuple[Light, ...]:
    """The lights of a stage, hidden ones too; an even grey sky where the stage has no light at all.

    Args:
        stage: The stage.
        prims: From :func:`list_lights`, where it is known already.

    Raises:
        SceneError: A dome's texture is missing.
    """
    cache = UsdGeom.XformCache()
    found: list[Light] = []
    for prim, kind in list_lights(stage) if prims is None else prims:
        light = _read(prim, kind, np.array(cache.GetLocalToWorldTransform(prim), float).T)
        hidden = UsdGeom.Imageable(prim).ComputeVisibility() == UsdGeom.Tokens.invisible
        found.append(replace(light, visible=False) if hidden else light)
    return tuple(found) if found else (Light("dome", _DEFAULT_SKY, tuple(np.eye(4).ravel().tolist())),)


_TYPES: dict[str, tuple[type, ...]] = {
    "dome": (UsdLux.DomeLight, UsdLux.DomeLight_1),
    "distant": (UsdLux.DistantLight,),
    "sphere": (UsdLux.SphereLight,),
    "rect": (UsdLux.RectLight,),
    "disk": (UsdLux.DiskLight,),
    "cylinder": (UsdLux.CylinderLight,),
}


def _read(prim: Usd.Prim, kind: str, matrix: Array) -> Light:
    light = UsdLux.LightAPI(prim)

    def value(name: str, fallback: float = 0.0) -> float:
        attribute = prim.GetAttribute(f"inputs:{name}")
        found = attribute.Get() if attribute else None
        return fallback if found is None else float(found)

    color = np.array(light.GetColorAttr().Get(), float)
    if light.GetEnableColorTemperatureAttr().Get():
        color *= np.array(UsdLux.BlackbodyTemperatureAsRgb(light.GetColorTemperatureAttr().Get()), float)
    radiance = color * value("intensity", 1.0) * 2.0 ** value("exposure") * RADIANCE
    across = np.linalg.norm(matrix[:3, :3], axis=0)
    size, area = (0.0, 0.0), 1.0
    if kind == "distant":
        size = (max(value("angle", 0.53), _LEAST_ANGLE), 0.0)
        area = math.pi * math.sin(math.radians(size[0] / 2)) ** 2
    elif kind == "sphere":
        size = (value("radius", 0.5) * float(across.mean()), 0.0)
        area = 4 * math.pi * size[0] ** 2
    elif kind == "rect":
        size = (value("width", 1.0) * float(across[0]), value("height", 1.0) * float(across[1]))
        area = size[0] * size[1]
    elif kind == "disk":
        size = (value("radius", 0.5) * float(across[:2].mean()), 0.0)
        area = math.pi * size[0] ** 2
    elif kind == "cylinder":
        size = (value("radius", 0.5) * float(across[1:].mean()), value("length", 1.0) * float(across[0]))
        area = 2 * math.pi * size[0] * size[1]
    if kind == "distant" or (kind != "dome" and light.GetNormalizeAttr().Get()):
        radiance = radiance / max(area, 1e-12)
    texture, space = _texture(prim) if kind == "dome" else ("", "auto")
    pose = rigid(matrix)[0] @ (_pole(prim) if kind == "dome" else np.eye(4))
    red, green, blue = np.maximum(radiance, 0.0).tolist()
    where = str(prim.GetPath())
    seen = prim.GetAttribute("visibleInPrimaryRay")
    primary = not seen or seen.Get() is not False
    return Light(kind, (red, green, blue), tuple(pose.ravel().tolist()), size, texture, space, where, True, primary)


def _texture(prim: Usd.Prim) -> tuple[str, str]:
    attribute = prim.GetAttribute("inputs:texture:file")
    asset: Sdf.AssetPath | None = attribute.Get() if attribute else None
    if asset is None or not asset.path:
        return "", "auto"
    return texture_file(asset, str(prim.GetPath())), str(attribute.GetColorSpace() or "auto")


def _pole(prim: Usd.Prim) -> Array:
    """Turn (4, 4) of a dome whose pole is the stage's up axis, z, instead of its own y."""
    attribute = prim.GetAttribute("poleAxis")
    axis = str(attribute.Get()) if attribute else "Y"
    if axis == "scene":
        axis = str(UsdGeom.GetStageUpAxis(prim.GetStage()))
    turn = np.eye(4)
    if axis == "Z":
        turn[1:3, 1:3] = [[0.0, -1.0], [1.0, 0.0]]
    return turn


def emitters(lights: tuple[Light, ...]) -> dict[str, tuple[Light, ...]]:
    """By name in a Mitsuba scene, of which lights each emitter is made; hidden ones are all alike."""
    found: dict[str, tuple[Light, ...]] = {}
    if any(light.kind == "dome" for light in lights):
        found[_SKY] = tuple(light for light in lights if light.kind == "dome" and light.visible)
    # One that is always hidden: Mitsuba picks among lights by another code where all have the same weight.
    for i, light in enumerate((*lights, _DARK)):
        if light.kind != "dome":
            found[f"light_{i}"] = (light if light.visible else replace(_DARK, kind=light.kind),)
    if not any(light.visible for light in lights):
        found[_NIGHT] = ()
    return found


def black(mi: Any) -> Any:
    """A BSDF that reflects nothing."""
    return mi.load_dict({"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}})


def emitter_entry(mi: Any, name: str, lights: tuple[Light, ...], dark: Any) -> dict[str, Any]:
    """The entry of a Mitsuba scene for one of :func:`emitters`. A hidden light is dark, far below, and never sampled.

    Args:
        mi: Mitsuba.
        name: Name of the emitter.
        lights: The lights that it is made of.
        dark: What the surfaces of lights reflect, from :func:`black`; one for all, since each is compiled.

    Raises:
        SceneError: Several domes have textures, or one's file is no image.
    """
    if name == _NIGHT:
        return {"type": "constant", "radiance": {"type": "rgb", "value": 0.0}}
    return _sky(mi, list(lights)) if name == _SKY else _glow(lights[0]) | {"bsdf": dark} | _shape(mi, lights[0])


def light_shapes(mi: Any, lights: Sequence[Light]) -> dict[str, Any]:
    """Entries of a Mitsuba scene for the shapes alone of those lights that the camera sees."""
    seen = [light for light in lights if light.kind != "dome" and light.visible and light.primary]
    return {f"light_{i}": _shape(mi, light) for i, light in enumerate(seen)}


def _sky(mi: Any, domes: list[Light]) -> dict[str, Any]:
    even = np.sum([dome.radiance for dome in domes if not dome.texture], axis=0) + np.zeros(3)
    images = [dome for dome in domes if dome.texture]
    if len(images) > 1:
        raise SceneError(
            f"the domes {images[0].prim} and {images[1].prim} both have a texture",
            where=images[1].prim,
            todo="Hide one, or remove its texture",
        )
    if not images:
        return {"type": "constant", "radiance": {"type": "rgb", "value": even.tolist()}}
    dome = images[0]
    pixels: Pixels = load_image(dome.texture, dome.color_space, dome.prim)[..., :3]
    lit = (pixels * np.array(dome.radiance, np.float32) + even.astype(np.float32)).astype(np.float32)
    matrix = np.array(dome.matrix).reshape(4, 4)
    matrix[:3, 3] = 0.0
    return {"type": "envmap", "bitmap": mi.Bitmap(np.ascontiguousarray(lit)), "to_world": mi.ScalarTransform4f(matrix)}


_SKY, _NIGHT = "sky", "night"


def _far_below() -> tuple[float, ...]:
    matrix = np.eye(4)
    matrix[:3, 3] = FAR_BELOW
    return tuple(matrix.ravel().tolist())


_DARK = Light("sphere", (0.0, 0.0, 0.0), _far_below(), (1e-3, 1e-3), visible=False)


def _glow(light: Light) -> dict[str, Any]:
    radiance = {"type": "rgb", "value": list(light.radiance)}
    return {"emitter": {"type": "area", "radiance": radiance, "sampling_weight": float(light.visible)}}


def _shape(mi: Any, light: Light) -> dict[str, Any]:
    matrix = np.array(light.matrix).reshape(4, 4)
    first, second = light.size
    if light.kind == "distant" and light.visible:
        half = math.radians(first / 2)
        centre = (matrix[:3, 2] * SUN_DISTANCE).tolist()
        return {"type": "sphere", "center": centre, "radius": SUN_DISTANCE * math.sin(half)}
    if light.kind in ("sphere", "distant"):
        return {"type": "sphere", "center": matrix[:3, 3].tolist(), "radius": first}
    if light.kind == "cylinder":
        ends = [(matrix @ [side * second / 2, 0.0, 0.0, 1.0])[:3].tolist() for side in (-1, 1)]
        return {"type": "cylinder", "p0": ends[0], "p1": ends[1], "radius": first}
    # USD's shine along -z, Mitsuba's along +z.
    scale = (first / 2, second / 2) if light.kind == "rect" else (first, first)
    shape = "rectangle" if light.kind == "rect" else "disk"
    return {"type": shape, "to_world": mi.ScalarTransform4f(matrix @ np.diag([scale[0], -scale[1], -1.0, 1.0]))}
