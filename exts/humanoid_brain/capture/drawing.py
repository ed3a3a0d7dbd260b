# SPDX-License-Identifier: Apache-2.0
"""Labels drawn over a picture. A colour has the order of channels that the picture has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Color = tuple[int, int, int]
Pixel = tuple[int, int]


@dataclass(frozen=True)
class KeypointStyle:
    """Colours of bones, of keypoints that are seen and of those that are hidden, and of a ring around both."""

    bone: Color
    seen: Color
    hidden: Color
    ring: Color | None = None


def draw_box(picture: Image, first: Pixel, last: Pixel, color: Color, thickness: int = 1) -> None:
    """Draw a box by its first and last pixel, x and y, into a picture [H, W, 3]."""
    import cv2

    cv2.rectangle(picture, first, last, color, thickness, cv2.LINE_AA)


def draw_keypoints(
    picture: Image, points: npt.NDArray[np.float64], bones: Sequence[tuple[int, int]], style: KeypointStyle
) -> None:
    """Draw the labelled ones of some keypoints and the bones between them into a picture [H, W, 3].

    Args:
        picture: The picture.
        points: [K, 3]: u and v in pixels, and COCO's visibility.
        bones: Pairs of keypoints, by position from 0 on.
        style: Colours.
    """
    import cv2

    places = [(round(u), round(v)) for u, v in points[:, :2].tolist()]
    for a, b in bones:
        if points[a, 2] > 0 and points[b, 2] > 0:
            cv2.line(picture, places[a], places[b], style.bone, 1, cv2.LINE_AA)
    for place, seen in zip(places, points[:, 2].tolist(), strict=True):
        if seen > 0:
            if style.ring is not None:
                cv2.circle(picture, place, 3, style.ring, -1, cv2.LINE_AA)
            cv2.circle(picture, place, 2, style.seen if seen == 2 else style.hidden, -1, cv2.LINE_AA)
