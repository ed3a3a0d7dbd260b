# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from humanoid_brain.capture.check import check_frame
from tests.capture.synthetic import frame

GOOD = frame(0)


def codes(**changes: Any) -> list[str]:
    return [finding.code for finding in check_frame(dataclasses.replace(GOOD, **changes))]


@pytest.mark.parametrize("index", range(12))
def test_good_frames_pass(index: int) -> None:
    assert check_frame(frame(index)) == []


def test_a_black_frame_is_found_even_with_a_renderers_noise() -> None:
    noise = np.random.default_rng(0).integers(0, 3, (72, 96, 3), dtype=np.uint8)
    assert codes(color=noise) == ["black"]


def test_a_night_scene_with_one_lamp_is_not_black() -> None:
    night = np.ones((72, 96, 3), np.uint8)
    night[30:42, 40:56] = 200
    assert codes(color=night) == []


@pytest.mark.parametrize("grey", [30, 128, 255])
def test_a_uniform_frame_is_found(grey: int) -> None:
    noise = np.random.default_rng(0).integers(-1, 1, (72, 96, 3))
    assert codes(color=np.clip(grey + noise, 0, 255).astype(np.uint8)) == ["blank"]


@pytest.mark.parametrize("name", ["depth", "distance", "normals"])
def test_a_single_pixel_that_is_not_a_number_is_found(name: str) -> None:
    array = getattr(GOOD, name).copy()
    array[71, 95] = np.nan
    assert codes(**{name: array}) == ["not_finite"]


def test_depth_of_zero_is_found_and_infinity_is_not_a_flaw() -> None:
    assert GOOD.depth is not None
    assert codes(depth=np.full_like(GOOD.depth, np.inf)) == []
    assert codes(depth=np.zeros_like(GOOD.depth)) == ["not_finite"]


def test_a_frame_without_a_visible_object_is_found_unless_it_may_be_so() -> None:
    hidden = tuple(dataclasses.replace(label, box_tight=None) for label in GOOD.objects)
    assert codes(objects=hidden) == ["label_free"]
    assert codes(objects=(), semantic=np.zeros((72, 96), np.uint16)) == ["label_free"]
    assert check_frame(dataclasses.replace(GOOD, objects=hidden), need_objects=False) == []
