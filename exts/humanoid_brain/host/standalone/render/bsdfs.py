# SPDX-License-Identifier: Apache-2.0
"""Surfaces as Mitsuba BSDFs.

Surfaces without textures share one BSDF whose parameters are tables, one texel per surface, and a mesh's texture
coordinates choose the texel: Mitsuba compiles each BSDF into its kernel, so a hundred materials as a hundred BSDFs
would take minutes to compile, and as one take a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.images import load_image
from humanoid_brain.host.standalone.render.surfaces import Number, Surface, Texture, Tint

Pixels = npt.NDArray[np.float32]

_LEAST_ROUGHNESS = 0.06
"""A smoother surface would sparkle for want of samples."""


def is_plain(surface: Surface) -> bool:
    """True for a surface that a table can hold."""
    return not surface.textures and not surface.emits and is_solid(surface)


def is_solid(surface: Surface) -> bool:
    """True for a surface that nothing is seen through."""
    if isinstance(surface.opacity, Texture):
        return False
    return surface.opacity >= (surface.threshold if surface.threshold > 0.0 else 1.0)


SPECULAR_LEVELS = (0.0, 0.5, 1.0)
"""Reflectances of plain surfaces that are told apart: Mitsuba has no texture for it, so each is a BSDF of its own."""


def specular_level(surface: Surface) -> float:
    """The level that a plain surface is drawn with."""
    return min(SPECULAR_LEVELS, key=lambda level: abs(level - surface.specular))


def table_width(count: int) -> int:
    """Texels in a table of ``count`` surfaces: a power of two, so that few kernels are compiled."""
    return 1 << max(6, (count - 1).bit_length())


def table_bsdf(mi: Any, surfaces: Sequence[Surface]) -> Any:
    """One BSDF for plain surfaces of one specular level; surface i is at u = (i + 0.5) / table_width, v = 0.5."""
    width = table_width(len(surfaces))
    level = specular_level(surfaces[0]) if surfaces else 0.5

    def table(name: str, channels: int, low: float = 0.0) -> dict[str, Any]:
        values = np.zeros((2, width, channels), np.float32)
        given = np.array([getattr(s, name) for s in surfaces], np.float32)
        values[:, : len(surfaces)] = given.reshape(len(surfaces), channels)
        return _bitmap(mi, np.clip(values, low, 1.0), filtered=False, wrap="clamp")

    entries = {
        "base_color": table("color", 3),
        "roughness": table("roughness", 1, _LEAST_ROUGHNESS),
        "metallic": table("metallic", 1),
    }
    surfaces = [replace(s, clearcoat_roughness=1.0 - _number(s.clearcoat_roughness)) for s in surfaces]
    entries |= {"clearcoat": table("clearcoat", 1), "clearcoat_gloss": table("clearcoat_roughness", 1)}
    return mi.load_dict(_two_sided({"type": "principled", "specular": level, **entries}))


def textured_bsdf(mi: Any, surface: Surface) -> Any:
    """The BSDF of a surface that a table cannot hold.

    Raises:
        SceneError: A texture is no image.
    """
    inner: dict[str, Any] = {
        "type": "principled",
        "specular": surface.specular,
        "base_color": _tint(mi, surface.color),
        "roughness": _value(mi, surface.roughness, _LEAST_ROUGHNESS),
        "metallic": _value(mi, surface.metallic),
    }
    if surface.clearcoat != 0.0:
        rough = surface.clearcoat_roughness
        inner["clearcoat"] = _value(mi, surface.clearcoat)
        inner["clearcoat_gloss"] = _value(mi, _inverted(rough) if isinstance(rough, Texture) else 1.0 - rough)
    if surface.normal is not None:
        inner = {"type": "normalmap", "normalmap": _normal_map(mi, surface.normal), "bsdf": inner}
    whole = _two_sided(inner)
    return mi.load_dict(
        whole if is_solid(surface) else {"type": "mask", "opacity": _opacity(mi, surface), "bsdf": whole}
    )


def emission(mi: Any, surface: Surface, area: float) -> Any:
    """The light that a surface gives; small ones, such as an indicator lamp, are seen but not sampled as lights."""
    weight = 1.0 if area >= _LAMP_AREA else 0.0
    radiance = _tint(mi, surface.emission, limit=math.inf)
    return mi.load_dict({"type": "area", "radiance": radiance, "sampling_weight": weight})


_LAMP_AREA = 0.02
"""Area in m2 from which a surface counts as a lamp."""


def _two_sided(bsdf: dict[str, Any]) -> dict[str, Any]:
    return {"type": "twosided", "bsdf": bsdf}


def _number(value: Number) -> float:
    assert not isinstance(value, Texture)
    return value


def _inverted(texture: Texture) -> Texture:
    scale, bias = (-value for value in texture.scale), (1.0 - value for value in texture.bias)
    return replace(texture, scale=tuple(scale), bias=tuple(bias))


def _tint(mi: Any, tint: Tint, limit: float = 1.0) -> dict[str, Any]:
    if isinstance(tint, Texture):
        return _image(mi, tint, 0.0, limit)
    return {"type": "rgb", "value": [min(value, limit) for value in tint]}


def _value(mi: Any, value: Number, low: float = 0.0) -> Any:
    return _image(mi, value, low, 1.0) if isinstance(value, Texture) else min(max(value, low), 1.0)


def _opacity(mi: Any, surface: Surface) -> Any:
    if not isinstance(surface.opacity, Texture):
        return 0.0 if surface.threshold > 0.0 else min(max(surface.opacity, 0.0), 1.0)
    pixels = _pixels(surface.opacity)
    if surface.threshold > 0.0:
        pixels = (pixels >= surface.threshold).astype(np.float32)
    return _bitmap(mi, np.clip(pixels, 0, 1), surface.threshold == 0.0, surface.opacity.wrap, surface.opacity)


def _normal_map(mi: Any, texture: Texture) -> dict[str, Any]:
    """Mitsuba wants (n + 1) / 2 in the texels."""
    pixels = (_pixels(texture) + 1.0) / 2.0
    return _bitmap(mi, np.clip(pixels, 0.0, 1.0), True, texture.wrap, texture)


def _image(mi: Any, texture: Texture, low: float, high: float) -> dict[str, Any]:
    return _bitmap(mi, np.clip(_pixels(texture), low, high), True, texture.wrap, texture)


def _pixels(texture: Texture) -> Pixels:
    image = load_image(texture.file, texture.color_space, texture.prim)
    values = image * np.array(texture.scale, np.float32) + np.array(texture.bias, np.float32)
    return values[..., :3] if texture.channels == "rgb" else values[..., "rgba".index(texture.channels), None]


def _bitmap(mi: Any, pixels: Pixels, filtered: bool, wrap: str, texture: Texture | None = None) -> dict[str, Any]:
    """A texture of numbers as they are; USD counts v from the lower edge, Mitsuba from the first row."""
    rows = np.flip(pixels, 0)
    repeats = [-(-2 // size) for size in rows.shape[:2]]  # Mitsuba wants two texels a side
    rows = rows.repeat(repeats[0], 0).repeat(repeats[1], 1)
    entry = {
        "type": "bitmap",
        "data": mi.TensorXf(np.ascontiguousarray(rows, np.float32)),
        "raw": True,
        "filter_type": "bilinear" if filtered else "nearest",
        "wrap_mode": wrap,
    }
    if texture is not None and texture.transform != Texture.transform:
        turn, across, up, right, top = texture.transform
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        matrix = np.array([[c * across, -s * up, right], [s * across, c * up, top], [0.0, 0.0, 1.0]])
        entry["to_uv"] = mi.ScalarTransform3f(matrix)
    return entry
