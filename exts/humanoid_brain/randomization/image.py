# SPDX-License-Identifier: Apache-2.0
"""What lens, sensor and processing do to a rendered image, by address.

Light is dealt with in linear units before tone mapping where the renderer gives them (:func:`lens_effects`, then
:func:`with_noise`), the grading after it (:func:`display_effects`); for a renderer that gives bytes only,
:func:`byte_effects` does it all.

Noise comes from Philox words keyed by :func:`humanoid_brain.rng.stream`, with the frame in the counter: a
counter-based generator like the one for all other draws, but vectorised by numpy at some nanoseconds per pixel. The
words of a bit generator are fixed by numpy's compatibility policy, the distributions on top of them are not, so words
become normal numbers by a table of our own, which involves no mathematical function whose last bit depends on the
processor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain import rng
from humanoid_brain.pixels import beside, library
from humanoid_brain.srgb import Bytes, Linear, decode, encode

DAYLIGHT = 6500.0
"""Colour temperature in K that leaves the image as it is."""
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_LEVELS = 1 << 16
_ARRAY = np.zeros(0, np.float32)
GREY = 0.18
"""Reflectance of mid grey."""
_DARK = 1e-4
"""Luminance that counts for everything below it: a black border does not make the rest white."""


@dataclass(frozen=True)
class ImageEffects:
    """Strengths of all effects; the defaults change nothing. Units as in the configuration's term of kind image."""

    metering: float = 0.0
    exposure: float = 0.0
    white_balance: float = DAYLIGHT
    vignette: float = 0.0
    blur: float = 0.0
    shot_noise: float = 0.0
    read_noise: float = 0.0
    contrast: float = 1.0
    gamma: float = 1.0

    @property
    def on_light(self) -> bool:
        """Whether anything happens before tone mapping."""
        return any(getattr(self, f.name) != f.default for f in fields(self) if f.name not in ("contrast", "gamma"))


def lens_effects(image: Any, effects: ImageEffects) -> Any:
    """Metering, exposure, white balance, vignette and blur, all but the noise.

    Args:
        image: Linear RGB [H, W, 3] float32, 1 being white, as array or tensor; it is not changed.
        effects: Strengths.

    Returns:
        Linear RGB [H, W, 3] float32 of the same kind.
    """
    if not effects.on_light:
        return image
    gain = white_balance_gain(effects.white_balance) * 2.0**effects.exposure
    if effects.metering > 0.0:
        gain = gain * metered_gain(image) ** effects.metering
    light = image * beside(gain.astype(np.float32), image)
    if effects.vignette > 0.0:
        light *= 1.0 - effects.vignette * beside(_off_centre(image.shape[0], image.shape[1]), light)
    return blurred(light, effects.blur) if effects.blur > 0.0 else light


def with_noise(light: Any, effects: ImageEffects, seed: int, frame: int) -> Any:
    """Linear RGB [H, W, 3] with the sensor's noise, which may make it negative: it has no bias before it is clipped.

    Args:
        light: What :func:`lens_effects` gives.
        effects: Strengths.
        seed: Seed of the run.
        frame: Frame index; with the seed, the address of the noise.
    """
    if effects.shot_noise == 0.0 and effects.read_noise == 0.0:
        return light
    return light + sensor_noise(light, effects.shot_noise, effects.read_noise, seed, frame)


def display_effects(image: Bytes, effects: ImageEffects) -> Bytes:
    """Contrast and gamma of an sRGB image, uint8 of any shape."""
    if effects.contrast == 1.0 and effects.gamma == 1.0:
        return image
    import cv2

    # Five times as fast as NumPy's own look-up.
    graded = cv2.LUT(np.ascontiguousarray(image).reshape(1, -1), _grading(effects.contrast, effects.gamma))
    return np.asarray(graded, np.uint8).reshape(image.shape)


def byte_effects(image: Bytes, effects: ImageEffects, seed: int, frame: int) -> Bytes:
    """All effects on an sRGB image [H, W, 3] uint8: the light is recovered as far as the bytes hold it."""
    if effects.on_light:
        image = encode(with_noise(lens_effects(decode(image), effects), effects, seed, frame))
    return display_effects(image, effects)


def sensor_noise(light: Any, shot: float, read: float, seed: int, frame: int) -> Any:
    """Noise to add to linear light: normal, of mean 0 and variance shot^2 * light + read^2, for each component.

    The normal approximation of the EMVA 1288 model: photons have a variance in proportion to the signal, the sensor
    adds one of its own.
    """
    there = library(light)
    variance = there.clip(light, 0.0, None) * (shot * shot) + read * read
    key = rng.stream(seed, "randomization/image/noise")
    return there.sqrt(variance) * standard_normal(light.shape, key, frame, like=light)


def standard_normal(shape: tuple[int, ...], key: int, frame: int, like: Any = _ARRAY) -> Any:
    """Normal numbers of mean 0 and variance 1 at the address (key, frame); at most 4.3 in magnitude.

    The same ones as an array, and as a tensor in the place of ``like``.
    """
    count = math.prod(shape)
    generator = np.random.Philox(key=key, counter=[0, 0, 0, frame])
    words = np.asarray(generator.random_raw((count + 3) // 4), dtype="<u8")
    table = beside(_normal_table(), like)
    if isinstance(like, np.ndarray):
        return table[words.view("<u2")[:count]].reshape(shape)
    # PyTorch lacks most of what unsigned numbers need.
    return table[beside(words.view("<i2"), like)[:count].int() & (_LEVELS - 1)].reshape(shape)


@lru_cache(maxsize=1)
def _normal_table() -> Linear:
    """Quantiles in the middle of 65,536 equal shares: symmetric, so the mean is 0, and scaled to a variance of 1."""
    normal = NormalDist()
    upper = np.array([normal.inv_cdf((i + 0.5) / _LEVELS) for i in range(_LEVELS // 2, _LEVELS)])
    upper /= math.sqrt(math.fsum((upper * upper).tolist()) / len(upper))
    return np.concatenate([-upper[::-1], upper]).astype(np.float32)


def white_balance_gain(temperature: float) -> npt.NDArray[np.float64]:
    """Factors (3,) of linear RGB for a camera that takes light of this temperature in K for white.

    The luminance of grey stays as it is.
    """
    gain = blackbody(DAYLIGHT) / blackbody(temperature)
    return gain / (gain @ _LUMINANCE)


def blackbody(temperature: float) -> npt.NDArray[np.float64]:
    """Linear sRGB (3,) of a black body of 1,667 to 25,000 K, at a luminance of 1.

    Chromaticity after Kim et al., US patent 7,024,034 (2006); matrix of IEC 61966-2-1.
    """
    t = 1e3 / temperature
    low = temperature <= 4000.0
    x = np.polyval(
        [-0.2661239, -0.2343589, 0.8776956, 0.179910] if low else [-3.0258469, 2.1070379, 0.2226347, 0.240390], t
    )
    if temperature <= 2222.0:
        y = np.polyval([-1.1063814, -1.34811020, 2.18555832, -0.20219683], x)
    elif low:
        y = np.polyval([-0.9549476, -1.37418593, 2.09137015, -0.16748867], x)
    else:
        y = np.polyval([3.0817580, -5.87338670, 3.75112997, -0.37001483], x)
    xyz = np.array([x / y, 1.0, (1.0 - x - y) / y])
    matrix = np.array(
        [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
    )
    return np.maximum(matrix @ xyz, 1e-3)


def metered_gain(image: Any) -> float:
    """Factor that brings the geometric mean of the luminance to 18 % grey (Reinhard et al., SIGGRAPH 2002)."""
    luminance = image @ beside(_LUMINANCE.astype(np.float32), image)
    there = library(image)
    return GREY / math.exp(float(there.log(there.clip(luminance, _DARK, None)).mean(dtype=there.float64)))


@lru_cache(maxsize=2)
def _off_centre(height: int, width: int) -> Linear:
    """Square of the distance [H, W, 1] of each pixel from the centre, 1 in the corners."""
    y = (np.arange(height) + 0.5) / height * 2.0 - 1.0
    x = (np.arange(width) + 0.5) / width * 2.0 - 1.0
    aspect = width / height
    square = (np.square(x * aspect)[None, :] + np.square(y)[:, None]) / (aspect * aspect + 1.0)
    return square.astype(np.float32)[..., None]


def blurred(light: Any, sigma: float) -> Any:
    """Gaussian blur with a standard deviation in pixels; the edges are repeated outwards."""
    reach = max(1, math.ceil(3.0 * sigma))
    kernel = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / sigma))
    kernel = (kernel / kernel.sum()).astype(np.float32)
    if isinstance(light, np.ndarray):
        import cv2

        return np.asarray(cv2.sepFilter2D(light, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE), np.float32)
    for axis in (0, 1):  # OpenCV knows no tensors; sums of shifted pictures are exact, a convolution need not be
        size = light.shape[axis]
        ends = [light.narrow(axis, at, 1).repeat_interleave(reach, axis) for at in (0, size - 1)]
        wide = library(light).cat([ends[0], light, ends[1]], axis)
        light = sum(wide.narrow(axis, at, size) * weight for at, weight in enumerate(kernel.tolist()))
    return light


@lru_cache(maxsize=64)
def _grading(contrast: float, gamma: float) -> Bytes:
    srgb = np.clip((np.arange(256) / 255.0) ** (1.0 / gamma), 0.0, 1.0)
    return (np.clip((srgb - 0.5) * contrast + 0.5, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
