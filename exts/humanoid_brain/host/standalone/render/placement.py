# SPDX-License-Identifier: Apache-2.0
"""Where pieces are: relative to the rigid body that moves them, or in the world."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pxr import Usd, UsdGeom

from humanoid_brain.host.standalone.render.pieces import Copy, Piece, body_of

Array = npt.NDArray[np.float64]


@dataclass(eq=False)
class Placement:
    """Poses of all pieces as the stage has them."""

    local: Array
    """(N, 4, 4): body_from_piece, or world_from_piece where no body moves it."""
    visible: npt.NDArray[np.bool_]
    """(N,)."""
    bodies: dict[str, Array]
    """World pose (4, 4) without scale by path of the body."""


def place(stage: Usd.Stage, pieces: Sequence[Piece]) -> Placement:
    """Read the poses of all pieces."""
    placement = Placement(np.zeros((len(pieces), 4, 4)), np.zeros(len(pieces), bool), {})
    _Placer(stage).place(pieces, range(len(pieces)), placement)
    return placement


def place_again(stage: Usd.Stage, pieces: Sequence[Piece], moved: set[str], placement: Placement) -> bool:
    """Bring the poses of those pieces up to date that depend on a prim in ``moved``; gives whether there are any."""
    changed = [i for i, piece in enumerate(pieces) if not moved.isdisjoint(piece.depends_on)]
    for i in changed:
        placement.bodies.pop(pieces[i].shape.body, None)
    _Placer(stage).place(pieces, changed, placement)
    return bool(changed)


class _Placer:
    def __init__(self, stage: Usd.Stage) -> None:
        self._stage = stage
        self._cache = UsdGeom.XformCache()
        self._sources: dict[tuple[str, str, int], tuple[Array, bool]] = {}
        self._instances: dict[str, tuple[Array, Sequence[bool]]] = {}
        self._shifts: dict[str, Array] = {}
        self._roots: dict[str, bool] = {}
        self._rigid: dict[str, tuple[Array, Array]] = {}

    def place(self, pieces: Sequence[Piece], chosen: Iterable[int], placement: Placement) -> None:
        for i in chosen:
            piece = pieces[i]
            clone = piece.copy if piece.copy and piece.copy.target else None
            matrix, visible = self._source(piece)
            if clone is not None:
                visible = visible and self._is_shown(clone.target)
                if not piece.shape.body:
                    matrix = self._shift(clone) @ matrix
            placement.local[i], placement.visible[i] = matrix, visible
            body = piece.shape.body
            if body and body not in placement.bodies:
                placement.bodies[body] = self._body(body, clone)

    def _source(self, piece: Piece) -> tuple[Array, bool]:
        """Matrix and visibility of what a piece is, or is a clone of."""
        instance = piece.copy if piece.copy and piece.copy.instancer else None
        key = (piece.source, instance.instancer if instance else "", instance.index if instance else -1)
        if key not in self._sources:
            prim = self._stage.GetPrimAtPath(piece.source)
            self._sources[key] = self._instance(prim, instance) if instance else (self._matrix(prim), _is_visible(prim))
        return self._sources[key]

    def _matrix(self, prim: Usd.Prim) -> Array:
        """body_from_prim, by local transforms alone so that it does not change when the body moves."""
        body = body_of(prim)
        if not body:
            return self._world(prim)
        matrix = np.eye(4)
        while str(prim.GetPath()) != body:
            local, resets = self._cache.GetLocalTransformation(prim)
            matrix = np.array(local, float).T @ matrix
            if resets:
                return np.linalg.inv(self._rigid_of(body)[0]) @ matrix
            prim = prim.GetParent()
        return self._rigid_of(body)[1] @ matrix

    def _instance(self, prim: Usd.Prim, copy: Copy) -> tuple[Array, bool]:
        instancer = self._stage.GetPrimAtPath(copy.instancer)
        if copy.instancer not in self._instances:
            given = UsdGeom.PointInstancer(instancer)
            now = Usd.TimeCode.Default()
            ignore = UsdGeom.PointInstancer.IgnoreMask
            matrices = given.ComputeInstanceTransformsAtTime(now, now, UsdGeom.PointInstancer.IncludeProtoXform, ignore)
            stacked = np.array(matrices, float).reshape(-1, 4, 4).transpose(0, 2, 1)
            self._instances[copy.instancer] = stacked, given.ComputeMaskAtTime(now)
        matrices, mask = self._instances[copy.instancer]
        matrix = np.eye(4)
        shown = _is_visible(instancer) and (not mask or bool(mask[copy.index]))
        while str(prim.GetPath()) != copy.source:
            matrix = np.array(self._cache.GetLocalTransformation(prim)[0], float).T @ matrix
            shown = shown and UsdGeom.Imageable(prim).GetVisibilityAttr().Get() != UsdGeom.Tokens.invisible
            prim = prim.GetParent()
        return self._matrix(instancer) @ matrices[copy.index] @ matrix, shown

    def _body(self, path: str, clone: Copy | None) -> Array:
        """World pose of a body, in a clone that of its original moved along."""
        if clone is None:
            return self._rigid_of(path)[0]
        original = self._stage.GetPrimAtPath(clone.source + path[len(clone.target) :])
        return rigid(self._shift(clone) @ self._world(original))[0]

    def _rigid_of(self, body: str) -> tuple[Array, Array]:
        """Pose and scale of a body."""
        if body not in self._rigid:
            self._rigid[body] = rigid(self._world(self._stage.GetPrimAtPath(body)))
        return self._rigid[body]

    def _shift(self, clone: Copy) -> Array:
        if clone.target not in self._shifts:
            here, there = (self._world(self._stage.GetPrimAtPath(path)) for path in (clone.source, clone.target))
            self._shifts[clone.target] = there @ np.linalg.inv(here)
        return self._shifts[clone.target]

    def _is_shown(self, path: str) -> bool:
        if path not in self._roots:
            self._roots[path] = _is_visible(self._stage.GetPrimAtPath(path))
        return self._roots[path]

    def _world(self, prim: Usd.Prim) -> Array:
        return np.array(self._cache.GetLocalToWorldTransform(prim), float).T


def rigid(matrix: Array) -> tuple[Array, Array]:
    """A transform (4, 4) as rotation and translation, times a scale (4, 4) rounded to be the same in every pose."""
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    scale[0] *= np.sign(np.linalg.det(matrix[:3, :3])) or 1.0
    pose = matrix.copy()
    pose[:3, :3] /= np.where(scale == 0.0, 1.0, scale)
    return pose, np.diag([*np.round(scale, 9), 1.0])


def _is_visible(prim: Usd.Prim) -> bool:
    return not prim.IsA(UsdGeom.Imageable) or (UsdGeom.Imageable(prim).ComputeVisibility() != UsdGeom.Tokens.invisible)
