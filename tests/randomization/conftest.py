# SPDX-License-Identifier: Apache-2.0
"""A small room: a floor, three chairs and a table of one shared wood, a cup on the table, three lights, a camera."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux, UsdShade

from humanoid_brain.config import base
from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.scene.looks import Looks, preview_surface
from humanoid_brain.scene.schemas import add_label, set_units

CHAIRS = tuple(f"/World/props/chair_{i}" for i in range(3))
Snapshot = dict[str, Any]


def make_room() -> Usd.Stage:
    stage = Usd.Stage.CreateInMemory()
    set_units(stage)
    stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, "/World").GetPrim())
    wood = preview_surface(stage, "/World/looks/wood", Looks((0.4, 0.25, 0.1), roughness=0.5))
    steel = preview_surface(stage, "/World/looks/steel", Looks((0.6, 0.6, 0.6), roughness=0.2, metallic=1.0))
    for i, path in enumerate(CHAIRS):
        chair = UsdGeom.Xform.Define(stage, path)
        chair.AddTranslateOp().Set(Gf.Vec3d(i, 1.0, 0.0))
        chair.AddRotateZOp().Set(30.0 * i)
        add_label(chair.GetPrim(), "chair")
        _bind(UsdGeom.Cube.Define(stage, f"{path}/seat"), wood)
        _bind(UsdGeom.Cylinder.Define(stage, f"{path}/leg"), steel)
    table = UsdGeom.Xform.Define(stage, "/World/props/table")
    add_label(table.GetPrim(), "table")
    _bind(UsdGeom.Cube.Define(stage, "/World/props/table/top"), wood)
    cup = UsdGeom.Sphere.Define(stage, "/World/props/table/cup")
    add_label(cup.GetPrim(), "cup")
    _bind(cup, wood)
    floor = UsdGeom.Mesh.Define(stage, "/World/floor")
    floor.CreatePointsAttr([Gf.Vec3f(x, y, 0) for x, y in ((-4, -4), (4, -4), (4, 4), (-4, 4))])
    floor.CreateFaceVertexCountsAttr([4])
    floor.CreateFaceVertexIndicesAttr([0, 1, 2, 3])
    add_label(floor.GetPrim(), "floor")
    UsdLux.DistantLight.Define(stage, "/World/lights/sun").CreateIntensityAttr(1000.0)
    UsdLux.DomeLight.Define(stage, "/World/lights/sky").CreateIntensityAttr(500.0)
    lamp = UsdLux.SphereLight.Define(stage, "/World/lights/lamp")
    lamp.AddTranslateOp().Set(Gf.Vec3d(0.0, 0.0, 2.5))
    camera = UsdGeom.Camera.Define(stage, "/World/camera")
    camera.AddTranslateOp().Set(Gf.Vec3d(3.0, 0.0, 1.0))
    camera.CreateFocalLengthAttr(28.0)
    camera.CreateHorizontalApertureAttr(36.0)
    return stage


def _bind(prim: UsdGeom.Gprim, material: UsdShade.Material) -> None:
    UsdShade.MaterialBindingAPI.Apply(prim.GetPrim()).Bind(material)


@pytest.fixture
def stage() -> Usd.Stage:
    return make_room()


@pytest.fixture
def configured() -> Callable[[str], RandomizationConfig]:
    return lambda text: base.parse(RandomizationConfig, text, "random.yaml")


def snapshot(stage: Usd.Stage) -> Snapshot:
    """All that is composed on the stage: values, connections, targets, types."""
    found: Snapshot = {}
    for prim in stage.TraverseAll():
        found[str(prim.GetPath())] = (str(prim.GetTypeName()), tuple(prim.GetAppliedSchemas()))
        for attribute in prim.GetAttributes():
            sources = tuple(map(str, attribute.GetConnections()))
            found[str(attribute.GetPath())] = (str(attribute.Get()), sources)
        for relationship in prim.GetRelationships():
            found[str(relationship.GetPath())] = tuple(map(str, relationship.GetTargets()))
    return found


def changes(before: Snapshot, after: Snapshot) -> set[str]:
    """Paths of what differs among what the scene has; prims of the randomization's own do not count."""
    keys = before.keys() | after.keys()
    return {key for key in keys if before.get(key) != after.get(key) and not key.startswith("/randomization")}


def world_pose(stage: Usd.Stage, path: str) -> Gf.Matrix4d:
    return UsdGeom.XformCache().GetLocalToWorldTransform(stage.GetPrimAtPath(path))


def save(stage: Usd.Stage, path: Path) -> Path:
    stage.GetRootLayer().Export(str(path))
    return path


def value(stage: Usd.Stage, path: str) -> Any:
    return stage.GetAttributeAtPath(Sdf.Path(path)).Get()
