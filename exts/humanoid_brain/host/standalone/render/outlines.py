# SPDX-License-Identifier: Apache-2.0
"""The shapes of a stage without their looks, for labels: one mesh of the triangles that a camera may see.

Mitsuba's scenes are made anew for each frame, and most of the time goes into the tree over their triangles. What is
beside the picture, between the centres of its pixels, on the far side of something closed, or needed for colour only,
is therefore left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.lights import FAR_BELOW, Light, light_shapes
from humanoid_brain.host.standalone.render.scene import NOTHING, MitsubaScene
from humanoid_brain.host.standalone.render.variant import Backend
from humanoid_brain.optics import Array, CameraModel

Integers = npt.NDArray[np.int64]


class Outline(NamedTuple):
    """A visible piece."""

    number: int
    points: Array
    """(N, 3) in the world, m."""
    faces: Integers
    """(F, 3) corners."""
    outsides: npt.NDArray[np.int8]
    """(F,) which side of each face is outside, as :attr:`Triangles.outsides` has it."""


_MARGIN = 0.05
"""Pixels by which a triangle may miss the centre of a pixel: rounding must not cut off one that a ray meets."""
_HAIR = 1e-3
"""Share of the near and the far distance for the same purpose."""
_EDGE = 1e-3
"""Sine of the angle under which a triangle may be seen from behind: rounding must not cut off one that a ray meets."""
_SPECK = np.add([[0.0, 0.0, 0.0], [1e-3, 0.0, 0.0], [0.0, 1e-3, 0.0]], FAR_BELOW)


def outline_scene(
    backend: Backend, pieces: Sequence[Outline], lights: Sequence[Light], camera: CameraModel
) -> MitsubaScene:
    """A scene in which this camera's rays meet what they would meet in the whole one, of solid surfaces.

    Args:
        backend: Mitsuba, for many rays at once.
        pieces: The visible pieces.
        lights: The lights; those that the camera sees hide what is behind them.
        camera: The camera.
    """
    mi, dr = backend.mi, backend.dr
    points, faces, owners = _in_view(pieces, camera)
    mesh = mi.Mesh("mesh", len(points), len(faces), mi.Properties())
    backend.fill(mesh, bounds=False, vertex_positions=points.astype(np.float32), faces=faces.astype(np.uint32))
    scene = mi.load_dict({"type": "scene", "mesh": mesh, **light_shapes(mi, lights)}, optimize=False)

    def number(shape: Any) -> int:
        return int(dr.reinterpret_array(mi.UInt32, mi.ShapePtr(shape))[0])

    # A power of two, so that the table's size changes seldom.
    highest = max(number(shape) for shape in scene.shapes())
    offsets = np.full(1 << max(4, highest.bit_length()), NOTHING, np.uint32)
    offsets[number(mesh)] = 0
    return MitsubaScene(scene, offsets, owners, see_through=False, lamps=False)


def _in_view(pieces: Sequence[Outline], camera: CameraModel) -> tuple[Array, Integers, npt.NDArray[np.int32]]:
    """Points, faces, and the piece of each face; never less than two faces, so that the kernels stay the same."""
    kept = [piece for piece in pieces if len(piece.faces)]
    points = np.concatenate([_SPECK, *(piece.points for piece in kept)])
    starts = np.cumsum([0, len(_SPECK), *(len(piece.points) for piece in kept)])
    speck = np.array([[0, 1, 2], [0, 1, 2]])
    faces = np.concatenate([speck, *(piece.faces + at for piece, at in zip(kept, starts[1:], strict=False))])
    numbers, counts = [-1, *(piece.number for piece in kept)], [2, *(len(piece.faces) for piece in kept)]
    owners = np.repeat(numbers, counts).astype(np.int32)
    local = (points - camera.world_from_camera[:3, 3]) @ camera.world_from_camera[:3, :3]
    # A lens that bends sees past the planes through the picture's corners.
    met = _met(local, faces, camera) if camera.kind == "pinhole" else np.ones(len(faces), bool)
    whole = np.maximum.reduceat(local[:, 2], starts[:-1]) < -camera.near * (1.0 + _HAIR)  # no ray begins within it
    outside = np.concatenate([[0, 0], *(piece.outsides for piece in kept)]) * np.repeat(whole, counts)
    closed = np.flatnonzero(met & (outside != 0))
    met[closed[_turned_away(local, faces[closed], outside[closed])]] = False
    met[: len(speck)] |= np.count_nonzero(met) < len(speck)
    return points, faces[met], owners[met]


def _met(local: Array, faces: Integers, camera: CameraModel) -> npt.NDArray[np.bool_]:
    """Which triangles (F,) a ray through the centre of a pixel may meet, of a pinhole camera and in its frame."""
    depth = -local[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = local[:, :2] / depth[:, None] * (camera.fx, -camera.fy) + (camera.cx - 0.5, camera.cy - 0.5)
    near, far = camera.near * (1.0 - _HAIR), camera.far * (1.0 + _HAIR)
    least, most = _range(depth, faces)
    met = (most >= near) & (least <= far)
    whole = np.flatnonzero(met & (least > near))  # of others a part is behind the camera
    for axis, size in enumerate((camera.width, camera.height)):
        least, most = _range(pixels[:, axis], faces[whole])
        first, last = np.ceil(least - _MARGIN), np.floor(most + _MARGIN)
        seen = (first <= last) & (last >= 0.0) & (first <= size - 1.0)
        met[whole[~seen]] = False
        whole = whole[seen]
    return met


def _turned_away(local: Array, faces: Integers, outside: Integers) -> npt.NDArray[np.bool_]:
    """Which triangles (F,) show the camera, in the origin, their inside, and not nearly their edge."""
    a, b, c = (local[faces[:, corner]] for corner in range(3))
    normal = np.cross(b - a, c - a)
    away = np.einsum("ij,ij->i", normal, a) * outside
    edge = _EDGE**2 * np.einsum("ij,ij->i", normal, normal) * np.einsum("ij,ij->i", a, a)
    return (away > 0.0) & (away * away > edge)


def _range(values: Array, faces: Integers) -> tuple[Array, Array]:
    """Least and largest value (F,) among the corners of each face."""
    a, b, c = (values[faces[:, corner]] for corner in range(3))
    return np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
