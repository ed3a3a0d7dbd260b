# SPDX-License-Identifier: Apache-2.0
"""From noisy linear radiance to a picture: denoising guided by what is noise-free, a sky, and tone mapping."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

HAZE_DISTANCE = 32.0
"""Distance in m over which the floor fades into the horizon."""
GUIDE_SPREAD, DEPTH_SPREAD = 0.10, 0.04
"""Relative difference of brightness and of depth that the denoiser takes for an edge."""


def denoise(linear: Floats, guide: Floats, cover: Floats, samples: int) -> Floats:
    """Average pixels with neighbours that look alike in the guide, over four growing distances.

    The edge-avoiding a-trous filter of Dammertz et al. (High Performance Graphics 2010), guided by colour times
    inclination and by depth instead of by normals.

    Args:
        linear: Noisy radiance [H, W, 3].
        guide: The scene lit by a point light in the camera [H, W, 3].
        cover: Depth in m times coverage, and coverage [H, W, 2].
        samples: Samples per pixel of ``linear``; more make the filter weaker.
    """
    depth = cover[..., 0] / np.maximum(cover[..., 1], 1e-3)
    tint = np.log(guide.mean(-1) * depth * depth + 0.03) / GUIDE_SPREAD
    alike = (tint.astype(np.float32), (np.log(np.maximum(depth, 1e-2)) / DEPTH_SPREAD).astype(np.float32))
    picture = _despeckled(linear)
    strength = min(1.0, math.sqrt(8.0 / samples))
    for level, spread in enumerate((0.35, 0.12, 0.06, 0.05)):
        tone = (np.sqrt(np.maximum(picture.mean(-1), 0.0)) / (spread * strength)).astype(np.float32)
        picture = _smoothed(picture, (*alike, tone), 1 << level)
    return picture


def _smoothed(picture: Floats, alike: tuple[Floats, ...], step: int) -> Floats:
    """Weighted mean of each pixel and its eight neighbours ``step`` pixels away."""
    height, width, _ = picture.shape
    padded = np.pad(picture, ((step, step), (step, step), (0, 0)), mode="edge")
    guides = [(np.pad(values, step, mode="edge"), values) for values in alike]
    total, weights = picture.copy(), np.ones((height, width), np.float32)
    for y in (0, step, 2 * step):
        for x in (0, step, 2 * step):
            if y == step and x == step:
                continue
            there = (slice(y, y + height), slice(x, x + width))
            distance = sum((np.square(around[there] - here) for around, here in guides), np.float32(0.0))
            weight = np.exp(-distance)
            if y != step and x != step:
                weight *= 0.5
            total += weight[..., None] * padded[there]
            weights += weight
    return total / weights[..., None]


def _despeckled(linear: Floats) -> Floats:
    """Lower single bright pixels, the mark of a rare light path, to the brightest of their eight neighbours."""
    luminance = linear.mean(-1)
    padded = np.pad(luminance, 1, mode="edge")
    height, width = luminance.shape
    around = [padded[i : i + height, j : j + width] for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    limit = np.maximum.reduce(around)
    return linear * np.minimum(1.0, limit / np.maximum(luminance, 1e-9))[..., None]


def add_sky(linear: Floats, cover: Floats, pose: Array, fov: float, light: Array) -> Floats:
    """Fade the far floor into the horizon, and put a sky in place of the even light.

    Args:
        linear: Radiance [H, W, 3], with ``light`` where nothing is.
        cover: Depth in m times coverage, and coverage [H, W, 2].
        pose: Camera pose (4, 4), looking along -z.
        fov: Horizontal field of view in degrees.
        light: Radiance (3,) of the even light.
    """
    height, width, _ = linear.shape
    half = math.tan(math.radians(fov) / 2)
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / (width / 2) * half
    y = (height / 2 - np.arange(height, dtype=np.float32) - 0.5) / (width / 2) * half
    rays = np.stack([*np.broadcast_arrays(x, y[:, None]), np.full((height, width), -1.0)], -1)
    up = (rays @ pose[2, :3] / np.linalg.norm(rays, axis=-1))[..., None]
    horizon = light * 0.92
    sky = horizon + (light * np.array([0.42, 0.58, 0.80]) - horizon) * np.clip(up, 0.0, 1.0) ** 0.6
    depth, alpha = cover[..., :1], np.clip(cover[..., 1:], 0.0, 1.0)
    haze = 1.0 - np.exp(-((depth / np.maximum(alpha, 1e-3) / HAZE_DISTANCE) ** 2))
    solid = linear - light * (1.0 - alpha)
    return (solid + (horizon * alpha - solid) * haze + sky * (1.0 - alpha)).astype(np.float32)


def tone_map(linear: Floats) -> Image:
    """Linear RGB to sRGB bytes with Khronos' "PBR Neutral" curve, which keeps colours and rolls off highlights."""
    start, desaturation = 0.8 - 0.04, 0.15
    color = np.maximum(linear, 0.0)
    low = color.min(-1, keepdims=True)
    color = color - np.where(low < 0.08, low - 6.25 * low * low, 0.04)
    peak = color.max(-1, keepdims=True)
    room = 1.0 - start
    compressed = 1.0 - room * room / (np.maximum(peak, start) + room - start)
    mix = 1.0 - 1.0 / (desaturation * (peak - compressed) + 1.0)
    rolled = color * (compressed / np.maximum(peak, 1e-9))
    color = np.where(peak < start, color, rolled + (compressed - rolled) * mix)
    encoded = np.where(color < 0.0031308, 12.92 * color, 1.055 * np.maximum(color, 1e-9) ** (1 / 2.4) - 0.055)
    return (np.clip(encoded, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
