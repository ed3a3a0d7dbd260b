# SPDX-License-Identifier: Apache-2.0
"""Whether a frame is worth writing: the check before it goes to disk."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.findings import Finding
from humanoid_brain.capture.frame import FIRST_CLASS, Frame

BLACK_LEVEL = 3.0
"""Grey value of 255 below which the brightest percent of a black picture stays: above a renderer's rounding, below
any scene with a light in it."""
BLANK_STD = 1.5
"""Standard deviation of grey values, of 255, below which a picture shows nothing; a bare wall has more."""
_SAMPLES = 20000

_T = TypeVar("_T", bound=np.generic)


def check_frame(
    frame: Frame,
    *,
    sample: npt.NDArray[np.uint8] | None = None,
    black_level: float = BLACK_LEVEL,
    blank_std: float = BLANK_STD,
    need_objects: bool = True,
) -> list[Finding]:
    """Flaws for which a frame should be captured again; empty if it is good.

    Looks at some ten thousand pixels of the picture, spread evenly, and for values that are not finite at all of them:
    some milliseconds at 1280 x 720.

    Args:
        frame: The frame.
        sample: Pixels of its picture before the sensor's noise, which could hide that nothing else is there.
        black_level: See :data:`BLACK_LEVEL`.
        blank_std: See :data:`BLANK_STD`.
        need_objects: Whether a frame without any visible object is a flaw.
    """
    where = f"frame {frame.index}"
    found: list[Finding] = []
    if frame.color is not None:
        pixels = thin(frame.color) if sample is None else sample
        found += check_picture(pixels, where, black_level=black_level, blank_std=blank_std)
    for name in ("depth", "distance", "normals"):
        array = getattr(frame, name)
        if array is not None and (flaw := _not_finite(name, array)):
            found.append(Finding("not_finite", "error", flaw, where))
    if need_objects and not _has_labels(frame):
        found.append(Finding("label_free", "error", "no labelled object is visible", where))
    return found


def check_picture(
    pixels: npt.NDArray[np.uint8], where: str, *, black_level: float = BLACK_LEVEL, blank_std: float = BLANK_STD
) -> list[Finding]:
    """Whether a picture, or a sample of its pixels, grey or with channels last, is black or blank."""
    grey = pixels.mean(-1) if pixels.ndim == 3 else pixels.astype(np.float64)
    bright = float(np.percentile(grey, 99.0))
    if bright < black_level:
        return [
            Finding(
                "black", "error", f"the picture is black: its brightest percent is below {bright:.1f} of 255", where
            )
        ]
    if (deviation := float(grey.std())) < blank_std:
        what = f"the picture is blank: its grey values differ by {deviation:.2f} of 255 only"
        return [Finding("blank", "error", what, where)]
    return []


def thin(array: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """Every n-th row and column of an image, some ten thousand pixels in all."""
    step = max(1, int(np.sqrt(array.shape[0] * array.shape[1] / _SAMPLES)))
    return array[::step, ::step]


def _not_finite(name: str, array: npt.NDArray[np.float32]) -> str:
    low, high = float(array.min()), float(array.max())  # NaN, if there is one, is the minimum
    if math.isnan(low):
        return f"{name} has values that are not a number"
    if name == "normals":
        return "normals has infinite values" if math.isinf(low) or math.isinf(high) else ""
    return f"{name} has values of 0 or less" if low <= 0.0 else ""


def _has_labels(frame: Frame) -> bool:
    if any(label.box_tight is not None for label in frame.objects):
        return True
    return not frame.objects and frame.semantic is not None and bool((frame.semantic >= FIRST_CLASS).any())
