# SPDX-License-Identifier: Apache-2.0
"""The newest frame of a capture with its labels drawn in, read from the disk: what will be there for training."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.layout import record_path
from humanoid_brain.errors import HumanoidBrainError

Image = npt.NDArray[np.uint8]

_WIDTH = 480
_PAUSE = 0.3
"""Least time in s between two looks at the disk."""


class FrameWatch:
    """Follows a dataset while it is written.

    Args:
        folder: The dataset.
        clock: Seconds that only grow.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._clock = folder, clock
        self._source: Any = None
        self._shown: int | None = None
        self._next = 0.0

    def picture(self, index: int) -> Image | None:
        """Frame number ``index`` [H, W, 4], RGBA, once it is whole on the disk, and only once; else None."""
        if index == self._shown or self._clock() < self._next:
            return None
        self._next = self._clock() + _PAUSE
        if not (self._folder / record_path(index)).is_file():
            return None
        self._shown = index
        from humanoid_brain.capture.validate.drawing import drawn
        from humanoid_brain.capture.validate.own import OwnSource

        try:
            if self._source is None:
                self._source = OwnSource(self._folder)
            categories = {category["id"]: category for category in self._source.categories}
            canvas = drawn(self._source.frame(index), categories, width=_WIDTH)
        except HumanoidBrainError:
            return None
        if canvas is None:
            return None
        opaque = np.full((*canvas.shape[:2], 1), 255, np.uint8)
        return np.ascontiguousarray(np.concatenate([canvas[..., ::-1], opaque], -1))
