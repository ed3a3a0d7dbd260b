# SPDX-License-Identifier: Apache-2.0
"""Image files as linear floats."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt

from humanoid_brain.errors import SceneError

Pixels = npt.NDArray[np.float32]
_LIMIT = 8192
"""Largest width and height, pixels."""


def load_image(file: str, color_space: str, where: str) -> Pixels:
    """An image as float32 [H, W, 4], RGBA, colours in linear light.

    Args:
        file: Its path: PNG, JPEG, Radiance HDR, TIFF and what else OpenCV reads.
        color_space: "raw" keeps the numbers, "sRGB" decodes them, "auto" decodes those of 8 bits with colours.
        where: The prim that names it, for the error.

    Raises:
        SceneError: It is no image, or a huge one.
    """
    loaded = _load(file, image_version(file, where), color_space)
    if loaded is None:
        raise SceneError(
            f"the texture '{file}' is not an image of at most {_LIMIT} pixels a side",
            where=where,
            todo="Give a PNG, JPEG or HDR file",
        )
    return loaded


def forget_images() -> None:
    """Let go of the images that were read, some megabytes each."""
    _load.cache_clear()


def image_version(file: str, where: str) -> int:
    """A number that changes with the file.

    Raises:
        SceneError: It cannot be read.
    """
    try:
        return Path(file).stat().st_mtime_ns
    except OSError as error:
        raise SceneError(f"the texture '{file}' cannot be read: {error.strerror}", where=where) from error


@functools.lru_cache(maxsize=64)
def _load(file: str, modified: int, color_space: str) -> Pixels | None:
    import cv2

    encoded = np.frombuffer(Path(file).read_bytes(), np.uint8)
    try:
        image = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED) if len(encoded) else None
    except cv2.error:
        image = None
    if image is None or max(image.shape[:2]) > _LIMIT:
        return None
    channels = image.reshape(*image.shape[:2], -1)
    decode = color_space == "sRGB" or (color_space == "auto" and image.dtype == np.uint8 and channels.shape[2] > 1)
    scale = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}.get(image.dtype, 1.0)
    values = channels.astype(np.float32) / np.float32(scale)
    if values.shape[2] >= 3:
        color, rest = values[..., 2::-1], values[..., 3:4]
    else:
        color, rest = np.repeat(values[..., :1], 3, -1), values[..., 1:2]
    color = _linear(color) if decode else color
    opaque = np.ones((*values.shape[:2], 1), np.float32)
    result = np.ascontiguousarray(np.concatenate([color, rest if rest.shape[2] else opaque], -1))
    result.setflags(write=False)
    return result


def _linear(encoded: Pixels) -> Pixels:
    low = encoded <= 0.04045
    return np.where(low, encoded / 12.92, ((np.maximum(encoded, 0.0) + 0.055) / 1.055) ** 2.4).astype(np.float32)
