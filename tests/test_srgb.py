# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from humanoid_brain.srgb import decode, encode


def test_encoding_is_that_of_srgb() -> None:
    light = np.array([0.0, 0.0021, 0.18, 0.5, 1.0, 7.0, -1.0], np.float32)
    assert encode(light).tolist() == [0, 7, 118, 188, 255, 255, 0]


def test_bytes_come_back_from_light() -> None:
    every = np.arange(256, dtype=np.uint8)
    assert np.array_equal(encode(decode(every)), every)
