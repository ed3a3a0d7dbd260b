# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from humanoid_brain.config.robot import RobotConfig
from humanoid_brain.errors import RobotError
from humanoid_brain.scene.kinematics import Tree, read_tree
from humanoid_brain.scene.robot import RobotModel, resolve
from humanoid_brain.scene.robots import open_robot


@pytest.fixture(scope="module")
def tree() -> Tree:
    asset = open_robot(RobotConfig())
    return read_tree(asset.prim)


@pytest.fixture(scope="module")
def model(tree: Tree) -> RobotModel:
    return resolve(RobotConfig(), tree.dof_names, list(tree.links))


def test_arrays_follow_the_order_that_is_given(tree: Tree, model: RobotModel) -> None:
    order = sorted(tree.dof_names)
    other = resolve(RobotConfig(), order, list(reversed(tree.links)))
    for field in ("nominal", "stiffness", "damping", "effort_limit", "velocity_limit", "armature", "action_scale"):
        straight = dict(zip(model.dof_names, getattr(model, field).tolist(), strict=True))
        assert getattr(other, field).tolist() == [straight[name] for name in order], field
        assert getattr(other, field).dtype == np.float32
    assert [other.body_names[i] for i in other.foot_indices] == ["left_foot", "right_foot"]
    assert other.body_names[other.torso_index] == "torso"
    assert other.body_names[other.root_index] == "pelvis"


def test_values_come_from_the_joint_s_group(model: RobotModel) -> None:
    groups = RobotConfig().joints
    for i, (name, group) in enumerate(zip(model.dof_names, model.groups, strict=True)):
        assert group in name
        assert model.stiffness[i] == groups[group].stiffness
        assert model.action_scale[i] == np.float32(groups[group].action_scale)


def test_mirroring_twice_changes_nothing_and_keeps_the_nominal_pose(model: RobotModel) -> None:
    def mirror(q: np.ndarray) -> np.ndarray:
        return model.mirror_sign * q[model.mirror_index]

    q = np.random.default_rng(0).normal(size=23)
    assert mirror(mirror(q)) == pytest.approx(q)
    assert mirror(model.nominal) == pytest.approx(model.nominal)


def test_a_mirrored_pose_is_the_reflection_of_the_pose(tree: Tree, model: RobotModel) -> None:
    q = np.random.default_rng(1).uniform(-0.5, 0.5, 23)
    mirrored = model.mirror_sign * q[model.mirror_index]
    one = tree.forward(dict(zip(model.dof_names, q.tolist(), strict=True)))
    other = tree.forward(dict(zip(model.dof_names, mirrored.tolist(), strict=True)))
    flip = np.diag([1.0, -1.0, 1.0, 1.0])
    for name in ("left_foot", "left_forearm", "head", "left_shin"):
        twin = name.replace("left_", "right_")
        assert other[twin] == pytest.approx(flip @ one[name] @ flip, abs=1e-6), name


def test_the_stance_is_that_of_the_crouch(model: RobotModel) -> None:
    # Hip 0.06 m below the pelvis, leg of 0.40 and 0.38 m bent by -0.25, 0.5, -0.25 rad, sole 0.08 m below the ankle.
    assert model.nominal_height == pytest.approx(0.06 + (0.40 + 0.38) * np.cos(0.25) + 0.08, abs=1e-6)
    assert model.sole_points[:, 2] == pytest.approx(-0.08)
    assert sorted(set(model.sole_points[:, 0].round(4).tolist())) == pytest.approx([-0.085, 0.155])
    assert sorted(set(model.sole_points[:, 1].round(4).tolist())) == pytest.approx([-0.05, 0.05])


def test_a_joint_without_a_group_or_with_two_is_named(tree: Tree) -> None:
    config = RobotConfig()
    config.joints["elbow"].pattern = "nothing"
    with pytest.raises(RobotError, match=r"no joint group matches .*left_elbow_joint, right_elbow_joint"):
        resolve(config, tree.dof_names, list(tree.links))
    config.joints["elbow"].pattern = ".*_(elbow|knee)_joint"
    with pytest.raises(RobotError, match=r"left_knee_joint \(knee, elbow\)"):
        resolve(config, tree.dof_names, list(tree.links))


def test_a_wrong_link_is_named_with_those_that_exist(tree: Tree) -> None:
    config = RobotConfig(torso_link="thorax")
    with pytest.raises(RobotError, match=r"no link thorax.*pelvis, waist, torso"):
        resolve(config, tree.dof_names, list(tree.links))


def test_a_joint_without_a_mirror_image_is_named(tree: Tree) -> None:
    names = [name for name in tree.dof_names if name != "right_knee_joint"]
    with pytest.raises(RobotError, match=r"left_knee_joint \(no right_knee_joint\)"):
        resolve(RobotConfig(), names, list(tree.links))
