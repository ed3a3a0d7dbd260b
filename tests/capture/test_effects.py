# SPDX-License-Identifier: Apache-2.0
"""Effects on a frame's light where the renderer gives it, on its bytes where it does not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from humanoid_brain.capture.effects import FrameEffects
from humanoid_brain.host.standalone.render.picture import tone_map
from humanoid_brain.randomization.image import ImageEffects

Make = Callable[..., tuple[np.ndarray, np.ndarray]]
NOISY = ImageEffects(read_noise=0.2)
SHAPE = (48, 64, 3)


def on_light(effects: ImageEffects, light: np.ndarray, frame: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Picture and sample as the standalone renderer makes them."""
    made = FrameEffects(effects, 1, frame)
    return made.finish(tone_map(made.develop(light)), tone_map)


def on_bytes(effects: ImageEffects, light: np.ndarray, frame: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Picture and sample as Isaac Sim makes them."""
    return FrameEffects(effects, 1, frame).finish(tone_map(light), None)


@pytest.mark.parametrize("make", [on_light, on_bytes])
def test_the_sample_shows_the_picture_without_its_noise(make: Make) -> None:
    picture, sample = make(NOISY, np.zeros(SHAPE, np.float32))
    assert picture.std() > 20 and not sample.any()
    bright, sample = make(ImageEffects(exposure=3.0, read_noise=0.2), np.full(SHAPE, 0.05, np.float32))
    assert sample.std() == 0 and bright.mean() == pytest.approx(sample.mean(), abs=15)


@pytest.mark.parametrize("make", [on_light, on_bytes])
def test_a_picture_is_a_function_of_its_address(make: Make) -> None:
    light = np.random.default_rng(0).uniform(0.0, 1.0, SHAPE).astype(np.float32)
    one = make(NOISY, light)[0]
    assert np.array_equal(make(NOISY, light)[0], one)
    assert (make(NOISY, light, frame=6)[0] != one).mean() > 0.5


def test_light_keeps_what_bytes_have_lost() -> None:
    """Two stops down, a lamp eight times as bright as white still differs from one twice as bright."""
    light = np.full(SHAPE, 2.0, np.float32)
    light[:, 32:] = 8.0
    darker = ImageEffects(exposure=-2.0)
    kept, clipped = on_light(darker, light)[0].astype(int), on_bytes(darker, light)[0].astype(int)
    assert kept[0, -1, 0] - kept[0, 0, 0] > 25
    assert clipped[0, -1, 0] - clipped[0, 0, 0] < 12


def test_grading_comes_last_on_both() -> None:
    light = np.full(SHAPE, 0.3, np.float32)
    graded = ImageEffects(gamma=2.0)
    expected = round(255 * (float(tone_map(light)[0, 0, 0]) / 255) ** 0.5)
    for make in (on_light, on_bytes):
        assert all((part == expected).all() for part in make(graded, light))
