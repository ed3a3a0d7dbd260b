# SPDX-License-Identifier: Apache-2.0
"""What lens, sensor and processing do to a frame: to its light where the renderer gives that, else to its bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from humanoid_brain.capture.check import thin
from humanoid_brain.pixels import at_home
from humanoid_brain.randomization.image import ImageEffects, byte_effects, display_effects, lens_effects, with_noise
from humanoid_brain.srgb import Bytes, Linear


class FrameEffects:
    """The effects of one frame, in the order in which a camera has them.

    Args:
        effects: Their strengths.
        seed: Seed of the capture.
        frame: Address of the frame; with the seed, that of the noise.
    """

    def __init__(self, effects: ImageEffects, seed: int, frame: int) -> None:
        self._effects, self._seed, self._frame = effects, seed, frame
        self._clean: Linear | None = None

    def develop(self, light: Any) -> Any:
        """What the sensor makes of the radiance [H, W, 3] of the standalone renderer, before tone mapping."""
        clean = lens_effects(light, self._effects)
        self._clean = at_home(thin(clean)).copy()
        return with_noise(clean, self._effects, self._seed, self._frame)

    def finish(self, picture: Bytes, tone_map: Callable[[Linear], Bytes] | None) -> tuple[Bytes, Bytes]:
        """The frame's picture, and a sample of its pixels without noise, which could hide that nothing else is there.

        Args:
            picture: The rendered picture [H, W, 3], sRGB.
            tone_map: What has made it of the light that :meth:`develop` gave; None where the renderer gives bytes only.
        """
        if tone_map is None or self._clean is None:
            quiet = replace(self._effects, shot_noise=0.0, read_noise=0.0, blur=0.0)
            sample = byte_effects(np.ascontiguousarray(thin(picture)), quiet, self._seed, self._frame)
            return byte_effects(picture, self._effects, self._seed, self._frame), sample
        return display_effects(picture, self._effects), display_effects(tone_map(self._clean), self._effects)
