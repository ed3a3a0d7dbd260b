# SPDX-License-Identifier: Apache-2.0
"""Keypoints of the humanoid, from the frames that its USD labels: where they are in an image and whether they show.

Replicator's skeleton_data knows UsdSkel only, so on both hosts keypoints come from link poses and the depth image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.errors import SceneError
from humanoid_brain.optics import Array, CameraModel

if TYPE_CHECKING:
    from pxr import Usd

KIND = "keypoint"
"""Type of the semantic label that marks a keypoint's frame."""
_LABELS = f"semantics:labels:{KIND}"

NAMES = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "neck",
    "left_toe",
    "right_toe",
)
"""The 17 keypoints of COCO in COCO's order, then ours."""

_BONES = (
    ("left_ankle", "left_knee"),
    ("left_knee", "left_hip"),
    ("right_ankle", "right_knee"),
    ("right_knee", "right_hip"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
    ("left_shoulder", "right_shoulder"),
    ("left_shoulder", "left_elbow"),
    ("right_shoulder", "right_elbow"),
    ("left_elbow", "left_wrist"),
    ("right_elbow", "right_wrist"),
    ("left_eye", "right_eye"),
    ("nose", "left_eye"),
    ("nose", "right_eye"),
    ("left_eye", "left_ear"),
    ("right_eye", "right_ear"),
    ("left_ear", "left_shoulder"),
    ("right_ear", "right_shoulder"),
    ("neck", "left_shoulder"),
    ("neck", "right_shoulder"),
    ("left_ankle", "left_toe"),
    ("right_ankle", "right_toe"),
)

_DIRECTIONS = 96
"""Rays from a keypoint by which the thickness of the body around it is measured."""
_REACH, _GAP = 0.2, 0.04
"""How far rays go, and the widest gap between shells of one limb, m."""
_QUANTILE = 0.4
"""Share of the rays that leave the body soonest: the others run along a limb. On a cylinder it is 1.09 radii."""
_WIDEST, _MARGIN = 1.5, 0.015
"""A limb is up to 1.5 times as wide as it is deep; m by which a frame may stand off the middle besides."""


@dataclass(frozen=True)
class Keypoints:
    """The K keypoints of one robot.

    Attributes:
        names: Their names; COCO's first, in COCO's order.
        skeleton: Pairs of keypoints that a bone joins, by position from 0 on; COCO's own files count from 1.
        links: Name of the link [K] that carries each.
        offsets: Position [K, 3] in that link's frame, m.
        radii: How far [K] in m the body's surface may lie in front of a keypoint that is not hidden.
    """

    names: tuple[str, ...]
    skeleton: tuple[tuple[int, int], ...]
    links: tuple[str, ...]
    offsets: Array
    radii: Array

    def of_category(self) -> dict[str, Any]:
        """What a class of robots with these keypoints has, as fields of a Category."""
        return {"keypoints": self.names, "skeleton": self.skeleton}

    def positions(self, link_poses: Mapping[str, npt.ArrayLike]) -> Array:
        """World positions [K, 3] in m.

        Args:
            link_poses: Pose (4, 4) of each link by name, world_from_link for column vectors.

        Raises:
            SceneError: A link is missing.
        """
        missing = sorted(set(self.links) - set(link_poses))
        if missing:
            raise SceneError(f"no pose for {', '.join(missing)}", todo="Give the pose of every link with a keypoint")
        poses = np.stack([np.asarray(link_poses[link], np.float64) for link in self.links])
        return np.einsum("kij,kj->ki", poses[:, :3, :3], self.offsets) + poses[:, :3, 3]

    def project(
        self,
        camera: CameraModel,
        positions: Array,
        depth: npt.NDArray[np.float32],
        instances: npt.NDArray[np.integer],
        instance: int,
    ) -> Array:
        """Pixels and visibility of the keypoints of one robot in one image.

        A joint lies inside the body, so the surface in front of it is nearer than the joint itself: it counts as
        seen if a pixel there shows this robot, and no nearer than the body is thick around the joint.

        Args:
            camera: The camera that took the image.
            positions: World positions [K, 3] in m, from :meth:`positions`.
            depth: Metres [H, W] along the camera's axis, inf where nothing is.
            instances: Instance ids [H, W].
            instance: The robot's id among them.

        Returns:
            [K, 3]: u and v in pixels, and COCO's visibility: 0 outside of the image (u and v are 0), 1 hidden, 2 seen.
        """
        pixels, distance = camera.project(positions)
        found = np.zeros((len(positions), 3))
        with np.errstate(invalid="ignore"):
            inside = (distance >= camera.near) & np.isfinite(pixels).all(1)
            inside &= (pixels >= 0.0).all(1) & (pixels < (camera.width, camera.height)).all(1)
        found[inside, :2] = pixels[inside]
        seen = _surface_seen(depth, instances == instance, pixels[inside], (distance - self.radii)[inside])
        found[inside, 2] = np.where(seen, 2.0, 1.0)
        return found


def _surface_seen(
    depth: npt.NDArray[np.float32], robot: npt.NDArray[np.bool_], pixels: Array, nearest: Array
) -> npt.NDArray[np.bool_]:
    """Whether one of the nine pixels around each point shows the robot at or beyond the distance ``nearest``.

    Nine, because a point on the surface, such as an ear seen from the front, may fall on the pixel beside the
    silhouette.
    """
    height, width = depth.shape
    seen = np.zeros(len(pixels), bool)
    x, y = np.floor(pixels).astype(int).T
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            row, column = np.clip(y + dy, 0, height - 1), np.clip(x + dx, 0, width - 1)
            seen |= robot[row, column] & (depth[row, column] >= nearest)
    return seen


def read_keypoints(robot: Usd.Prim) -> Keypoints:
    """The keypoints below a robot's prim: the prims with a label of the type "keypoint".

    Raises:
        SceneError: There are none, or one is on no rigid body.
    """
    frames = _labelled_frames(robot)
    if not frames:
        todo = f"Label an Xform on a link for each keypoint, with the label type '{KIND}'"
        raise SceneError("the robot has no keypoints", where=str(robot.GetPath()), todo=todo)
    known = [name for name in NAMES if name in frames]
    names = tuple([*known, *(name for name in frames if name not in NAMES)])
    links, offsets, points = zip(*(_on_link(frames[name]) for name in names), strict=True)
    triangles = _surface(robot)
    radii = [_WIDEST * _thickness(np.asarray(point), triangles) + _MARGIN for point in points]
    pairs = ((first, second) for first, second in _BONES if first in names and second in names)
    skeleton = tuple((names.index(first), names.index(second)) for first, second in pairs)
    return Keypoints(names, skeleton, tuple(links), np.array(offsets), np.array(radii))


def has_keypoints(robot: Usd.Prim) -> bool:
    """Whether :func:`read_keypoints` finds any."""
    return bool(_labelled_frames(robot))


def _labelled_frames(robot: Usd.Prim) -> dict[str, Usd.Prim]:
    from pxr import Usd

    found: dict[str, Usd.Prim] = {}
    for prim in Usd.PrimRange(robot, Usd.TraverseInstanceProxies()):
        labels = prim.GetAttribute(_LABELS).Get() if prim.HasAttribute(_LABELS) else None
        if labels:
            found[str(labels[0])] = prim
    return found


def _on_link(frame: Usd.Prim) -> tuple[str, Array, Array]:
    """The frame's link, and its position in the link's frame and in the world, m."""
    from pxr import UsdGeom, UsdPhysics

    link = frame
    while link and not link.HasAPI(UsdPhysics.RigidBodyAPI):
        link = link.GetParent()
    if not link or link.IsPseudoRoot():
        raise SceneError("a keypoint is on no link", where=str(frame.GetPath()), todo="Put it below a rigid body")
    cache = UsdGeom.XformCache()
    world = np.array(cache.GetLocalToWorldTransform(frame).ExtractTranslation())
    rest = np.array(cache.GetLocalToWorldTransform(link).RemoveScaleShear()).T
    units = UsdGeom.GetStageMetersPerUnit(frame.GetStage())
    return link.GetName(), (rest[:3, :3].T @ (world - rest[:3, 3])) * units, world * units


def _surface(robot: Usd.Prim) -> Array:
    """Corners (T, 3, 3) of the robot's drawn triangles in the world, m; of other solids, those of their boxes."""
    from pxr import Usd, UsdGeom

    cache = UsdGeom.XformCache()
    units = UsdGeom.GetStageMetersPerUnit(robot.GetStage())
    parts = [np.zeros((0, 3, 3))]
    drawn = (UsdGeom.Tokens.default_, UsdGeom.Tokens.render)
    for prim in Usd.PrimRange(robot, Usd.TraverseInstanceProxies()):
        if prim.IsA(UsdGeom.Gprim) and UsdGeom.Imageable(prim).ComputePurpose() in drawn:
            matrix = np.array(cache.GetLocalToWorldTransform(prim)).T
            local = _mesh(prim) if prim.IsA(UsdGeom.Mesh) else _extent(prim)
            parts.append((local @ matrix[:3, :3].T + matrix[:3, 3]) * units)
    return np.concatenate(parts)


def _mesh(prim: Usd.Prim) -> Array:
    from pxr import UsdGeom

    mesh = UsdGeom.Mesh(prim)
    points = np.array(mesh.GetPointsAttr().Get() or [], float).reshape(-1, 3)
    corners = np.array(mesh.GetFaceVertexIndicesAttr().Get() or [], int)
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get() or [], int)
    starts = np.cumsum(counts) - counts
    fans = [
        np.stack([starts[counts > k], starts[counts > k] + k - 1, starts[counts > k] + k], 1)
        for k in range(2, int(counts.max(initial=0)))
    ]
    return points[corners[np.concatenate(fans)]] if fans else np.zeros((0, 3, 3))


def _extent(prim: Usd.Prim) -> Array:
    from pxr import Usd, UsdGeom

    extent = UsdGeom.Boundable.ComputeExtentFromPlugins(UsdGeom.Boundable(prim), Usd.TimeCode.Default())
    if not extent:
        return np.zeros((0, 3, 3))
    low, high = np.array(extent[0]), np.array(extent[1])
    corners = low + np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (high - low)
    quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    return corners[np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])]


def _thickness(point: Array, triangles: Array) -> float:
    """Distance in m at which rays from ``point`` leave the body, for the two fifths of them that leave it soonest.

    A body is made of shells with gaps between them, so a ray has left it after the last surface that follows the one
    before within ``_GAP``. A ray that meets nothing nearby, as half of those from an ear, leaves at once.
    """
    center = triangles.mean(1)
    extent = np.linalg.norm(triangles - center[:, None], axis=2).max(1)
    near = triangles[np.linalg.norm(center - point, axis=1) - extent < _REACH]
    exits = np.zeros(_DIRECTIONS)
    for i, ray in enumerate(_sphere(_DIRECTIONS)):
        hits = _hits(point, ray, near)
        hits = hits[hits < _REACH]
        apart = np.nonzero(np.diff(hits) > _GAP)[0]
        exits[i] = hits[apart[0] if len(apart) else -1] if len(hits) else 0.0
    return float(np.quantile(exits, _QUANTILE))


def _hits(point: Array, ray: Array, triangles: Array) -> Array:
    """Distances, ascending, at which a ray meets triangles: Moeller and Trumbore, Journal of Graphics Tools 2, 1997."""
    ab, ac, away = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0], point - triangles[:, 0]
    p, q = np.cross(ray, ac), np.cross(away, ab)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1.0 / np.einsum("tj,tj->t", ab, p)
        u, v = np.einsum("tj,tj->t", away, p) * scale, q @ ray * scale
        distance = np.einsum("tj,tj->t", ac, q) * scale
        met = (u >= 0.0) & (v >= 0.0) & (u + v <= 1.0) & (distance > 0.0)
    return np.sort(distance[met])


def _sphere(count: int) -> Array:
    """Even directions [count, 3] on a Fibonacci spiral."""
    i = np.arange(count) + 0.5
    z = 1.0 - 2.0 * i / count
    angle = np.pi * (1.0 + 5.0**0.5) * i
    side = np.sqrt(1.0 - z * z)
    return np.stack([side * np.cos(angle), side * np.sin(angle), z], -1)
