# SPDX-License-Identifier: Apache-2.0
"""Keypoints of the humanoid: where they are, and whether they are outside, hidden or seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from humanoid_brain.capture.keypoints import NAMES, Keypoints, read_keypoints
from humanoid_brain.config.robot import RobotConfig
from humanoid_brain.errors import SceneError
from humanoid_brain.optics import Array, CameraModel
from humanoid_brain.scene.author import author_humanoid
from humanoid_brain.scene.schemas import add_label

# At (0, -4, 1), looking along +y with z up: 64 pixels of focal length, 64 by 48 pixels.
POSE = np.array([[1.0, 0, 0, 0], [0, 0, -1, -4], [0, 1, 0, 1], [0, 0, 0, 1]])
CAMERA = CameraModel(64, 48, 64.0, 64.0, 32.0, 24.0, POSE, near=0.1)
ROBOT = 7


@pytest.fixture(scope="module")
def humanoid() -> Iterator[Usd.Prim]:
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    yield author_humanoid(stage, "/Robot", RobotConfig())


@pytest.fixture(scope="module")
def keypoints(humanoid: Usd.Prim) -> Keypoints:
    return read_keypoints(humanoid)


def link_poses(robot: Usd.Prim) -> dict[str, Array]:
    cache = UsdGeom.XformCache()
    return {
        prim.GetName(): np.array(cache.GetLocalToWorldTransform(prim)).T
        for prim in Usd.PrimRange(robot)
        if prim.HasAPI(UsdPhysics.RigidBodyAPI)
    }


def one_point(radius: float = 0.1) -> Keypoints:
    return Keypoints(("nose",), (), ("head",), np.zeros((1, 3)), np.array([radius]))


def wall(depth: float, instance: int = ROBOT) -> tuple[np.ndarray, np.ndarray]:
    return np.full((48, 64), depth, np.float32), np.full((48, 64), instance, np.uint16)


def test_the_humanoid_has_cocos_keypoints_and_three_more(keypoints: Keypoints) -> None:
    assert keypoints.names == NAMES and len(NAMES) == 20
    coco = "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist"
    coco += " right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle"
    assert " ".join(NAMES[:17]) == coco
    bones = {(keypoints.names[a], keypoints.names[b]) for a, b in keypoints.skeleton}
    assert ("left_shoulder", "left_elbow") in bones and ("right_ankle", "right_toe") in bones
    assert {name for bone in bones for name in bone} == set(NAMES)


def test_positions_are_those_of_the_labelled_frames(humanoid: Usd.Prim, keypoints: Keypoints) -> None:
    poses = link_poses(humanoid)
    cache = UsdGeom.XformCache()
    stage = humanoid.GetStage()
    expected = [
        cache.GetLocalToWorldTransform(stage.GetPrimAtPath(f"/Robot/{link}/keypoint_{name}")).ExtractTranslation()
        for name, link in zip(keypoints.names, keypoints.links, strict=True)
    ]
    np.testing.assert_allclose(keypoints.positions(poses), expected, atol=1e-6)
    turn = np.array([[0.0, -1, 0, 3], [1, 0, 0, -2], [0, 0, 1, 1], [0, 0, 0, 1]])
    moved = keypoints.positions({name: turn @ pose for name, pose in poses.items()})
    np.testing.assert_allclose(moved, np.array(expected) @ turn[:3, :3].T + turn[:3, 3], atol=1e-6)
    with pytest.raises(SceneError, match="no pose for head"):
        keypoints.positions({name: pose for name, pose in poses.items() if name != "head"})


def test_radii_are_those_of_the_body_around_each_joint(keypoints: Keypoints) -> None:
    radius = dict(zip(keypoints.names, keypoints.radii, strict=True))
    for name in ("left_hip", "left_knee", "left_shoulder", "right_elbow", "neck"):
        assert 0.06 < radius[name] < 0.13, name  # half a limb's width to a little more than it
    for name in ("nose", "left_eye", "right_ear", "left_toe"):
        assert 0.01 < radius[name] < 0.05, name  # on the surface
    for name in NAMES:
        if name.startswith("left_"):
            assert radius[name] == pytest.approx(radius[name.replace("left", "right")], abs=0.006), name


def test_a_cylinder_has_its_own_radius() -> None:
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    body = UsdGeom.Xform.Define(stage, "/robot/link")
    UsdPhysics.RigidBodyAPI.Apply(body.GetPrim())
    mesh = UsdGeom.Mesh.Define(stage, "/robot/link/tube")
    turn = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    ring = np.stack([0.05 * np.cos(turn), 0.05 * np.sin(turn)], -1)
    points = np.concatenate([np.c_[ring, np.full(48, z)] for z in (-0.4, 0.4)])
    quads = [[i, (i + 1) % 48, 48 + (i + 1) % 48, 48 + i] for i in range(48)]
    mesh.CreatePointsAttr([Gf.Vec3f(*point) for point in points.tolist()])
    mesh.CreateFaceVertexCountsAttr([4] * 48)
    mesh.CreateFaceVertexIndicesAttr([corner for quad in quads for corner in quad])
    frame = UsdGeom.Xform.Define(stage, "/robot/link/keypoint")
    add_label(frame.GetPrim(), "left_knee", "keypoint")
    found = read_keypoints(stage.GetPrimAtPath("/robot"))
    # 1.5 times what 40 % of rays from the axis need to leave it, 1.09 radii, and the margin of 15 mm.
    assert found.radii == pytest.approx([1.5 * 0.05 / np.sqrt(1 - 0.4**2) + 0.015], abs=0.002)


@pytest.mark.parametrize(
    ("position", "visibility"),
    [
        ((0.0, 0.0, 1.0), 2.0),
        ((0.0, -8.0, 1.0), 0.0),  # behind the camera
        ((2.1, 0.0, 1.0), 0.0),  # to the right of the image
        ((0.0, 0.0, 2.6), 0.0),  # above it
        ((0.0, -3.95, 1.0), 0.0),  # nearer than the near plane
    ],
)
def test_what_is_outside_of_the_image_is_not_labelled(position: tuple[float, ...], visibility: float) -> None:
    depth, instances = wall(4.0)
    ((u, v, seen),) = one_point().project(CAMERA, np.array([position]), depth, instances, ROBOT)
    assert seen == visibility
    assert (u, v) == ((32.0, 24.0) if visibility else (0.0, 0.0))


@pytest.mark.parametrize(
    ("surface", "instance", "visibility"),
    [
        (3.95, ROBOT, 2.0),  # the skin, 5 cm in front of the joint
        (3.85, ROBOT, 1.0),  # the robot's own arm, 15 cm in front
        (3.0, 3, 1.0),  # another thing
        (4.0, 3, 1.0),  # another thing right there
        (np.inf, 0, 1.0),  # nothing of the robot is drawn there
    ],
)
def test_a_joint_shows_when_its_own_skin_is_in_front(surface: float, instance: int, visibility: float) -> None:
    depth, instances = wall(surface, instance)
    ((_, _, seen),) = one_point(radius=0.1).project(CAMERA, np.array([[0.0, 0.0, 1.0]]), depth, instances, ROBOT)
    assert seen == visibility


def test_a_point_beside_the_silhouette_counts_as_seen() -> None:
    depth, instances = wall(np.inf, 0)
    instances[:, :32], depth[:, :32] = ROBOT, 4.0  # the point is at pixel 32.0, the first column that is not robot
    assert one_point().project(CAMERA, np.array([[0.0, 0.0, 1.0]]), depth, instances, ROBOT)[0, 2] == 2.0
    away = np.array([[0.2, 0.0, 1.0]])  # three pixels away
    assert one_point().project(CAMERA, away, depth, instances, ROBOT)[0, 2] == 1.0


def test_a_robot_without_keypoints_is_refused() -> None:
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.Xform.Define(stage, "/robot")
    with pytest.raises(SceneError, match="/robot: the robot has no keypoints"):
        read_keypoints(stage.GetPrimAtPath("/robot"))
    add_label(UsdGeom.Xform.Define(stage, "/robot/nose").GetPrim(), "nose", "keypoint")
    with pytest.raises(SceneError, match="/robot/nose: a keypoint is on no link"):
        read_keypoints(stage.GetPrimAtPath("/robot"))
