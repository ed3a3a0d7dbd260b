# SPDX-License-Identifier: Apache-2.0
"""Outlines are what labels show, though they are drawn without looks and without what is beside the picture."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdLux, UsdPhysics

from humanoid_brain.host.standalone.render import outlines
from humanoid_brain.host.standalone.render.outlines import Outline
from humanoid_brain.host.standalone.render.renderer import StageRenderer
from humanoid_brain.host.standalone.render.solids import solid
from tests.host.render_scenes import add_dome, add_material, add_quad, bind, camera_at, new_stage, paint, renderer_of
from tests.host.test_render_labels import LENSES

EYE, TARGET = (0.3, -0.2, 0.8), (2.0, 0.1, 0.6)


@pytest.fixture(scope="module")
def room() -> Usd.Stage:
    """A camera's surroundings: walls that reach past it, things beside, behind and before it, one of them mirrored."""
    stage = new_stage()
    add_dome(stage)
    add_quad(stage, "/World/floor", 12.0)
    wall = add_quad(stage, "/World/wall", 12.0)
    wall.AddTranslateOp().Set(Gf.Vec3d(4.0, 0.0, 0.0))
    wall.AddRotateYOp().Set(80.0)
    random = np.random.default_rng(3)
    for i, place in enumerate(random.uniform((-3, -3, 0), (3.5, 3, 1.5), (40, 3)).tolist()):
        kind = (UsdGeom.Sphere, UsdGeom.Cube, UsdGeom.Cone, UsdGeom.Capsule)[i % 4]
        shape = kind.Define(stage, f"/World/solid_{i}")
        shape.AddTranslateOp().Set(Gf.Vec3d(*place))
        shape.AddScaleOp().Set(Gf.Vec3f(-0.2 if i % 3 else 0.2, 0.15, 0.2))
    hidden = UsdGeom.Cube.Define(stage, "/World/hidden")
    hidden.AddTranslateOp().Set(Gf.Vec3d(1.0, 0.0, 0.7))
    hidden.MakeInvisible()
    lamp = UsdLux.SphereLight.Define(stage, "/World/lamp")  # hides what is behind it
    lamp.CreateRadiusAttr(0.1)
    lamp.AddTranslateOp().Set(Gf.Vec3d(1.2, 0.2, 0.7))
    return stage


def differing(renderer: StageRenderer, stage: Usd.Stage, **lens: object) -> list[str]:
    camera = camera_at(EYE, TARGET, size=96, focal=40, **lens)
    groups = [[i] for i in range(len(renderer.shapes))]
    outlines = renderer.outlines(camera)
    alone = renderer.visible_alone(camera, groups, outlines)
    whole = renderer_of(stage)
    drawn = whole.outlines(camera, drawn=True)
    assert whole._scene is not None, "a picture would need another scene"
    labels = whole.labels(camera)
    found = [
        name
        for name in ("shape", "distance", "depth")
        for seen in (outlines, drawn)
        if not np.array_equal(getattr(seen, name), getattr(labels, name))
    ]
    assert len(np.unique(labels.shape)) > 10
    return found + ([] if alone == whole.visible_alone(camera, groups) else ["alone"])


@pytest.mark.parametrize("lens", LENSES)
def test_outlines_are_those_of_labels_through_every_lens(room: Usd.Stage, lens: str) -> None:
    assert differing(renderer_of(room), room, **LENSES[lens]) == []


def test_what_is_too_near_or_too_far_is_not_seen(room: Usd.Stage) -> None:
    assert differing(renderer_of(room), room, near=0.9, far=3.0) == []


def test_an_empty_view_has_no_outlines() -> None:
    stage = new_stage()
    UsdGeom.Cube.Define(stage, "/World/behind").AddTranslateOp().Set(Gf.Vec3d(-5.0, 0.0, 0.0))
    outlines = renderer_of(stage).outlines(camera_at(EYE, TARGET))
    assert (outlines.shape == -1).all() and np.isinf(outlines.depth).all() and np.isinf(outlines.distance).all()


def test_what_is_transparent_is_looked_through_and_comes_back(room: Usd.Stage) -> None:
    stage = Usd.Stage.CreateInMemory()
    stage.GetRootLayer().TransferContent(room.GetRootLayer())
    renderer = renderer_of(stage)
    pane = add_quad(stage, "/World/pane", 3.0)
    pane.AddTranslateOp().Set(Gf.Vec3d(0.9, 0.0, 0.6))
    pane.AddRotateYOp().Set(90.0)
    paint(stage, pane, (0.5, 0.5, 0.5))
    renderer.sync(looks=False)
    solid = renderer.outlines(camera_at(EYE, TARGET))
    bind(pane.GetPrim(), add_material(stage, "/World/Looks/glass", opacity=0.2))
    renderer.sync(looks=False)
    assert differing(renderer, stage) == []
    assert (renderer.outlines(camera_at(EYE, TARGET)).depth > solid.depth).any()


@pytest.mark.parametrize(("near", "share"), [(0.1, 0.4), (1.6, 1.0)], ids=["before it", "begins within it"])
def test_backs_of_what_is_closed_are_left_out_where_no_ray_begins_within(near: float, share: float) -> None:
    stage = new_stage()
    ball = UsdGeom.Sphere.Define(stage, "/World/ball")
    ball.CreateRadiusAttr(0.3)
    ball.AddTranslateOp().Set(Gf.Vec3d(*TARGET))
    made = solid(ball.GetPrim())
    assert made is not None
    place = np.eye(4)
    place[:3, 3] = TARGET
    piece = Outline(0, made.points + np.array(TARGET), made, place)
    _, faces, _ = outlines._in_view([piece], camera_at(EYE, TARGET, near=near, **LENSES["opencv"]))
    assert len(faces) / len(made.faces) == pytest.approx(share, abs=0.1)


def test_what_is_nowhere_or_flat_is_no_obstacle(room: Usd.Stage) -> None:
    """A body whose simulation broke has no pose; a piece may be scaled to nothing in one direction."""
    stage = Usd.Stage.CreateInMemory()
    stage.GetRootLayer().TransferContent(room.GetRootLayer())
    lost = UsdGeom.Cube.Define(stage, "/World/lost")
    UsdPhysics.RigidBodyAPI.Apply(lost.GetPrim())
    flat = UsdGeom.Sphere.Define(stage, "/World/flat")
    flat.AddTranslateOp().Set(Gf.Vec3d(1.6, -0.1, 0.7))
    flat.AddScaleOp().Set(Gf.Vec3f(0.0, 0.2, 0.2))
    renderer = renderer_of(stage)
    renderer.sync({"/World/lost": np.full((4, 4), np.nan)})
    seen = [renderer.shapes[i].path for i in np.unique(renderer.outlines(camera_at(EYE, TARGET)).shape) if i >= 0]
    assert "/World/lost" not in seen and "/World/flat" in seen and "/World/floor" in seen


@pytest.mark.parametrize("lens", LENSES)
def test_an_object_alone_covers_what_it_would_without_the_rest(room: Usd.Stage, lens: str) -> None:
    stage = Usd.Stage.CreateInMemory()
    stage.GetRootLayer().TransferContent(room.GetRootLayer())
    stage.RemovePrim("/World/lamp")
    camera = camera_at(EYE, TARGET, size=96, focal=40, **LENSES[lens])
    renderer, alone = renderer_of(room), renderer_of(stage)
    outlines = renderer.outlines(camera)
    shown, count = np.unique(outlines.shape[outlines.shape >= 0], return_counts=True)
    groups = [[i] for i in shown.tolist()]
    counted = renderer.visible_alone(camera, groups, outlines)
    assert counted == renderer.visible_alone(camera, groups)
    every = [UsdGeom.Imageable(stage.GetPrimAtPath(shape.path)) for shape in renderer.shapes]
    for each in every:
        each.MakeInvisible()
    truth: list[int] = []
    for i in shown.tolist():
        every[i].MakeVisible()
        alone.sync()
        truth.append(int((alone.labels(camera).shape == i).sum()))
        every[i].MakeInvisible()
    assert counted == truth
    assert len(shown) > 10 and (np.array(truth) > count).sum() > 5  # some are hidden in part


def test_outlines_are_those_of_labels_wherever_the_camera_stands() -> None:
    """Long, flat and mirrored things that reach into the picture, around the camera and past it."""
    stage, random = new_stage(), np.random.default_rng(11)
    for i, place in enumerate(random.uniform(-3.0, 3.0, (60, 3)).tolist()):
        kind = (UsdGeom.Sphere, UsdGeom.Cube, UsdGeom.Cone, UsdGeom.Capsule)[i % 4]
        shape = kind.Define(stage, f"/World/solid_{i}")
        shape.AddTranslateOp().Set(Gf.Vec3d(*place))
        shape.AddRotateXYZOp().Set(Gf.Vec3f(*random.uniform(-180.0, 180.0, 3).tolist()))
        scale = ((1.5, 0.04, 0.06), (0.3, 0.2, -0.25), (0.8, 0.7, 0.0), (0.02, 0.9, 0.5))[i // 4 % 4]
        shape.AddScaleOp().Set(Gf.Vec3f(*scale))
    coarse, whole = renderer_of(stage), renderer_of(stage)
    for eye, target in random.uniform(-2.5, 2.5, (25, 2, 3)):
        camera = camera_at(eye, target, size=80, focal=70)
        labels = whole.labels(camera)
        assert np.array_equal(coarse.outlines(camera).shape, labels.shape)
        assert len(np.unique(labels.shape)) > 3
