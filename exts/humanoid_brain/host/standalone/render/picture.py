# SPDX-License-Identifier: Apache-2.0
"""From noisy linear radiance to a picture: denoising, fog, exposure, white balance and tone mapping.

On a GPU the radiance stays there, as a tensor, until it is bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.guides import Guides
from humanoid_brain.optics import CameraModel
from humanoid_brain.pixels import at_home, beside, library
from humanoid_brain.srgb import encode

if TYPE_CHECKING:
    from humanoid_brain.host.standalone.render.renderer import StageRenderer

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

Quality = Literal["fast", "high"]


@dataclass(frozen=True)
class Preset:
    """How carefully a picture is made."""

    samples: int
    """Paths per pixel."""
    depth: int
    """Most segments of a path."""
    guides: int
    """Samples of the noise-free pictures that guide the denoiser; 0 leaves the noise in."""
    quality: Quality = "fast"
    """How thoroughly to denoise: "high" takes four times as long as "fast"."""
    exposures: int = 8
    """Most moments of a picture with motion blur, a power of two."""


PRESETS = {"preview": Preset(1, 3, 1, exposures=4), "standard": Preset(2, 4, 2), "high": Preset(32, 6, 4, "high", 16)}


def linear_picture(renderer: StageRenderer, camera: CameraModel, preset: Preset, seed: int) -> Any:
    """Linear radiance [H, W, 3] in the quality of a preset, with depth of field and without fog.

    An array; a tensor where a GPU made it.
    """
    radiance = renderer.color(camera, preset.samples, seed, preset.depth, there=True)
    if preset.guides == 0:
        return radiance
    guides = renderer.guides(camera, preset.guides, seed, there=True)
    return denoise(radiance, guides, preset.quality, on_gpu=renderer.backend.on_gpu)


def denoise(linear: Any, guides: Guides, quality: Quality = "fast", *, exact: bool = True, on_gpu: bool = False) -> Any:
    """Take the noise out with Intel's Open Image Denoise, which keeps edges and textures that the guides show.

    Args:
        linear: Noisy radiance [H, W, 3].
        guides: From :meth:`StageRenderer.guides`.
        quality: "fast" or "high".
        exact: Whether the guides have an edge wherever the picture has one, and noise nowhere.
        on_gpu: Whether PyTorch's CUDA device does it; the processor takes ten times as long.

    Returns:
        An array [H, W, 3], on the GPU a tensor.
    """
    import pyoidn

    images: list[Any] = [linear, guides.albedo, guides.normal, guides.coverage[..., None]]
    if on_gpu:
        import torch

        images = [torch.as_tensor(image, device="cuda") for image in images]
    there = library(images[0])
    light, albedo, normal, coverage = images
    prepared = (
        there.clip(light, 0.0, None),
        there.clip(albedo + (1.0 - coverage), 0.0, 1.0),
        there.clip(normal, -1.0, 1.0),
    )
    return pyoidn.denoise(*prepared, hdr=True, clean_aux=exact, quality=quality)


def fog_left(distance: Floats, density: float) -> Floats:
    """Share of the light that gets through even fog, by the Beer-Lambert law.

    Args:
        distance: Distance in m along the ray, inf for the sky.
        density: Extinction in 1/m, above 0; visibility is about 3 / density.
    """
    return np.exp(np.float32(-density) * distance)


def add_fog(linear: Any, left: Floats, color: tuple[float, float, float]) -> Any:
    """Even fog: its own light takes the place of what it holds back.

    Args:
        linear: Radiance [H, W, 3], as array or tensor.
        left: Share [H, W] of the light that gets through, from :func:`fog_left`.
        color: Radiance of thick fog.
    """
    share = beside(left[..., None], linear)
    return linear * share + beside(np.array(color, np.float32), linear) * (1.0 - share)


def tone_map(linear: Any, exposure: float = 0.0, white: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Image:
    """Linear RGB to sRGB bytes with Khronos' "PBR Neutral" curve, which keeps colours and rolls off highlights.

    Args:
        linear: Radiance [..., 3], as array or tensor.
        exposure: Stops by which the picture is brightened.
        white: Factors of the channels, as a camera's white balance has them.
    """
    start, desaturation, there = 0.8 - 0.04, 0.15, library(linear)
    gains = beside(np.array(white, np.float32) * np.float32(2.0**exposure), linear)
    # One plane after the other: NumPy is slow along an axis of three.
    planes = there.clip(there.moveaxis(linear * gains, -1, 0), 0.0, None)
    low = there.minimum(there.minimum(planes[0], planes[1]), planes[2])  # its own reduction is ten times as slow
    planes -= there.where(low < 0.08, low - 6.25 * low * low, 0.04)
    peak = there.maximum(there.maximum(planes[0], planes[1]), planes[2])
    bright = peak >= start
    if bright.any():
        color, peak, room = planes[:, bright], peak[bright], 1.0 - start
        compressed = 1.0 - room * room / (peak + room - start)
        mix = 1.0 - 1.0 / (desaturation * (peak - compressed) + 1.0)
        rolled = color * (compressed / peak)
        planes[:, bright] = rolled + (compressed - rolled) * mix
    return np.ascontiguousarray(at_home(there.moveaxis(encode(planes), 0, -1)))
