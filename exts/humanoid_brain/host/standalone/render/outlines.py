# SPDX-License-Identifier: Apache-2.0
"""The shapes of a stage without their looks, for labels: one mesh of the triangles that a camera may see.

Mitsuba's scenes are made anew for each frame, and most of the time goes into the tree over their triangles. What is
beside the picture, between the centres of its pixels, on the far side of something closed, or needed for colour only,
is therefore left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.lights import FAR_BELOW, Light, light_shapes
from humanoid_brain.host.standalone.render.scene import NOTHING, MitsubaScene
from humanoid_brain.host.standalone.render.solids import Triangles
from humanoid_brain.host.standalone.render.variant import Backend
from humanoid_brain.optics import Array, CameraModel

Integers = npt.NDArray[np.int64]


class Outline(NamedTuple):
    """A visible piece."""

    number: int
    points: Array
    """(N, 3) in the world, m."""
    triangles: Triangles
    matrix: Array
    """world_from_piece (4, 4); one that mirrors keeps the piece's outside."""


_MARGIN = 0.05
"""Pixels by which a triangle may miss the centre of a pixel: rounding must not cut off one that a ray meets."""
_HAIR = 1e-3
"""Share of the near and the far distance for the same purpose."""
_EDGE = 1e-3
"""Sine of the angle under which a triangle may be seen from behind: rounding must not cut off one that a ray meets."""
_FLAT = 1e-6
"""Share of the largest scale below which the smallest one makes a piece flat."""
_TWO_SPECKS = np.array([[0, 1, 2], [0, 1, 2]])
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
    points, faces, owners = [_SPECK], [_TWO_SPECKS], [np.array([-1, -1], np.int32)]
    start = len(_SPECK)
    for piece, shown in _facing([piece for piece in pieces if len(piece.triangles.faces)], camera):
        points.append(piece.points)
        faces.append(shown + start)
        owners.append(np.full(len(shown), piece.number, np.int32))
        start += len(piece.points)
    place, face, owner = np.concatenate(points), np.concatenate(faces), np.concatenate(owners)
    # A lens that bends sees past the planes through the picture's corners.
    met = np.ones(len(face), bool)
    if camera.kind == "pinhole":
        met = _met((place - camera.world_from_camera[:3, 3]) @ camera.world_from_camera[:3, :3], face, camera)
    met[: len(_TWO_SPECKS)] |= np.count_nonzero(met) < len(_TWO_SPECKS)
    return place, face[met], owner[met]


def _facing(pieces: list[Outline], camera: CameraModel) -> Iterator[tuple[Outline, Integers]]:
    """Pieces that may be in the picture, with those of their faces that do not show the camera their inside."""
    pieces = [piece for piece in pieces if np.isfinite(piece.matrix).all()]  # no ray meets what is nowhere
    if not pieces:
        return
    matrices = np.stack([piece.matrix for piece in pieces])
    scales = np.linalg.svd(matrices[:, :3, :3], compute_uv=False)
    solid = scales[:, 2] > scales[:, 0] * _FLAT
    inverse = np.linalg.inv(np.where(solid[:, None, None], matrices, np.eye(4)))
    eyes = inverse @ np.append(camera.world_from_camera[:3, 3], 1.0)
    centres, radii = np.stack([each.triangles.ball[0] for each in pieces]), [each.triangles.ball[1] for each in pieces]
    # What a skewed piece shows under an angle may be seen under a smaller one in the world; a flat one shows all of it.
    skew = scales[:, 0] / np.maximum(scales[:, 2], 1e-300)
    edge = _EDGE * skew * (np.linalg.norm(eyes[:, :3] - centres, axis=1) + radii)
    places = np.einsum("nij,nj->ni", matrices[:, :3, :3], centres) + matrices[:, :3, 3]
    away, beside = _balls(places, scales[:, 0] * radii, camera)
    mirrored = np.linalg.det(matrices[:, :3, :3]) < 0.0
    for i in np.flatnonzero(~beside).tolist():
        piece, faces = pieces[i], pieces[i].triangles.faces
        if away[i]:  # no ray begins within it
            faces = faces[piece.triangles.planes @ eyes[i] >= -edge[i]]
        yield piece, faces[:, ::-1] if mirrored[i] else faces


def _balls(centres: Array, radii: Array, camera: CameraModel) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which balls (N,) are wholly farther than where rays begin, and which no ray meets."""
    local = (centres - camera.world_from_camera[:3, 3]) @ camera.world_from_camera[:3, :3]
    x, y, depth = local[:, 0], -local[:, 1], -local[:, 2]
    radii = radii * (1.0 + _HAIR)
    away = depth - radii > camera.near * (1.0 + _HAIR)
    if camera.kind != "pinhole":
        return away, np.zeros(len(local), bool)
    beside = (depth + radii < camera.near * (1.0 - _HAIR)) | (depth - radii > camera.far * (1.0 + _HAIR))
    for side, focal, middle, size in (
        (x, camera.fx, camera.cx, camera.width),
        (y, camera.fy, camera.cy, camera.height),
    ):
        for end, sign in ((-_MARGIN - middle, -1.0), (size + _MARGIN - middle, 1.0)):
            beside |= sign * (focal * side - end * depth) > radii * np.hypot(focal, end)
    return away, beside


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


def _range(values: Array, faces: Integers) -> tuple[Array, Array]:
    """Least and largest value (F,) among the corners of each face."""
    a, b, c = (values[faces[:, corner]] for corner in range(3))
    return np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
