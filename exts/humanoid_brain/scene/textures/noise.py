# SPDX-License-Identifier: Apache-2.0
"""Noise that tiles, and what turns heights and linear colours into images."""

from __future__ import annotations

import numpy as np

from humanoid_brain import rng
from humanoid_brain.scene.anthropometry import Array

SIZE = 512
"""Edge of a texture in pixels."""


def grid(size: int = SIZE) -> tuple[Array, Array]:
    """(u, v), each (size, size): pixel centres in [0, 1), u to the right, v upwards."""
    at = (np.arange(size) + 0.5) / size
    return np.broadcast_to(at[None, :], (size, size)), np.broadcast_to(1.0 - at[:, None], (size, size))


def lattice(name: str, rows: int, columns: int) -> Array:
    """(rows, columns) uniform numbers in [0, 1) with an address."""
    import torch

    key = rng.stream(0, f"textures.{name}")
    return rng.uniform(key, [torch.arange(rows)], columns).numpy().astype(np.float64)


def noise(name: str, u: Array, v: Array, across: int, up: int) -> Array:
    """Smooth noise in [0, 1) at any (u, v), of period 1, with ``across`` by ``up`` cells."""
    table = lattice(f"{name}.{across}x{up}", up, across)
    x, y = u * across, v * up
    i, j = np.floor(x).astype(int), np.floor(y).astype(int)
    s, t = x - i, y - j
    s, t = s * s * s * (s * (6 * s - 15) + 10), t * t * t * (t * (6 * t - 15) + 10)
    i, j = i % across, j % up
    right, above = (i + 1) % across, (j + 1) % up
    low = table[j, i] * (1 - s) + table[j, right] * s
    high = table[above, i] * (1 - s) + table[above, right] * s
    return low * (1 - t) + high * t


def fractal(name: str, u: Array, v: Array, across: int, up: int, octaves: int = 4, gain: float = 0.5) -> Array:
    """Octaves of noise, each twice as fine, scaled to [0, 1) with mean 0.5."""
    total, weight, sum_of_weights = np.zeros(np.broadcast(u, v).shape), 1.0, 0.0
    for octave in range(octaves):
        total += weight * noise(f"{name}.{octave}", u, v, across << octave, up << octave)
        sum_of_weights += weight
        weight *= gain
    return total / sum_of_weights


def step(edge: float, width: float, value: Array) -> Array:
    """0 below ``edge``, 1 above it, smooth over ``width``."""
    x = np.clip((value - edge) / width + 0.5, 0.0, 1.0)
    return x * x * (3 - 2 * x)


def mix(one: Array | tuple[float, float, float], other: Array | tuple[float, float, float], share: Array) -> Array:
    """Colours (H, W, 3) from ``one`` at 0 to ``other`` at 1."""
    return np.asarray(one) * (1 - share[..., None]) + np.asarray(other) * share[..., None]


def srgb(linear: Array, quantum: int = 1) -> np.ndarray:
    """Linear colours as sRGB bytes, rounded to multiples of ``quantum``: noise of fewer levels makes smaller files."""
    linear = np.clip(linear, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return gray(encoded, quantum)


def gray(value: Array, quantum: int = 1) -> np.ndarray:
    """Numbers in [0, 1] as bytes."""
    levels = np.round(np.clip(value, 0.0, 1.0) * 255.0 / quantum) * quantum
    return np.clip(levels, 0, 255).astype(np.uint8)


def normals(height: Array, edge: float) -> np.ndarray:
    """Tangent-space normal map (H, W, 3) of a height field, x along u, y along v (OpenGL and USD).

    Args:
        height: (H, W) in m.
        edge: What the image covers, in m.
    """
    pixel = edge / height.shape[0]
    along_u = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / (2 * pixel)
    along_v = (np.roll(height, 1, 0) - np.roll(height, -1, 0)) / (2 * pixel)
    normal = np.stack([-along_u, -along_v, np.ones_like(height)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return gray(normal * 0.5 + 0.5, 2)
