# SPDX-License-Identifier: Apache-2.0
"""Linear light to the bytes of sRGB and back (IEC 61966-2-1), by tables. Light may be a tensor on a GPU."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.pixels import beside, library

Linear = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

_LEVELS = 1 << 16
"""Steps of linear light; the steepest part of the curve then has 20 of them in a byte."""


def encode(light: Any) -> Any:
    """Bytes of linear light of any shape, which is clipped to 0 to 1."""
    level = library(light).clip(light, 0.0, 1.0)
    level *= _LEVELS - 1
    level += 0.5
    return beside(_bytes(), light)[level.astype(np.uint16) if isinstance(level, np.ndarray) else level.int()]


def decode(values: Bytes) -> Linear:
    """Linear light, 0 to 1, of bytes of any shape."""
    return _light()[values]


@lru_cache(maxsize=1)
def _bytes() -> Bytes:
    light = np.arange(_LEVELS) / (_LEVELS - 1)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (srgb * 255.0 + 0.5).astype(np.uint8)


@lru_cache(maxsize=1)
def _light() -> Linear:
    srgb = np.arange(256) / 255.0
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)
