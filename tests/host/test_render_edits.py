# SPDX-License-Identifier: Apache-2.0
"""A frame is a function of what the stage holds, however it came about."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdLux, UsdPhysics, UsdShade

from humanoid_brain.host.standalone.render.renderer import StageRenderer
from tests.host.render_scenes import (
    TYPES,
    add_dome,
    add_material,
    add_quad,
    bind,
    camera_at,
    new_stage,
    paint,
    renderer_of,
)

CAMERA = camera_at((4, 1, 2), (0, 0, 0.3), size=32, focal=30)


def scene() -> Usd.Stage:
    stage = new_stage()
    add_dome(stage, 600.0)
    sun = UsdLux.DistantLight.Define(stage, "/World/sun")
    sun.CreateIntensityAttr(1500.0)
    sun.AddRotateXYZOp().Set(Gf.Vec3f(30, 20, 0))
    lamp = UsdLux.SphereLight.Define(stage, "/World/lamp")
    lamp.CreateIntensityAttr(3000.0)
    lamp.CreateRadiusAttr(0.1)
    lamp.AddTranslateOp().Set(Gf.Vec3d(1, -1, 2))
    paint(stage, add_quad(stage, "/World/floor", 8.0), (0.5, 0.5, 0.5))
    body = UsdGeom.Xform.Define(stage, "/World/body")
    UsdPhysics.RigidBodyAPI.Apply(body.GetPrim())
    body.AddTranslateOp().Set(Gf.Vec3d(0, 0.5, 0.5))
    paint(stage, UsdGeom.Sphere.Define(stage, "/World/body/ball"), (0.8, 0.1, 0.1))
    UsdGeom.Sphere.Get(stage, "/World/body/ball").CreateRadiusAttr(0.4)
    cube = UsdGeom.Cube.Define(stage, "/World/cube")
    cube.CreateSizeAttr(0.6)
    cube.AddTranslateOp().Set(Gf.Vec3d(0, -0.8, 0.3))
    cube.CreateDisplayColorAttr([(0.1, 0.6, 0.1)])
    add_material(stage, "/World/Looks/blue", diffuseColor=(0.1, 0.1, 0.8), metallic=1.0, roughness=0.3)
    return stage


def shader_of(stage: Usd.Stage, gprim: str) -> UsdShade.Shader:
    return UsdShade.Shader(stage.GetPrimAtPath(f"{gprim}_looks/shader"))


def set_input(stage: Usd.Stage, name: str, value: object) -> None:
    shader = shader_of(stage, "/World/body/ball")
    kind = TYPES.Color3f if name.endswith("Color") else TYPES.Float
    shader.CreateInput(name, kind).Set(value)


def attribute(path: str, name: str, value: object) -> Callable[[Usd.Stage], None]:
    return lambda stage: stage.GetPrimAtPath(path).GetAttribute(name).Set(value)


def rebind(stage: Usd.Stage) -> None:
    bind(stage.GetPrimAtPath("/World/cube"), UsdShade.Material(stage.GetPrimAtPath("/World/Looks/blue")))


def add_prop(stage: Usd.Stage) -> None:
    UsdGeom.Cone.Define(stage, "/World/prop").AddTranslateOp().Set(Gf.Vec3d(0.5, 0, 1))


def scale_body(stage: Usd.Stage) -> None:
    UsdGeom.Xformable(stage.GetPrimAtPath("/World/body")).AddScaleOp().Set(Gf.Vec3f(1, 0.5, 1))


EDITS: dict[str, Callable[[Usd.Stage], object]] = {
    "body moved": attribute("/World/body", "xformOp:translate", Gf.Vec3d(0.3, 0.2, 0.6)),
    "body scaled by a new operation": scale_body,
    "static shape moved": attribute("/World/cube", "xformOp:translate", Gf.Vec3d(0.5, -0.5, 0.3)),
    "colour": lambda stage: set_input(stage, "diffuseColor", Gf.Vec3f(0.1, 0.9, 0.9)),
    "roughness": lambda stage: set_input(stage, "roughness", 0.1),
    "a new input": lambda stage: set_input(stage, "clearcoat", 1.0),
    "emission": lambda stage: set_input(stage, "emissiveColor", Gf.Vec3f(2, 1, 0)),
    "opacity": lambda stage: set_input(stage, "opacity", 0.4),
    "display colour": attribute("/World/cube", "primvars:displayColor", [Gf.Vec3f(0.9, 0.9, 0.1)]),
    "material bound": rebind,
    "hidden": lambda stage: UsdGeom.Imageable(stage.GetPrimAtPath("/World/body")).MakeInvisible(),
    "deactivated": lambda stage: stage.GetPrimAtPath("/World/cube").SetActive(False),
    "removed": lambda stage: stage.RemovePrim("/World/cube"),
    "added": add_prop,
    "resized": attribute("/World/body/ball", "radius", 0.2),
    "mesh points": attribute("/World/floor", "points", [(-1, -1, 0), (1, -1, 0), (1, 1, 0.5), (-1, 1, 0.5)]),
    "dome intensity": attribute("/World/sky", "inputs:intensity", 100.0),
    "lamp moved": attribute("/World/lamp", "xformOp:translate", Gf.Vec3d(1, 1, 1)),
    "lamp colour": attribute("/World/lamp", "inputs:color", Gf.Vec3f(1, 0, 0)),
    "sun turned": attribute("/World/sun", "xformOp:rotateXYZ", Gf.Vec3f(-30, 0, 0)),
    "sun hidden": lambda stage: UsdGeom.Imageable(stage.GetPrimAtPath("/World/sun")).MakeInvisible(),
    "light added": lambda stage: UsdLux.RectLight.Define(stage, "/World/panel").CreateIntensityAttr(500.0),
}


@pytest.fixture(scope="module")
def edited() -> tuple[Usd.Stage, StageRenderer]:
    stage = scene()
    return stage, renderer_of(stage)


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_stage_is_drawn_as_a_new_one(edited: tuple[Usd.Stage, StageRenderer], name: str) -> None:
    stage, renderer = edited
    before = renderer.labels(CAMERA), renderer.color(CAMERA, 2, 5)
    backup = stage.GetRootLayer().ExportToString()
    EDITS[name](stage)
    renderer.sync(looks=False)
    outlines = renderer.outlines(CAMERA)
    fresh = renderer_of(stage)
    assert [shape.path for shape in renderer.shapes] == [shape.path for shape in fresh.shapes]
    labels, truth = renderer.labels(CAMERA), fresh.labels(CAMERA)
    for field in ("shape", "distance", "depth", "normal", "position"):
        assert np.array_equal(getattr(labels, field), getattr(truth, field)), field
    for field in ("shape", "distance", "depth"):
        assert np.array_equal(getattr(outlines, field), getattr(truth, field)), f"{field} without looks"
    color = renderer.color(CAMERA, 2, 5)
    assert np.array_equal(color, fresh.color(CAMERA, 2, 5))
    assert not np.array_equal(color, before[1]), "the edit is seen"
    stage.GetRootLayer().ImportFromString(backup)
    renderer.sync()
    assert np.array_equal(renderer.labels(CAMERA).depth, before[0].depth)
    assert np.array_equal(renderer.color(CAMERA, 2, 5), before[1]), "and undone"


def test_a_pose_given_twice_is_the_same_frame_and_the_stage_takes_it_back() -> None:
    stage = scene()
    renderer = renderer_of(stage)
    first = renderer.color(CAMERA, 2, 1)
    pose = np.eye(4)
    pose[:3, 3] = (0.5, 0, 1.5)
    renderer.sync({"/World/body": pose})
    moved = renderer.color(CAMERA, 2, 1)
    assert not np.array_equal(moved, first)
    other = renderer_of(scene())
    other.sync({"/World/body": pose})
    assert np.array_equal(other.color(CAMERA, 2, 1), moved)
    EDITS["body moved"](stage)
    renderer.sync()
    assert renderer.transform(1)[:3, 3] == pytest.approx((0.3, 0.2, 0.6))


def test_edits_that_nobody_sees_cost_nothing() -> None:
    stage = scene()
    renderer = renderer_of(stage)
    built = renderer.scalar_scene()
    body = stage.GetPrimAtPath("/World/body")
    body.CreateAttribute("physics:mass", TYPES.Float).Set(2.0)
    body.CreateAttribute("semantics:labels:class", TYPES.TokenArray).Set(["ball"])
    UsdGeom.Camera.Define(stage, "/World/camera")
    renderer.sync()
    stage.GetPrimAtPath("/World/camera").GetAttribute("focalLength").Set(30.0)
    before = renderer.scalar_scene()
    renderer.sync()
    assert renderer.scalar_scene() is before and built is not None


def test_samples_and_seeds_are_addresses() -> None:
    renderer = renderer_of(scene())
    one = renderer.color(CAMERA, 3, 7)
    assert not np.array_equal(renderer.color(CAMERA, 3, 8), one)
    renderer.color(camera_at((3, 3, 3), (0, 0, 0), size=16), 2, 1)
    renderer.labels(CAMERA)
    assert np.array_equal(renderer.color(CAMERA, 3, 7), one)


def test_another_process_draws_the_same_frame(tmp_path: Path) -> None:
    file = tmp_path / "scene.usda"
    stage = scene()
    stage.GetRootLayer().Export(str(file))
    code = f"""
import sys, numpy as np
from pxr import Usd
from humanoid_brain.host.standalone.render.renderer import StageRenderer
from tests.host.test_render_edits import CAMERA
renderer = StageRenderer(Usd.Stage.Open({str(file)!r}), "cpu")
if sys.argv[1] == "1":
    renderer.color(CAMERA, 1, 1)
labels = renderer.labels(CAMERA)
np.savez({str(tmp_path)!r} + "/" + sys.argv[1], color=renderer.color(CAMERA, 3, 7), depth=labels.depth)
"""
    for run in "01":
        subprocess.run([sys.executable, "-c", code, run], check=True, cwd=Path(__file__).parents[2], timeout=120)
    here = renderer_of(Usd.Stage.Open(str(file)))
    for run in "01":
        there = np.load(tmp_path / f"{run}.npz", allow_pickle=False)
        assert np.array_equal(there["color"], here.color(CAMERA, 3, 7))
        assert np.array_equal(there["depth"], here.labels(CAMERA).depth)
