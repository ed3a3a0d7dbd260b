# SPDX-License-Identifier: Apache-2.0
"""The renderer of a USD stage: pictures and labels from the same rays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pxr import Usd

from humanoid_brain.host.standalone.render.types import LabelBuffers, Shape
from humanoid_brain.optics import CameraModel

Array = npt.NDArray[np.float64]


class StageRenderer:
    """Draws one stage and labels its pixels."""

    shapes: Sequence[Shape]

    def __init__(self, stage: Usd.Stage, device: str = "auto", bodies: Sequence[str] | None = None) -> None:
        raise NotImplementedError

    def sync(self, poses: Mapping[str, Array] | None = None) -> None:
        """Take in edits of the stage, then world poses (4, 4) of rigid bodies."""
        raise NotImplementedError

    def labels(self, camera: CameraModel) -> LabelBuffers:
        """What each pixel's centre sees."""
        raise NotImplementedError

    def color(self, camera: CameraModel, samples: int, seed: int, depth: int = 4) -> npt.NDArray[np.float32]:
        """[H, W, 3] linear radiance."""
        raise NotImplementedError

    def visible_alone(self, camera: CameraModel, groups: Sequence[Sequence[int]]) -> list[int]:
        """Pixels that each group of shapes would cover if nothing else were there."""
        raise NotImplementedError

    def vertices(self, shape: int) -> Array:
        """(N, 3) world positions."""
        raise NotImplementedError

    def transform(self, shape: int) -> Array:
        """(4, 4) world_from_shape."""
        raise NotImplementedError
