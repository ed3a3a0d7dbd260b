# SPDX-License-Identifier: Apache-2.0
"""The texture files by name: which there are, and their pixels."""

from __future__ import annotations

import io

import numpy as np

from humanoid_brain.scene.textures.skies import SKIES
from humanoid_brain.scene.textures.surfaces import SURFACES


def names() -> list[str]:
    """Names of all textures; those of skies begin with "sky_"."""
    return [*SURFACES, *(f"sky_{name}" for name in SKIES)]


def render(name: str) -> dict[str, np.ndarray]:
    """Pixels by file name of one texture: NAME_CHANNEL.png, or NAME.png for a sky. uint8 (H, W) or (H, W, 3)."""
    if name.startswith("sky_"):
        return {f"{name}.png": SKIES[name.removeprefix("sky_")]()}
    return {f"{name}_{channel}.png": pixels for channel, pixels in SURFACES[name]().items()}


def encode(pixels: np.ndarray) -> bytes:
    """A PNG file."""
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(pixels).save(data, format="png", optimize=True)
    return data.getvalue()
