# SPDX-License-Identifier: Apache-2.0
"""What moves while the shutter is open, and into how many moments that has to be cut."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from humanoid_brain.host.standalone.render.exposures import Moment, moments_open
from humanoid_brain.optics import Array, CameraModel

if TYPE_CHECKING:
    from humanoid_brain.host.standalone.render.renderer import StageRenderer
    from humanoid_brain.host.standalone.replicator.poses import Twist

_VISIBLE = 0.5
"""Pixels of motion from which a picture is blurred at all."""
_POINTS = 64
"""Vertices of a shape by which its motion in the image is measured."""


def moments_of(
    renderer: StageRenderer,
    camera: CameraModel,
    carrier: str,
    poses: Mapping[str, Array],
    twists: Mapping[str, Twist],
    most: int,
) -> list[Moment]:
    """The moments of a blurred picture, about one per pixel of motion; none where nothing seen moves.

    Bodies move along their velocities at the frame's time, which is right to first order.

    Args:
        renderer: In the state of the frame's time.
        camera: The camera at that time.
        carrier: The body that carries the camera; "" for none.
        poses: World poses of the bodies at that time.
        twists: How they move.
        most: Most moments, a power of two.
    """
    opens, closes = camera.shutter
    farthest = opens if abs(opens) > abs(closes) else closes
    if closes <= opens or not twists:
        return []
    length = math.inf if carrier in twists else _motion_in_image(renderer, camera, twists, farthest)
    length *= (closes - opens) / abs(farthest)
    if length < _VISIBLE:
        return []
    count = min(most, 1 << math.ceil(math.log2(max(length, 2.0)))) if length < most else most
    return [_moment(camera, carrier, poses, twists, time) for time in moments_open(camera.shutter, count)]


def _moment(
    camera: CameraModel, carrier: str, poses: Mapping[str, Array], twists: Mapping[str, Twist], seconds: float
) -> Moment:
    moved = {path: twist.motion(seconds) @ poses[path] for path, twist in twists.items()}
    if carrier in twists:
        camera = replace(camera, world_from_camera=twists[carrier].motion(seconds) @ camera.world_from_camera)
    return Moment(camera, moved)


def _motion_in_image(
    renderer: StageRenderer, camera: CameraModel, twists: Mapping[str, Twist], seconds: float
) -> float:
    """How far in pixels what is in the image moves at most; the camera stands."""
    longest = 0.0
    motions = {path: twist.motion(seconds) for path, twist in twists.items()}
    for index, shape in enumerate(renderer.shapes):
        if shape.body in motions and renderer.is_visible(index):
            points = renderer.vertices(index)
            points, motion = points[:: max(1, len(points) // _POINTS)], motions[shape.body]
            now, then = (camera.project(each)[0] for each in (points, points @ motion[:3, :3].T + motion[:3, 3]))
            inside = ((now >= 0.0) & (now <= (camera.width, camera.height))).all(1)
            moved = np.linalg.norm(now - then, axis=1)[inside]
            longest = max(longest, float(moved[np.isfinite(moved)].max(initial=0.0)))
    return longest
