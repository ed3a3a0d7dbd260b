# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from humanoid_brain.scene.kinematics import collision_points, read_tree
from tests.scene import bipeds


@pytest.fixture
def stage(tmp_path: Path) -> Usd.Stage:
    return bipeds.usd(tmp_path / "biped.usda")


def test_links_and_joints_are_read_from_the_root_outwards(stage: Usd.Stage) -> None:
    tree = read_tree(stage.GetPrimAtPath("/biped"))
    assert tree.root == "base"
    assert set(tree.dof_names[:2]) == {"left_hip", "right_hip"}
    assert [(joint.parent, joint.child) for joint in tree.joints if joint.name == "left_ankle"] == [
        ("left_leg", "left_sole")
    ]
    assert tree.joints[0].upper == pytest.approx(math.radians(57.0))
    assert tree.loose == [] and tree.anchors == []


def test_joint_frames_on_both_sides_decide_where_a_link_is(stage: Usd.Stage) -> None:
    joint = UsdPhysics.RevoluteJoint(stage.GetPrimAtPath("/biped/joints/left_hip"))
    quarter = Gf.Quatf(math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5))  # 90 degrees about z: the joint's y is the link's -x
    joint.CreateLocalRot0Attr(quarter)
    joint.CreateLocalRot1Attr(quarter)
    joint.CreateLocalPos1Attr(Gf.Vec3f(0.0, 0.0, 0.05))
    leg = read_tree(stage.GetPrimAtPath("/biped")).forward({"left_hip": math.pi / 2})["left_leg"]
    # The hip is at (0, 0.1, -0.1) of the base; turned about -x, the leg's origin, 0.05 m below it, goes to -y.
    assert leg[:3, 3] == pytest.approx([0.0, 0.1 - 0.05, -0.1], abs=1e-6)
    assert leg[:3, 2] == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)


def test_a_sliding_joint_moves_along_its_axis(stage: Usd.Stage) -> None:
    stage.RemovePrim("/biped/joints/left_hip")
    joint = UsdPhysics.PrismaticJoint.Define(stage, "/biped/joints/left_hip")
    joint.CreateBody0Rel().SetTargets(["/biped/base"])
    joint.CreateBody1Rel().SetTargets(["/biped/left_leg"])
    joint.CreateAxisAttr("Z")
    pose = read_tree(stage.GetPrimAtPath("/biped")).forward({"left_hip": 0.3})["left_leg"]
    assert pose[:3, 3] == pytest.approx([0.0, 0.0, 0.3])


def test_collision_points_span_the_shapes_of_one_link_only(stage: Usd.Stage) -> None:
    sole = stage.GetPrimAtPath("/biped/left_sole")
    points = collision_points(sole)
    assert points.min(0) == pytest.approx([-0.07, -0.05, -0.05], abs=1e-6)
    assert points.max(0) == pytest.approx([0.13, 0.05, -0.01], abs=1e-6)
    nested = UsdGeom.Xform.Define(stage, "/biped/left_sole/toe")
    UsdPhysics.RigidBodyAPI.Apply(nested.GetPrim())
    far = UsdGeom.Sphere.Define(stage, "/biped/left_sole/toe/shape")
    far.CreateRadiusAttr(5.0)
    UsdPhysics.CollisionAPI.Apply(far.GetPrim())
    assert np.array_equal(collision_points(sole), points)


@pytest.mark.parametrize(
    ("kind", "extent"), [("Sphere", (0.2, 0.2, 0.2)), ("Capsule", (0.2, 0.2, 0.5)), ("Cylinder", (0.2, 0.2, 0.3))]
)
def test_round_shapes_reach_as_far_as_they_should(stage: Usd.Stage, kind: str, extent: tuple[float, ...]) -> None:
    shape = getattr(UsdGeom, kind).Define(stage, "/biped/base/shape")
    shape.CreateRadiusAttr(0.2)
    if kind != "Sphere":
        shape.CreateHeightAttr(0.6)
    UsdPhysics.CollisionAPI.Apply(shape.GetPrim())
    assert collision_points(stage.GetPrimAtPath("/biped/base")).max(0) == pytest.approx(extent)
