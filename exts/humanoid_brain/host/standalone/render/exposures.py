# SPDX-License-Identifier: Apache-2.0
"""Motion blur: a picture as the mean of what is seen at several moments while the shutter is open.

The paths per pixel are shared out among the moments, so a blurred picture has about as many as a sharp one. Where there
are fewer of them than moments, each pixel gets some of the moments at random, and the denoiser does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.guides import Guides, mean_guides
from humanoid_brain.host.standalone.render.picture import Floats, Preset, denoise, fog_left
from humanoid_brain.optics import CameraModel
from humanoid_brain.rng import stream

if TYPE_CHECKING:
    from humanoid_brain.host.standalone.render.renderer import StageRenderer

Pose = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moment:
    """The camera, and the world pose (4, 4) by path of the bodies that move."""

    camera: CameraModel
    poses: dict[str, Pose]


def moments_open(shutter: tuple[float, float], count: int) -> list[float]:
    """The middles of ``count`` equal parts of the time that a shutter is open, s after the frame's time."""
    opens, closes = shutter
    return [opens + (closes - opens) * (i + 0.5) / count for i in range(count)]


def blurred_picture(
    renderer: StageRenderer, moments: Sequence[Moment], preset: Preset, seed: int, fog_density: float = 0.0
) -> tuple[Any, Floats]:
    """Mean linear radiance [H, W, 3] over moments, denoised, and the mean share [H, W] of it that fog lets through.

    The renderer is left at the last moment.

    Args:
        renderer: The renderer.
        moments: Their number is a power of two.
        preset: Paths per pixel, their length, and how to denoise.
        seed: The same seed gives the same picture.
        fog_density: Extinction in 1/m.
    """
    size = (moments[0].camera.height, moments[0].camera.width)
    apart = _apart(preset.samples, len(moments))
    shares = _shares(apart, len(moments), size[0] * size[1], seed)
    light, left = np.zeros((size[0] * size[1], 3), np.float64), np.zeros(size, np.float64)
    seen: list[Guides] = []
    for i, (moment, pixels) in enumerate(zip(moments, shares, strict=True)):
        renderer.sync(moment.poses)
        key = stream(seed, f"exposure/{i}")
        paths = max(1, preset.samples // len(moments))
        where = slice(None) if pixels is None else pixels
        light[where] += renderer.color(moment.camera, paths, key, preset.depth, pixels).reshape(-1, 3)
        guides = renderer.guides(moment.camera, max(1, preset.guides // len(moments)), key)
        distance = (guides.distance / np.maximum(guides.coverage, 1e-3)).astype(np.float32)
        left += guides.coverage * fog_left(distance, fog_density)
        seen.append(guides)
    mean: Any = (light / (len(moments) // apart)).astype(np.float32).reshape(*size, 3)
    if preset.guides:
        # Taken for exact, the guides' few moments would show through as dots and stripes.
        mean = denoise(mean, mean_guides(seen), preset.quality, exact=False, on_gpu=renderer.backend.on_gpu)
    return mean, (left / len(moments)).astype(np.float32)


def _apart(samples: int, moments: int) -> int:
    """Every how many-th moment a pixel gets: a power of two."""
    return max(1, moments >> (samples.bit_length() - 1))


def _shares(apart: int, moments: int, pixels: int, seed: int) -> list[npt.NDArray[np.int64] | None]:
    """The pixels that each moment draws, None for all of them."""
    if apart == 1:
        return [None] * moments
    words = np.random.Philox(key=stream(seed, "exposures")).random_raw(pixels)
    first = np.asarray(words % np.uint64(apart), np.int64)
    return [np.flatnonzero(first == i % apart) for i in range(moments)]
