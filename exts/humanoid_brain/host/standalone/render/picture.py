# SPDX-License-Identifier: Apache-2.0
"""From noisy linear radiance to a picture: denoising, fog, exposure, white balance and tone mapping."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from humanoid_brain.optics import CameraModel

if TYPE_CHECKING:
    from humanoid_brain.host.standalone.render.renderer import StageRenderer

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

_DEPTH_SPREAD, _NORMAL_SPREAD, _TINT_SPREAD = 0.02, 0.25, 0.4
"""Relative difference in distance, difference of normals and relative difference of albedo that the denoiser takes for
an edge."""
_TONE_SPREADS = (0.35, 0.12, 0.06, 0.05)
"""Difference of brightness, as square roots, that it takes for one at distances of 1, 2, 4 and 8 pixels."""
_DARKEST = 0.04
"""Reflectance of a black surface's gloss, which is not noise of its colour."""


@dataclass(frozen=True)
class Preset:
    """How carefully a picture is made."""

    samples: int
    """Paths per pixel."""
    depth: int
    """Most segments of a path."""
    guides: int
    """Samples of the noise-free pictures that guide the denoiser; 0 leaves the noise in."""


PRESETS = {"preview": Preset(4, 3, 2), "standard": Preset(10, 4, 2), "high": Preset(96, 6, 4)}


def linear_picture(renderer: StageRenderer, camera: CameraModel, preset: Preset, seed: int) -> Floats:
    """Linear radiance [H, W, 3] in the quality of a preset, with depth of field and without fog."""
    radiance = renderer.color(camera, preset.samples, seed, preset.depth)
    if preset.guides == 0:
        return radiance
    return denoise(radiance, renderer.guides(camera, preset.guides, seed), preset.samples)


def denoise(linear: Floats, guides: Floats, samples: int) -> Floats:
    """Average the light on surfaces over neighbours that look alike, at four growing distances.

    The edge-avoiding a-trous filter of Dammertz et al. (High Performance Graphics 2010) on radiance over albedo, so
    that textures stay sharp, guided by distance and normals.

    Args:
        linear: Noisy radiance [H, W, 3].
        guides: From :meth:`StageRenderer.guides`, [H, W, 8].
        samples: Samples per pixel of ``linear``; more make the filter weaker.
    """
    coverage = guides[..., 7:]
    albedo = (guides[..., :3] + (1.0 - coverage) + _DARKEST).astype(np.float32)
    distance = np.log(guides[..., 6] / np.maximum(coverage[..., 0], 1e-3) + np.float32(1e-2))
    slope = np.maximum(*(_least_slope(distance, axis) for axis in (0, 1)))
    light = _despeckled(linear / albedo)
    strength = min(1.5, math.sqrt(10.0 / samples))
    tint = np.log(albedo.mean(-1, keepdims=True)) / _TINT_SPREAD
    for level, spread in enumerate(_TONE_SPREADS):
        step = 1 << level
        tone = np.sqrt(np.maximum(light.mean(-1), 0.0)) / np.float32(spread * strength)
        near = 1.0 / (np.float32(_DEPTH_SPREAD) + 2.0 * step * slope)
        alike = np.concatenate([guides[..., 3:6] / _NORMAL_SPREAD, tint, coverage * 4.0, tone[..., None]], -1)
        light = _smoothed(light, alike.astype(np.float32), distance.astype(np.float32), near.astype(np.float32), step)
    return (light * albedo).astype(np.float32)


def _least_slope(values: Floats, axis: int) -> Floats:
    """The smaller of the differences to both neighbours: small at an edge, not on a plane seen from the side."""
    steps = np.abs(np.diff(values, axis=axis))
    before = np.concatenate([steps.take([0], axis), steps], axis)
    after = np.concatenate([steps, steps.take([-1], axis)], axis)
    return np.minimum(before, after)


def _smoothed(light: Floats, alike: Floats, distance: Floats, near: Floats, step: int) -> Floats:
    """Weighted mean of each pixel and its eight neighbours ``step`` pixels away."""
    height, width, _ = light.shape
    pad = ((step, step), (step, step))
    padded, around = np.pad(light, (*pad, (0, 0)), mode="edge"), np.pad(alike, (*pad, (0, 0)), mode="edge")
    far = np.pad(distance, pad, mode="edge")
    total, weights = light.copy(), np.ones((height, width), np.float32)
    for y in (0, step, 2 * step):
        for x in (0, step, 2 * step):
            if y == step and x == step:
                continue
            there = (slice(y, y + height), slice(x, x + width))
            difference = around[there] - alike
            apart = np.einsum("ijk,ijk->ij", difference, difference) + np.square((far[there] - distance) * near)
            weight = np.exp(-apart)
            if y != step and x != step:
                weight *= 0.5
            total += weight[..., None] * padded[there]
            weights += weight
    return total / weights[..., None]


def _despeckled(light: Floats) -> Floats:
    """Bring single bright or dark pixels, the marks of rare light paths, to the limits of their eight neighbours."""
    luminance = light.mean(-1)
    padded = np.pad(luminance, 1, mode="edge")
    height, width = luminance.shape
    around = [padded[i : i + height, j : j + width] for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    within = np.clip(luminance, np.minimum.reduce(around), np.maximum.reduce(around))
    scaled = light * (within / np.maximum(luminance, 1e-6))[..., None]
    return np.where(luminance[..., None] > 1e-6, scaled, within[..., None])


def add_fog(linear: Floats, distance: Floats, density: float, color: tuple[float, float, float]) -> Floats:
    """Even fog: light fades by the Beer-Lambert law over the exact distance, and the fog's own takes its place.

    Args:
        linear: Radiance [H, W, 3].
        distance: Distance [H, W] in m along the ray, inf for the sky.
        density: Extinction in 1/m; visibility is about 3 / density.
        color: Radiance of thick fog.
    """
    left = np.exp(-density * distance)[..., None] if density > 0.0 else np.float32(1.0)
    return (linear * left + np.array(color) * (1.0 - left)).astype(np.float32)


def tone_map(linear: Floats, exposure: float = 0.0, white: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Image:
    """Linear RGB to sRGB bytes with Khronos' "PBR Neutral" curve, which keeps colours and rolls off highlights.

    Args:
        linear: Radiance [H, W, 3].
        exposure: Stops by which the picture is brightened.
        white: Factors of the channels, as a camera's white balance has them.
    """
    start, desaturation = 0.8 - 0.04, 0.15
    color = np.maximum(linear * (np.array(white) * 2.0**exposure).astype(np.float32), np.float32(0.0))
    low = color.min(-1, keepdims=True)
    color = color - np.where(low < 0.08, low - 6.25 * low * low, np.float32(0.04))
    peak = color.max(-1, keepdims=True)
    room = 1.0 - start
    compressed = 1.0 - room * room / (np.maximum(peak, start) + room - start)
    mix = 1.0 - 1.0 / (desaturation * (peak - compressed) + 1.0)
    rolled = color * (compressed / np.maximum(peak, 1e-9))
    color = np.where(peak < start, color, rolled + (compressed - rolled) * mix)
    encoded = np.where(color < 0.0031308, 12.92 * color, 1.055 * np.maximum(color, 1e-9) ** (1 / 2.4) - 0.055)
    return (np.clip(encoded, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
