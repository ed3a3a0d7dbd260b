# SPDX-License-Identifier: Apache-2.0
"""A frame that was drawn and not labelled yet: all that its labels need, apart from the scene, which may change."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.effects import FrameEffects
from humanoid_brain.capture.frame import Frame
from humanoid_brain.capture.labels import Labelling
from humanoid_brain.capture.reading import Robot, read_frame
from humanoid_brain.config.capture import Output
from humanoid_brain.optics import CameraModel
from humanoid_brain.srgb import Bytes, Linear


@dataclass(frozen=True, eq=False)
class Shot:
    """What the renderer and the scene gave for one frame."""

    index: int
    attempt: int
    """How many pictures of this frame were unusable before."""
    began: float
    """When work on it began, by :func:`time.perf_counter`, s."""
    seconds: dict[str, float]
    """Time in s that each stage took: pose, draw, render, beside it physics of frames ahead, and label once that is
    done."""
    data: Mapping[str, Any]
    """By annotator, in Replicator's legacy layout."""
    camera: CameraModel
    labelling: Labelling
    outputs: tuple[Output, ...]
    robots: Mapping[str, Robot]
    values: Mapping[str, Any]
    """What was drawn, as JSON values by name."""
    moving: bool
    """Whether it shows the moment after the frame before."""
    effects: FrameEffects
    tone_map: Callable[[Linear], Bytes] | None
    """What made the picture of its light; None where the renderer gives bytes only."""

    def labelled(self) -> tuple[Frame, npt.NDArray[np.uint8] | None]:
        """The frame, and pixels of its picture [h, w, 3], evenly spread, before the sensor's noise.

        In any thread: it depends on nothing but this.
        """
        began = time.perf_counter()
        sample = None
        frame = read_frame(
            self.index, self.data, self.camera, self.labelling, self.outputs, self.robots, self.values, self.moving
        )
        if frame.color is not None:
            color, sample = self.effects.finish(frame.color, self.tone_map)
            frame = replace(frame, color=color)
        self.seconds["label"] = time.perf_counter() - began
        return frame, sample
