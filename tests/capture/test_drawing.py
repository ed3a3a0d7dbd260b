# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from humanoid_brain.capture.drawing import KeypointStyle, draw_box, draw_keypoints

BONE, SEEN, HIDDEN, RING = (9, 9, 9), (0, 255, 0), (255, 0, 0), (0, 0, 255)
POINTS = np.array([[10.0, 10.0, 2.0], [30.0, 10.0, 1.0], [20.0, 30.0, 0.0]])


def test_only_labelled_keypoints_and_the_bones_between_them_are_drawn() -> None:
    picture = np.full((40, 40, 3), 200, np.uint8)
    draw_keypoints(picture, POINTS, [(0, 1), (1, 2)], KeypointStyle(BONE, SEEN, HIDDEN))
    assert tuple(picture[10, 10]) == SEEN and tuple(picture[10, 30]) == HIDDEN
    assert (picture[10, 20] < 40).all()  # lines are smoothed
    assert (picture[15:] == 200).all()  # the third is not labelled
    draw_keypoints(picture, POINTS, [], KeypointStyle(BONE, SEEN, HIDDEN, RING))
    assert tuple(picture[13, 10]) == RING and tuple(picture[10, 10]) == SEEN


def test_a_box_goes_through_its_first_and_last_pixel() -> None:
    picture = np.zeros((20, 20, 3), np.uint8)
    draw_box(picture, (3, 4), (12, 15), SEEN)
    rows, columns = np.nonzero(picture[..., 1] > 128)  # lines are smoothed
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (3, 4, 12, 15)
    assert not picture[6:14, 5:11].any()
