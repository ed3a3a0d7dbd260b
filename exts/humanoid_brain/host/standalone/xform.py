# SPDX-License-Identifier: Apache-2.0
"""Poses of prims on a USD stage: position in metres, quaternion wxyz."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.clones import clones_of

if TYPE_CHECKING:
    from pxr import Gf, Usd, UsdGeom

_ORDER = ("xformOp:translate", "xformOp:orient", "xformOp:scale")


def world_matrices(stage: Usd.Stage, paths: Sequence[str]) -> list[Gf.Matrix4d]:
    """Local to world of every path, also below clones, where prims follow their source.

    Raises:
        SceneError: There is no such prim.
    """
    from pxr import UsdGeom

    cache = UsdGeom.XformCache()
    table = clones_of(stage)
    relative: dict[str, Gf.Matrix4d] = {}

    def of_prim(path: str) -> Gf.Matrix4d:
        prim = stage.GetPrimAtPath(path)
        if not prim:
            raise SceneError("there is no prim at this path", where=path)
        return cache.GetLocalToWorldTransform(prim)

    def of_path(path: str) -> Gf.Matrix4d:
        found = table.split(path)
        if found is None or not found[1]:
            return of_prim(path)
        root, suffix = found
        source = table.sources[root]
        if source + suffix not in relative:
            relative[source + suffix] = of_prim(source + suffix) * of_prim(source).GetInverse()
        return relative[source + suffix] * of_prim(root)

    return [of_path(path) for path in paths]


def world_matrix(stage: Usd.Stage, path: str) -> Gf.Matrix4d:
    """Local to world of one path."""
    return world_matrices(stage, [path])[0]


def parent_matrix(stage: Usd.Stage, path: str) -> Gf.Matrix4d:
    """Local to world of the parent of ``path``."""
    from pxr import Gf

    parent = path.rpartition("/")[0]
    return world_matrix(stage, parent) if parent else Gf.Matrix4d(1)


def to_pose(matrix: Gf.Matrix4d) -> tuple[np.ndarray, np.ndarray]:
    """Position [3] and quaternion wxyz [4] of a rigid transform; scale is dropped."""
    rigid = matrix.RemoveScaleShear()
    quat = rigid.ExtractRotationQuat()
    return np.array(rigid.ExtractTranslation()), np.array([quat.GetReal(), *quat.GetImaginary()])


def to_matrix(position: Sequence[float] | np.ndarray, orientation: Sequence[float] | np.ndarray) -> Gf.Matrix4d:
    """The transform with this position and wxyz quaternion."""
    from pxr import Gf

    w, x, y, z = (float(value) for value in orientation)
    return Gf.Matrix4d(Gf.Rotation(Gf.Quatd(w, x, y, z)), Gf.Vec3d(*(float(value) for value in position)))


def local_pose(prim: Usd.Prim) -> tuple[np.ndarray, np.ndarray]:
    """Pose of ``prim`` in its parent's frame."""
    from pxr import UsdGeom

    return to_pose(UsdGeom.Xformable(prim).GetLocalTransformation())


def local_scale(prim: Usd.Prim) -> np.ndarray:
    """Scale of ``prim``: its scale op, or 1."""
    value = prim.GetAttribute("xformOp:scale").Get()
    return np.array(value if value is not None else (1.0, 1.0, 1.0), np.float64)


def reset_xform_ops(prim: Usd.Prim) -> None:
    """Rewrite the transform of ``prim`` as the three ops translate, orient, scale, with the same result."""
    from pxr import UsdGeom

    xformable = UsdGeom.Xformable(prim)
    if not xformable or tuple(op.GetOpName() for op in xformable.GetOrderedXformOps()) == _ORDER:
        return
    matrix = xformable.GetLocalTransformation()
    scale = [matrix.GetRow3(axis).GetLength() for axis in range(3)]
    position, orientation = to_pose(matrix)
    xformable.ClearXformOpOrder()
    for name in prim.GetPropertyNames():
        if name.startswith("xformOp:"):
            prim.RemoveProperty(name)
    set_local_pose(prim, position, orientation, scale)


def set_local_pose(
    prim: Usd.Prim,
    position: Sequence[float] | np.ndarray | None = None,
    orientation: Sequence[float] | np.ndarray | None = None,
    scale: Sequence[float] | np.ndarray | None = None,
) -> None:
    """Author translate, orient and scale ops; None leaves a part as it is.

    Raises:
        SceneError: The prim has no transform.
    """
    from pxr import Gf, UsdGeom

    xformable = UsdGeom.Xformable(prim)
    if not xformable:
        raise SceneError("this prim has no transform", where=prim.GetPath().pathString)
    ops = {op.GetOpName(): op for op in xformable.GetOrderedXformOps()}
    if any(name not in ops for name in _ORDER):
        now, turn = local_pose(prim)
        position = now if position is None else position
        orientation = turn if orientation is None else orientation
        scale = local_scale(prim) if scale is None else scale
        xformable.ClearXformOpOrder()
        translate = xformable.AddTranslateOp(_precision(prim, _ORDER[0]))
        orient = xformable.AddOrientOp(_precision(prim, _ORDER[1]))
        ops = dict(zip(_ORDER, (translate, orient, xformable.AddScaleOp(_precision(prim, _ORDER[2]))), strict=True))
    double = UsdGeom.XformOp.PrecisionDouble
    if position is not None:
        value = Gf.Vec3d(*(float(each) for each in position))
        ops[_ORDER[0]].Set(value if ops[_ORDER[0]].GetPrecision() == double else Gf.Vec3f(value))
    if orientation is not None:
        quat = Gf.Quatd(*(float(each) for each in orientation)).GetNormalized()
        ops[_ORDER[1]].Set(quat if ops[_ORDER[1]].GetPrecision() == double else Gf.Quatf(quat))
    if scale is not None:
        value = Gf.Vec3d(*(float(each) for each in scale))
        ops[_ORDER[2]].Set(value if ops[_ORDER[2]].GetPrecision() == double else Gf.Vec3f(value))


def _precision(prim: Usd.Prim, name: str) -> UsdGeom.XformOp.Precision:
    """Keep the type of an op that exists; a new one is double."""
    from pxr import UsdGeom

    attribute = prim.GetAttribute(name)
    single = attribute and str(attribute.GetTypeName()) in {"float3", "quatf", "half3", "quath"}
    return UsdGeom.XformOp.PrecisionFloat if single else UsdGeom.XformOp.PrecisionDouble
