# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as mask_api

from humanoid_brain.capture import rle


@pytest.mark.parametrize("density", [0.0, 0.02, 0.5, 0.98, 1.0])
def test_masks_are_encoded_as_the_reference_does(density: float) -> None:
    rng = np.random.default_rng(int(100 * density))
    for _ in range(50):
        height, width = rng.integers(1, 60, 2)
        mask = rng.random((height, width)) < density
        reference: dict[str, Any] = dict(mask_api.encode(np.asfortranarray(mask.astype(np.uint8))))
        counts = reference["counts"].decode()
        assert rle.encode(mask) == counts
        np.testing.assert_array_equal(rle.decode({"size": [height, width], "counts": counts}), mask)


def test_a_cut_out_gives_the_same_code_as_the_whole_mask() -> None:
    mask = np.zeros((300, 500), bool)
    mask[40:260, 120:380] = np.random.default_rng(1).random((220, 260)) < 0.7
    assert rle.encode(mask[40:260, 120:380], (40, 120), (300, 500)) == rle.encode(mask)


@pytest.mark.parametrize("counts", ["", "P", "~~~~", "ooooooooo", "1", [3, -1, 10], [10**12], "\u00e9"])
def test_damaged_codes_are_refused(counts: object) -> None:
    with pytest.raises(ValueError, match="mask"):
        rle.decode({"size": [3, 4], "counts": counts})


def test_a_list_of_counts_is_read_too() -> None:
    want = np.zeros((3, 4), bool)
    want.T.ravel()[5:7] = True
    got = rle.decode({"size": [3, 4], "counts": [5, 2, 5]})
    assert got.T.ravel().tolist() == [False] * 5 + [True] * 2 + [False] * 5
