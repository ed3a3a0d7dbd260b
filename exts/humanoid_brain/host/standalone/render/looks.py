# SPDX-License-Identifier: Apache-2.0
"""The looks of all surfaces as data, which textures of our own look up face by face.

Mitsuba compiles each BSDF, with its textures, into every kernel that meets it: to put together a launch with a
furnished room's hundred materials as a hundred BSDFs takes longer than to trace it. So surfaces that differ in numbers
and images alone share one BSDF. Each of its parameters goes from the face that was hit to the number of its surface,
and from there to a row of numbers, or to a part of one large array of texels.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.images import image_version, load_image
from humanoid_brain.host.standalone.render.surfaces import Surface, Texture
from humanoid_brain.host.standalone.render.variant import Backend

Value = float | tuple[float, ...] | Texture
Place = tuple[int, int, int]
"""First texel, width and height of an image."""

LEAST_ROUGHNESS = 0.06
"""A smoother surface would sparkle for want of samples."""

_MOST_TEXELS = 1 << 25
"""Texels, 8 bytes each, from which images that no surface shows are let go."""
_COLUMNS = {"base_color": 0, "roughness": 3, "metallic": 4, "clearcoat": 5, "clearcoat_gloss": 6}
"""Where in a surface's row of eight a parameter's constant is."""
_WRAPS = ("repeat", "mirror", "clamp")
_FLAT = (0.5, 0.5, 1.0)


def parameters(surface: Surface) -> dict[str, Value]:
    """Numbers and images by the names that the principled BSDF and the normal map have for them."""
    rough = surface.clearcoat_roughness
    found: dict[str, Value] = {
        "base_color": surface.color,
        "roughness": surface.roughness,
        "metallic": surface.metallic,
        "clearcoat": surface.clearcoat,
        "clearcoat_gloss": rough.inverted() if isinstance(rough, Texture) else 1.0 - rough,
    }
    return found if surface.normal is None else {**found, "normal": surface.normal.moved(0.5, 0.5)}


def images_of(surface: Surface) -> frozenset[str]:
    """Names of the parameters that are images."""
    return frozenset(name for name, value in parameters(surface).items() if isinstance(value, Texture))


class Looks:
    """The surfaces of one scene.

    Args:
        backend: A vectorized one.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._texels = _Texels(backend)
        self._maps: dict[str, _Map] = {}
        self._numbers: Any = None
        self._offsets: Any = None
        self._owners: Any = None
        self._lookup = _lookup_type(backend)

    def lookup(self, name: str, *, image: bool) -> Any:
        """A Mitsuba texture that is one parameter of the surfaces."""
        return self._lookup(self._backend.mi.Properties(), self, name, image)

    def describe(self, surfaces: Sequence[Surface]) -> None:
        """Take in the surfaces; their places in the sequence are their numbers.

        Raises:
            SceneError: A texture is no image.
        """
        rows, images = [[0.0] * 8 for _ in surfaces], dict[str, dict[int, Texture]]()
        for slot, surface in enumerate(surfaces):
            for name, value in parameters(surface).items():
                if isinstance(value, Texture):
                    images.setdefault(name, {})[slot] = value
                else:
                    given, low = value if isinstance(value, tuple) else (value,), _lowest(name)
                    column = _COLUMNS[name]
                    rows[slot][column : column + len(given)] = [min(max(number, low), 1.0) for number in given]
        numbers = np.array(rows or [[0.0] * 8], np.float32)
        self._numbers = self._backend.upload(self._backend.mi.Float, numbers)
        places = self._texels.places({value for values in images.values() for value in values.values()})
        self._maps = {name: _Map(self._backend, values, places, len(surfaces)) for name, values in images.items()}

    def own(self, offsets: Any, owners: npt.NDArray[np.uint32]) -> None:
        """Say which face has which surface.

        Args:
            offsets: By number of the Mitsuba shape, where its faces begin in ``owners``.
            owners: Number of the surface of each face.
        """
        self._offsets, self._owners = offsets, self._backend.upload(self._backend.mi.UInt32, owners)

    def number(self, name: str, hit: Any, active: Any) -> Any:
        """A parameter that is one number for each surface."""
        return self._row(name, 1, self._slot(hit, active), active)[0]

    def color(self, name: str, hit: Any, active: Any) -> Any:
        """A parameter that is one colour for each surface."""
        return self._backend.mi.Color3f(*self._row(name, 3, self._slot(hit, active), active))

    def image(self, name: str, hit: Any, active: Any) -> Any:
        """A parameter that is an image on some surfaces, and one value on the others; four channels."""
        mi, dr, known = self._backend.mi, self._backend.dr, self._maps[name]
        slot = self._slot(hit, active)
        value, shown = known.look_up(slot, hit.uv, self._texels.data, active)
        value = dr.clip(value, _lowest(name), 1.0)
        if name not in _COLUMNS:
            return value
        constant = self._row(name, 3 if name == "base_color" else 1, slot, active & ~shown)
        return dr.select(shown, value, mi.Vector4f(*constant, *[0.0] * (4 - len(constant))))

    def _row(self, name: str, channels: int, slot: Any, active: Any) -> list[Any]:
        """The numbers of a parameter that is no image."""
        mi, dr = self._backend.mi, self._backend.dr
        start = slot * 8 + _COLUMNS[name]
        return [dr.gather(mi.Float, self._numbers, start + i, active) for i in range(channels)]

    def _slot(self, hit: Any, active: Any) -> Any:
        mi, dr = self._backend.mi, self._backend.dr
        offset = dr.gather(mi.UInt32, self._offsets, dr.reinterpret_array(mi.UInt32, hit.shape), active)
        return dr.gather(mi.UInt32, self._owners, offset + hit.prim_index, active)


@functools.cache
def _lookup_type(backend: Backend) -> Any:
    """The class of textures; Mitsuba's base class is another one in each variant."""
    backend.activate()
    mi = backend.mi

    class Lookup(mi.Texture):
        def __init__(self, properties: Any, looks: Looks, name: str, image: bool) -> None:
            super().__init__(properties)
            self._looks, self._name, self._image = looks, name, image

        def eval(self, si: Any, active: Any = True) -> Any:
            if self._image:
                return mi.Color3f(self._looks.image(self._name, si, active).xyz)
            return self._looks.color(self._name, si, active)

        def eval_1(self, si: Any, active: Any = True) -> Any:
            if self._image:
                return self._looks.image(self._name, si, active).x
            return self._looks.number(self._name, si, active)

        eval_3 = eval

        def is_spatially_varying(self) -> bool:
            return True

    return Lookup


class _Map:
    """How the surfaces with an image for one parameter show it."""

    def __init__(
        self, backend: Backend, textures: dict[int, Texture], places: dict[Texture, Place], surfaces: int
    ) -> None:
        self._backend = backend
        where, tint = np.zeros((surfaces, 8), np.float32), np.zeros((surfaces, 8), np.float32)
        place = np.zeros((surfaces, 4), np.uint32)
        for slot, texture in textures.items():
            where[slot, :6] = texture.matrix[:2].ravel()
            tint[slot, :4], tint[slot, 4:] = texture.scale, texture.bias
            channel = 4 if texture.channels == "rgb" else "rgba".index(texture.channels)
            place[slot] = (*places[texture], channel << 8 | _WRAPS.index(texture.wrap))
        mi = backend.mi
        self._where, self._tint = backend.upload(mi.Float, where), backend.upload(mi.Float, tint)
        self._place = backend.upload(mi.UInt32, place)
        self._bent = any(texture.wrap != "repeat" for texture in textures.values())
        self._single = any(texture.channels != "rgb" for texture in textures.values())

    def look_up(self, slot: Any, uv: Any, texels: Any, active: Any) -> tuple[Any, Any]:
        """Bilinear value (four channels) at texture coordinates, and whether the surface has an image at all."""
        mi, dr = self._backend.mi, self._backend.dr
        first, width, height, kind = dr.gather(mi.Vector4u, self._place, slot, active)
        shown = width > 0
        active = active & shown  # without an image there is no texel to read
        turn, shift = (dr.gather(mi.Vector4f, self._where, slot * 2 + i, active) for i in range(2))
        u = turn.x * uv.x + turn.y * uv.y + turn.z
        v = turn.w * uv.x + shift.x * uv.y + shift.y
        (left, right, across), (low, high, up) = self._around(u, width, kind), self._around(v, height, kind)
        corner = dr.float16_array_t(mi.Vector4f)

        def texel(x: Any, y: Any) -> Any:
            return mi.Vector4f(dr.gather(corner, texels, first + y * width + x, active))

        value = dr.lerp(
            dr.lerp(texel(left, low), texel(right, low), across),
            dr.lerp(texel(left, high), texel(right, high), across),
            up,
        )
        scale, bias = (dr.gather(mi.Vector4f, self._tint, slot * 2 + i, active) for i in range(2))
        value = value * scale + bias
        if not self._single:
            return value, shown
        channel, chosen = kind >> 8, value.x
        for i in range(1, 4):
            chosen = dr.select(channel == i, value[i], chosen)
        return mi.Vector4f(chosen, value.y, value.z, value.w), shown

    def _around(self, at: Any, size: Any, kind: Any) -> tuple[Any, Any, Any]:
        """Both texels around a texture coordinate, and how far it is from the first to the second."""
        mi, dr = self._backend.mi, self._backend.dr
        repeats, wrap = mi.Mask(True), kind & 0xFF
        at_repeat = at - dr.floor(at)
        if self._bent:
            repeats = wrap == _WRAPS.index("repeat")
            mirrored = at - 2.0 * dr.floor(at * 0.5)
            mirrored = dr.select(mirrored > 1.0, 2.0 - mirrored, mirrored)
            at_bent = dr.select(wrap == _WRAPS.index("mirror"), mirrored, dr.clip(at, 0.0, 1.0))
            at_repeat = dr.select(repeats, at_repeat, at_bent)
        place = at_repeat * mi.Float(size) - 0.5
        whole = dr.floor(place)
        last = mi.Int32(size) - 1
        one, other = mi.Int32(whole), mi.Int32(whole) + 1
        before = dr.select(one < 0, dr.select(repeats, last, 0), dr.minimum(one, last))
        after = dr.select(other > last, dr.select(repeats, 0, last), other)
        return mi.UInt32(before), mi.UInt32(after), place - whole


class _Texels:
    """Images one after the other in one array, lowest row first, four halves per texel."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._places: dict[tuple[str, str, int], Place] = {}
        self._used = 0
        self.data: Any = None

    def places(self, textures: Iterable[Texture]) -> dict[Texture, Place]:
        """Where each image is, after those that are new were added.

        Raises:
            SceneError: One is no image.
        """
        keys = {t: (t.file, t.color_space, image_version(t.file, t.prim)) for t in textures}
        known = {key: texture for texture, key in keys.items()}
        new = {key: texture for key, texture in known.items() if key not in self._places}
        if new and self._used > _MOST_TEXELS:
            self._places, self._used, self.data, new = {}, 0, None, known
        if new:
            self._add(new)
        return {texture: self._places[key] for texture, key in keys.items()}

    def _add(self, textures: dict[tuple[str, str, int], Texture]) -> None:
        mi, dr = self._backend.mi, self._backend.dr
        parts = []
        for key, texture in textures.items():
            pixels = np.flip(load_image(texture.file, texture.color_space, texture.prim), 0)
            self._places[key] = (self._used, pixels.shape[1], pixels.shape[0])
            self._used += pixels.shape[0] * pixels.shape[1]
            parts.append(np.minimum(pixels, np.finfo(np.float16).max).astype(np.float16).ravel())
        more = self._backend.upload(dr.float16_array_t(mi.Float), np.concatenate(parts))
        self.data = more if self.data is None else dr.concat([self.data, more])


def _lowest(name: str) -> float:
    return LEAST_ROUGHNESS if name == "roughness" else 0.0
