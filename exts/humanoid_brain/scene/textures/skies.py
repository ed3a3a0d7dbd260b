# SPDX-License-Identifier: Apache-2.0
"""Pictures all around for dome lights, in latitude and longitude: the zenith at the top, the horizon in the middle."""

from __future__ import annotations

import numpy as np

from humanoid_brain.scene.anthropometry import Array
from humanoid_brain.scene.textures.noise import fractal, mix, srgb, step

WIDTH, HEIGHT = 512, 256


def clear() -> np.ndarray:
    """A blue sky with haze at the horizon, over dry ground."""
    _, up, _ = _directions()
    sky = mix((0.62, 0.74, 0.88), (0.09, 0.25, 0.66), np.clip(up, 0, 1) ** 0.45)
    return _over_ground(sky, up, (0.24, 0.21, 0.17))


def clouds() -> np.ndarray:
    """Broken clouds before a blue sky, over grass."""
    x, up, y = _directions()
    sky = mix((0.58, 0.70, 0.84), (0.10, 0.27, 0.66), np.clip(up, 0, 1) ** 0.5)
    # Clouds lie in a level plane above, which the view meets at 1 / up.
    height = np.maximum(up, 0.06) + 0.10
    u, v = 0.16 * x / height, 0.16 * y / height
    cover = fractal("clouds", u, v, 6, 6, 5, 0.55)
    shade = fractal("clouds.shade", u + 0.01, v + 0.01, 6, 6, 4)
    thick = step(0.56, 0.16, cover)
    cloud = mix((0.88, 0.88, 0.88), (0.50, 0.54, 0.60), np.clip(2.2 * (shade - 0.35), 0, 1) * thick)
    return _over_ground(mix(sky, cloud, thick * step(0.03, 0.12, up)), up, (0.10, 0.15, 0.05))


def overcast() -> np.ndarray:
    """An even grey sky, brightest at the zenith, over asphalt."""
    x, up, y = _directions()
    height = np.maximum(up, 0.06) + 0.15
    cover = fractal("overcast", 0.12 * x / height, 0.12 * y / height, 5, 5, 4)
    # The CIE overcast sky: a third as bright at the horizon as at the zenith.
    light = (1.0 + 2.0 * np.clip(up, 0, 1)) / 3.0 * (0.88 + 0.24 * (cover - 0.5))
    sky = light[..., None] * np.array([0.84, 0.87, 0.92])
    return _over_ground(sky, up, (0.12, 0.12, 0.125))


def sunset() -> np.ndarray:
    """A low sun's glow towards +x, dusk above and opposite."""
    x, up, _ = _directions()
    toward = np.clip(0.5 + 0.5 * x, 0, 1)
    low = mix((0.34, 0.26, 0.36), (0.98, 0.46, 0.14), toward**1.6)
    sky = mix(low, (0.07, 0.10, 0.26), np.clip(up * 1.5, 0, 1) ** 0.6)
    glow = np.exp(-((1 - x) / 0.06)) * np.exp(-(((up - 0.06) / 0.16) ** 2))
    return _over_ground(sky + glow[..., None] * np.array([1.0, 0.75, 0.40]), up, (0.07, 0.055, 0.05))


def studio() -> np.ndarray:
    """A dark hall with a large soft box above and two at the sides."""
    x, up, y = _directions()
    picture = mix((0.055, 0.057, 0.062), (0.11, 0.112, 0.118), np.clip(0.5 + 0.5 * up, 0, 1))
    azimuth = np.arctan2(y, x)
    above = step(0.0, 0.10, 0.30 - np.maximum(np.abs(x), np.abs(y)) / np.maximum(up, 0.05)) * (up > 0)
    key = step(0.0, 0.06, 0.42 - np.abs(azimuth - 0.9)) * step(0.0, 0.06, 0.26 - np.abs(up - 0.42))
    fill = step(0.0, 0.06, 0.30 - np.abs(azimuth + 2.1)) * step(0.0, 0.06, 0.34 - np.abs(up - 0.36))
    picture = mix(picture, (1.0, 0.985, 0.96), above)
    picture = mix(picture, (1.0, 0.96, 0.90), key)
    return srgb(mix(picture, (0.52, 0.60, 0.72), fill))


def _directions() -> tuple[Array, Array, Array]:
    """Unit vectors of the pixels: east, up and north, each (H, W)."""
    longitude = ((np.arange(WIDTH) + 0.5) / WIDTH * 2.0 - 1.0) * np.pi
    latitude = (0.5 - (np.arange(HEIGHT) + 0.5) / HEIGHT) * np.pi
    level = np.cos(latitude)[:, None]
    up = np.broadcast_to(np.sin(latitude)[:, None], (HEIGHT, WIDTH))
    return level * np.cos(longitude)[None, :], up, level * np.sin(longitude)[None, :]


def _over_ground(sky: Array, up: Array, ground: tuple[float, float, float]) -> np.ndarray:
    """The sky above a ground that fades into haze at the horizon."""
    haze = np.exp(-np.abs(up) / 0.05)
    below = mix(np.broadcast_to(np.array(ground), sky.shape), sky.mean((0, 1)) * 0.8, 0.7 * haze)
    return srgb(mix(below, sky, step(0.0, 0.012, up)), 1)


SKIES = {"clear": clear, "clouds": clouds, "overcast": overcast, "sunset": sunset, "studio": studio}
