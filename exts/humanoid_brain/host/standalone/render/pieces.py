# SPDX-License-Identifier: Apache-2.0
"""What a stage shows, piece by piece: every gprim that is drawn, its clones and copies, and what moves it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pxr import Usd, UsdGeom, UsdPhysics

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.render.types import Shape


@dataclass(eq=False)
class Piece:
    """One drawn shape and where it comes from."""

    shape: Shape
    source: str
    """Path of the gprim whose geometry it has."""
    part: str
    """Path of the gprim or GeomSubset whose material it has."""
    copy: Copy | None = None
    """The clone or instance it is in, if it is in one."""

    @functools.cached_property
    def depends_on(self) -> frozenset[str]:
        """Paths of the prims whose transforms and visibility say where it is, and whether it is shown."""
        copy = self.copy
        paths = {self.source, self.part, self.shape.path, self.shape.body}
        paths |= set() if copy is None else {copy.source, copy.target, copy.instancer}
        return frozenset(path[:end] for path in paths for end in (*_slashes(path), len(path)) if end)


@dataclass(eq=False)
class Copy:
    """A subtree that is drawn a second time."""

    source: str
    """Path of its original."""
    target: str
    """Path of the clone; "" for an instance of a point instancer."""
    instancer: str = ""
    index: int = -1


def _slashes(path: str) -> list[int]:
    return [i for i, letter in enumerate(path) if letter == "/"]


def list_pieces(stage: Usd.Stage, parts: dict[str, list[str]], bodies: Sequence[str] | None) -> list[Piece]:
    """All pieces of a stage with its clones, in the order of the stage.

    Args:
        stage: The stage.
        parts: Paths of the parts, itself or its GeomSubsets, that each gprim is drawn in.
        bodies: Rigid bodies to draw; all if None.
    """
    pieces: list[Piece] = []
    for prim in gprims(stage):
        path = str(prim.GetPath())
        body = body_of(prim)
        pieces += [Piece(Shape(part, body), path, part) for part in parts.get(path, ())]
    pieces += _instanced(stage, parts)
    for target, source in clones_of(stage).sources.items():
        pieces += _cloned(pieces, source, target)
    if bodies is None:
        return pieces
    wanted = set(bodies)
    return [piece for piece in pieces if not piece.shape.body or piece.shape.body in wanted]


def require_metres(stage: Usd.Stage) -> None:
    """Refuse a stage in other units.

    Raises:
        SceneError: Its metersPerUnit is not 1.
    """
    units = UsdGeom.GetStageMetersPerUnit(stage)
    if abs(units - 1.0) > 1e-9:
        raise SceneError(
            f"the stage counts in units of {units:g} m, the renderer in metres",
            where=stage.GetRootLayer().identifier,
            todo="Set metersPerUnit to 1 and scale the stage",
        )


def gprims(stage: Usd.Stage) -> Iterator[Usd.Prim]:
    """The gprims of purpose default and render, without those that only a point instancer places."""
    iterator = iter(Usd.PrimRange(stage.GetPseudoRoot(), Usd.TraverseInstanceProxies()))
    for prim in iterator:
        if prim.IsA(UsdGeom.PointInstancer):
            iterator.PruneChildren()
        elif _is_drawn(prim):
            yield prim


def instanced_gprims(stage: Usd.Stage) -> Iterator[tuple[Usd.Prim, Usd.Prim, int]]:
    """Instancer, gprim and number of the prototype of all that point instancers place."""
    for instancer in Usd.PrimRange(stage.GetPseudoRoot(), Usd.TraverseInstanceProxies()):
        if not instancer.IsA(UsdGeom.PointInstancer):
            continue
        for number, target in enumerate(UsdGeom.PointInstancer(instancer).GetPrototypesRel().GetForwardedTargets()):
            root = stage.GetPrimAtPath(target)
            for prim in Usd.PrimRange(root, Usd.TraverseInstanceProxies()) if root else ():
                if _is_drawn(prim):
                    yield instancer, prim, number


def body_of(prim: Usd.Prim) -> str:
    """Path of the rigid body that moves a prim; "" if none does."""
    while prim and not prim.HasAPI(UsdPhysics.RigidBodyAPI):
        prim = prim.GetParent()
    return str(prim.GetPath()) if prim else ""


def _is_drawn(prim: Usd.Prim) -> bool:
    if not prim.IsA(UsdGeom.Gprim):
        return False
    return UsdGeom.Imageable(prim).ComputePurpose() in (UsdGeom.Tokens.default_, UsdGeom.Tokens.render)


def _instanced(stage: Usd.Stage, parts: dict[str, list[str]]) -> Iterator[Piece]:
    for instancer, prim, number in instanced_gprims(stage):
        path, source = str(instancer.GetPath()), str(prim.GetPath())
        protos = np.array(UsdGeom.PointInstancer(instancer).GetProtoIndicesAttr().Get() or [], int)
        root = str(UsdGeom.PointInstancer(instancer).GetPrototypesRel().GetForwardedTargets()[number])
        body = body_of(instancer)
        for index in np.flatnonzero(protos == number).tolist():
            copy = Copy(root, "", path, index)
            yield from (Piece(Shape(part, body, index), source, part, copy) for part in parts.get(source, ()))


def _cloned(pieces: Sequence[Piece], source: str, target: str) -> list[Piece]:
    """Copies of the pieces below a clone's source."""
    copy = Copy(source, target)

    def renamed(path: str) -> str:
        return target + path[len(source) :] if path == source or path.startswith(source + "/") else path

    return [
        Piece(
            Shape(renamed(piece.shape.path), renamed(piece.shape.body), piece.shape.instance),
            piece.source,
            piece.part,
            copy,
        )
        for piece in pieces
        if piece.copy is None and piece.shape.path.startswith(source + "/")
    ]
