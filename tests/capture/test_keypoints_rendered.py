# SPDX-License-Identifier: Apache-2.0
"""Keypoints of the humanoid in rendered frames, seen from all sides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from humanoid_brain import host
from humanoid_brain.capture.keypoints import NAMES, Keypoints, read_keypoints
from humanoid_brain.config.robot import RobotConfig
from humanoid_brain.host.cameras import read_camera
from humanoid_brain.host.standalone import replicator as rep
from humanoid_brain.scene.author import author_humanoid

WIDTH, HEIGHT = 120, 160


@pytest.fixture(scope="module")
def robot() -> Iterator[Usd.Prim]:
    h = host.load("standalone")
    h.stage.create_new_stage()
    stage = h.stage.get_current_stage()
    UsdGeom.SetStageUpAxis(stage, "Z")
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    yield author_humanoid(stage, "/Robot", RobotConfig())
    h.stage.create_new_stage()


@pytest.fixture(scope="module")
def keypoints(robot: Usd.Prim) -> Keypoints:
    return read_keypoints(robot)


def visibility(robot: Usd.Prim, keypoints: Keypoints, eye: tuple[float, float, float]) -> dict[str, int]:
    """Visibility of each keypoint from ``eye``, looking at the robot's middle."""
    stage = robot.GetStage()
    camera = UsdGeom.Camera.Define(stage, "/camera")
    camera.ClearXformOpOrder()
    view = Gf.Matrix4d().SetLookAt(Gf.Vec3d(*eye), Gf.Vec3d(0, 0, 0.85), Gf.Vec3d(0, 0, 1))
    camera.AddTransformOp().Set(view.GetInverse())
    camera.CreateFocalLengthAttr(24.0)
    camera.CreateHorizontalApertureAttr(18.0)
    camera.CreateClippingRangeAttr(Gf.Vec2f(0.05, 100.0))
    product = rep.create.render_product("/camera", (WIDTH, HEIGHT))
    depth, masks = (rep.annotators.get(n) for n in ("distance_to_image_plane", "instance_segmentation_fast"))
    for annotator in (depth, masks):
        annotator.attach(product)
    rep.orchestrator.step()
    found = masks.get_data()
    number = next(i for i, path in found["info"]["idToLabels"].items() if path == "/Robot")
    cache = UsdGeom.XformCache()
    poses = {
        prim.GetName(): np.array(cache.GetLocalToWorldTransform(prim)).T
        for prim in Usd.PrimRange(robot)
        if prim.HasAPI(UsdPhysics.RigidBodyAPI)
    }
    model = read_camera(camera.GetPrim(), WIDTH, HEIGHT)
    rows = keypoints.project(model, keypoints.positions(poses), depth.get_data(), found["data"], number)
    return {name: int(row[2]) for name, row in zip(keypoints.names, rows, strict=True)}


def test_all_show_from_the_front(robot: Usd.Prim, keypoints: Keypoints) -> None:
    hidden = [name for name, seen in visibility(robot, keypoints, (3.2, 0.3, 1.0)).items() if seen != 2]
    assert hidden == []


def test_the_face_is_hidden_from_behind(robot: Usd.Prim, keypoints: Keypoints) -> None:
    seen = visibility(robot, keypoints, (-3.2, 0.1, 1.0))
    assert {seen[name] for name in ("nose", "left_eye", "right_eye")} == {1}
    limbs = [name for name in NAMES if name.split("_")[-1] in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")]
    assert [name for name in limbs if seen[name] != 2] == []


def test_the_far_side_is_hidden_from_the_side(robot: Usd.Prim, keypoints: Keypoints) -> None:
    seen = visibility(robot, keypoints, (0.2, 3.2, 1.0))
    assert {seen[f"left_{part}"] for part in ("ear", "shoulder", "elbow", "wrist", "knee", "ankle", "toe")} == {2}
    assert {seen[f"right_{part}"] for part in ("ear", "shoulder", "hip")} == {1}


def test_a_wall_hides_what_is_behind_it_and_the_border_cuts(robot: Usd.Prim, keypoints: Keypoints) -> None:
    stage = robot.GetStage()
    wall = UsdGeom.Cube.Define(stage, "/wall")
    wall.CreateSizeAttr(2.0)
    wall.AddTranslateOp().Set(Gf.Vec3d(1.0, 0.0, 0.0))
    wall.AddScaleOp().Set(Gf.Vec3f(0.05, 1.0, 0.7))
    try:
        seen = visibility(robot, keypoints, (3.2, 0.0, 0.9))
        assert {seen[f"{side}_{part}"] for side in ("left", "right") for part in ("knee", "ankle", "toe")} == {1}
        assert seen["nose"] == seen["left_shoulder"] == 2
    finally:
        stage.RemovePrim("/wall")
    close = visibility(robot, keypoints, (0.9, 0.0, 1.0))
    assert close["nose"] == close["left_toe"] == 0 and close["left_hip"] == 2
