# SPDX-License-Identifier: Apache-2.0
"""Surfaces as Mitsuba BSDFs: one of many surfaces whose parameters are looked up, or one of a single surface."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pxr import UsdShade

from humanoid_brain.host.standalone.render.images import load_image
from humanoid_brain.host.standalone.render.looks import LEAST_ROUGHNESS, Looks, images_of, parameters
from humanoid_brain.host.standalone.render.surfaces import Surface, Texture, Tint, opacity_alone

Pixels = npt.NDArray[np.float32]

SPECULAR_LEVELS = (0.0, 0.5, 1.0)
"""Reflectances that are told apart: Mitsuba has no texture for them, so each takes a BSDF of its own."""


@dataclass(frozen=True)
class Kind:
    """What the surfaces that share a BSDF have in common."""

    specular: float
    """One of :data:`SPECULAR_LEVELS`."""
    images: frozenset[str] = frozenset()
    """Parameters that are images on some of them."""


def kinds_of(surfaces: Iterable[Surface]) -> dict[Surface, Kind]:
    """The kind that each solid surface is drawn as: plain, or with images of what is an image on any of its like.

    A normal map is on all surfaces of a kind or on none: it costs most, and there is no number in its place.
    """
    alone = {surface: images_of(surface) for surface in dict.fromkeys(surfaces)}
    shared: dict[tuple[float, bool], frozenset[str]] = {}
    for surface, images in alone.items():
        if images:
            like = _level(surface), "normal" in images
            shared[like] = shared.get(like, frozenset()) | images
    return {
        surface: Kind(_level(surface), shared[_level(surface), "normal" in images] if images else images)
        for surface, images in alone.items()
    }


def _level(surface: Surface) -> float:
    return min(SPECULAR_LEVELS, key=lambda level: abs(level - surface.specular))


def is_solid(surface: Surface) -> bool:
    """True for a surface that nothing is seen through."""
    if isinstance(surface.opacity, Texture):
        return False
    return surface.opacity >= (surface.threshold if surface.threshold > 0.0 else 1.0)


def is_opaque(shader: UsdShade.Shader, nodes: set[str]) -> bool:
    """As :func:`is_solid`, of a shader of which nothing else is read; ``nodes`` takes the shaders it is made of."""
    return is_solid(opacity_alone(shader, nodes))


def shared_bsdf(mi: Any, looks: Looks, kind: Kind) -> Any:
    """The BSDF of all surfaces of one kind, seen from the front."""
    names = ("base_color", "roughness", "metallic", "clearcoat", "clearcoat_gloss")
    values = {name: looks.lookup(name, image=name in kind.images) for name in names}
    normal = looks.lookup("normal", image=True) if "normal" in kind.images else None
    return mi.load_dict(_bumped({"type": "principled", "specular": kind.specular, **values}, normal))


def single_bsdf(mi: Any, surface: Surface, *, both_sides: bool) -> Any:
    """The BSDF of one surface, which may be seen through.

    Args:
        mi: Mitsuba.
        surface: The surface.
        both_sides: Whether it is seen from behind as well; :class:`Paths` turns it over instead.

    Raises:
        SceneError: A texture is no image.
    """
    inner: dict[str, Any] = {"type": "principled", "specular": surface.specular}
    given = parameters(surface)
    normal = given.pop("normal", None)
    if surface.clearcoat == 0.0:
        del given["clearcoat"], given["clearcoat_gloss"]
    for name, value in given.items():
        low = LEAST_ROUGHNESS if name == "roughness" else 0.0
        if isinstance(value, Texture):
            inner[name] = _image(mi, value, low, 1.0)
        else:
            inner[name] = _rgb(value, 1.0) if isinstance(value, tuple) else min(max(value, low), 1.0)
    whole = _bumped(inner, _image(mi, normal, 0.0, 1.0) if isinstance(normal, Texture) else None)
    if both_sides:
        whole = {"type": "twosided", "bsdf": whole}
    if is_solid(surface):
        return mi.load_dict(whole)
    return mi.load_dict({"type": "mask", "opacity": _opacity(mi, surface), "bsdf": whole})


def emission(mi: Any, surface: Surface, area: float) -> Any:
    """The light that a surface gives; small ones, such as an indicator lamp, are seen but not sampled as lights."""
    weight = 1.0 if area >= _LAMP_AREA else 0.0
    radiance = _tint(mi, surface.emission)
    return mi.load_dict({"type": "area", "radiance": radiance, "sampling_weight": weight})


_LAMP_AREA = 0.02
"""Area in m2 from which a surface counts as a lamp."""


def _bumped(bsdf: dict[str, Any], normal: Any) -> dict[str, Any]:
    """A BSDF with its normal map, if any; Mitsuba wants (n + 1) / 2 in the texels."""
    return bsdf if normal is None else {"type": "normalmap", "normalmap": normal, "bsdf": bsdf}


def _tint(mi: Any, tint: Tint) -> dict[str, Any]:
    return _image(mi, tint, 0.0, math.inf) if isinstance(tint, Texture) else _rgb(tint)


def _rgb(color: tuple[float, ...], limit: float = math.inf) -> dict[str, Any]:
    return {"type": "rgb", "value": [min(value, limit) for value in color]}


def _opacity(mi: Any, surface: Surface) -> Any:
    if not isinstance(surface.opacity, Texture):
        return 0.0 if surface.threshold > 0.0 else min(max(surface.opacity, 0.0), 1.0)
    pixels = _pixels(surface.opacity)
    if surface.threshold > 0.0:
        pixels = (pixels >= surface.threshold).astype(np.float32)
    return _bitmap(mi, np.clip(pixels, 0, 1), surface.threshold == 0.0, surface.opacity.wrap, surface.opacity)


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
        entry["to_uv"] = mi.ScalarTransform3f(texture.matrix)
    return entry
