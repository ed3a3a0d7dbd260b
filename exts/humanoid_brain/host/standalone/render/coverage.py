# SPDX-License-Identifier: Apache-2.0
"""Where to look to tell how much of the picture an object would cover if nothing else were there.

Most pixels around an object show it, or something beyond it, so that it cannot be there; only what is nearer has to
be looked behind, from there on and as far as the object reaches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.types import Outlines
from humanoid_brain.optics import Array, CameraModel

Integers = npt.NDArray[np.int64]

_MOST_LOOKS = 1 << 14
"""Pixels that are looked at to tell how much an object covers."""
_HAIR = 1e-4
"""Share of a distance, and m, by which an object may reach further: rounding must not cut it off."""


class Region(NamedTuple):
    """An even grid of pixels around an object, and how far away that is."""

    left: int
    top: int
    columns: int
    rows: int
    step: int
    """From one column or row to the next."""
    nearest: float
    """m along the camera's axis; for a fisheye, as far as the lens."""
    farthest: float

    @property
    def grid(self) -> tuple[slice, slice]:
        """The rows and columns."""
        rows = slice(self.top, self.top + self.rows * self.step, self.step)
        return rows, slice(self.left, self.left + self.columns * self.step, self.step)


_NOWHERE = Region(0, 0, 0, 0, 1, 0.0, 0.0)


class Looks(NamedTuple):
    """Pixels to look at, N of them."""

    group: npt.NDArray[np.uint32]
    """(N,) for which object."""
    pixel: npt.NDArray[np.uint32]
    """(N,) numbers, row by row."""
    passed: npt.NDArray[np.float32]
    """(N,) m from the lens before which there is nothing of the object; 0 where nothing is known."""


def region(camera: CameraModel, parts: Sequence[Array], longest: float) -> Region:
    """Where an object can be.

    Args:
        camera: The camera.
        parts: Points (N, 3) of its shapes in the world, m.
        longest: No edge of theirs is longer, m; of importance to lenses that bend.
    """
    if not parts:
        return _NOWHERE
    points = np.concatenate(parts)
    pixels, depth = camera.project(points)
    if camera.kind == "fisheye":
        nearest, farthest = 0.0, float(_away(camera, points).max(initial=0.0))
    elif not (depth > camera.near).any():
        return _NOWHERE
    else:
        nearest, farthest = max(float(depth.min()), 0.0), float(depth.max())
    low, high = np.zeros(2), np.array([camera.width, camera.height], float)
    pixels = pixels.T.copy()  # row by row, NumPy takes many times as long for the least and largest
    if np.isfinite(pixels).all() and (camera.kind == "fisheye" or (depth > 0.0).all()):
        margin = 0.0 if camera.kind == "pinhole" else 2.0 + _bulge(camera, points, longest)
        low, high = np.maximum(low, pixels.min(1) - 1 - margin), np.minimum(high, pixels.max(1) + 1 + margin)
    left, top = int(low[0]), int(low[1])
    width, height = max(int(np.ceil(high[0])) - left, 0), max(int(np.ceil(high[1])) - top, 0)
    step = max(1, math.isqrt(width * height // _MOST_LOOKS) + (width * height > _MOST_LOOKS))
    half = (step - 1) // 2
    columns, rows = -(-(width - half) // step), -(-(height - half) // step)
    nearest, farthest = nearest * (1.0 - _HAIR) - _HAIR, farthest * (1.0 + _HAIR) + _HAIR
    return Region(left + half, top + half, columns, rows, step, nearest, farthest)


def _bulge(camera: CameraModel, points: Array, longest: float) -> float:
    """Pixels by which the image of an edge may bend beyond its ends: less than half of its length."""
    nearest = float(_away(camera, points).min(initial=np.inf)) - longest / 2.0
    most = float(camera.width + camera.height)
    return most if nearest <= 0.0 else min(longest / nearest / 2.0 * max(camera.fx, camera.fy), most)


def _away(camera: CameraModel, points: Array) -> Array:
    return np.linalg.norm(points - camera.world_from_camera[:3, 3], axis=1)


def open_pixels(
    camera: CameraModel,
    regions: Sequence[Region],
    member: npt.NDArray[np.bool_],
    seen: Outlines | None,
    see_through: bool,
) -> tuple[Integers, Looks]:
    """How many pixels of each region show its object, and those that have to be looked behind.

    Args:
        camera: The camera.
        regions: Of each of G objects.
        member: [G, pieces] whether a piece belongs to an object.
        seen: What each pixel shows; None if that is not known.
        see_through: Whether something of an object may be before what a pixel shows.
    """
    shown = np.zeros(len(regions), np.int64)
    groups, pixels, passed = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)], [np.zeros(0, np.float32)]
    number = np.arange(camera.width * camera.height, dtype=np.uint32).reshape(camera.height, camera.width)
    beyond_none = np.concatenate([member, np.zeros((len(member), 1), bool)], 1)  # the background is piece -1
    for group, around in enumerate(regions):
        pixel = number[around.grid].ravel()
        start = np.zeros(len(pixel), np.float32)
        if seen is not None:
            piece = seen.shape[around.grid].ravel()
            inside = beyond_none[group].take(piece, mode="wrap")
            shown[group] = np.count_nonzero(inside)
            free = ~inside
            if not see_through:
                away = seen.distance[around.grid].ravel()
                axial = away if camera.kind == "fisheye" else seen.depth[around.grid].ravel()
                free &= (axial <= around.farthest) | (piece < 0)  # a light may hide what is behind it
                start = np.where(piece < 0, start, away)
            pixel, start = pixel[free], start[free]
        groups.append(np.full(len(pixel), group, np.uint32))
        pixels.append(pixel)
        passed.append(start)
    return shown, Looks(np.concatenate(groups), np.concatenate(pixels), np.concatenate(passed))
