# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
from pxr import Usd, UsdGeom

from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.errors import RobotError
from humanoid_brain.scene.build import write_scene
from humanoid_brain.scene.check import check_robot
from humanoid_brain.scene.kinematics import read_tree
from humanoid_brain.scene.robot import resolve
from humanoid_brain.scene.robots import open_robot
from tests.scene import bipeds


@pytest.mark.parametrize(
    ("name", "text"), [("biped.urdf", bipeds.urdf()), ("biped.xml", bipeds.mjcf())], ids=["urdf", "mjcf"]
)
def test_urdf_and_mjcf_are_converted_and_fit_their_description(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    config = bipeds.config(path)
    asset = open_robot(config)
    assert [f for f in check_robot(asset, config) if f.severity == "error"] == []
    tree = read_tree(asset.prim)
    assert tree.root == "base"
    assert sorted(tree.dof_names) == ["left_ankle", "left_hip", "right_ankle", "right_hip"]
    model = resolve(config, tree.dof_names, list(tree.links), asset)
    # Hip 0.1 m below the base, leg 0.4 m turned by -0.2 rad, level sole 0.05 m below the ankle.
    assert model.nominal_height == pytest.approx(0.1 + 0.4 * 0.980067 + 0.05, abs=1e-5)
    assert sorted(p.name for p in tmp_path.iterdir()) == [name], "nothing is written next to the robot"


def test_a_conversion_goes_into_the_folder_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "biped.urdf"
    path.write_text(bipeds.urdf())
    asset = open_robot(bipeds.config(path), tmp_path / "out")
    assert asset.file == tmp_path / "out" / "biped.usd"


def test_a_written_scene_keeps_its_converted_robot_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "biped.urdf"
    path.write_text(bipeds.urdf())
    scene = tmp_path / "out" / "scene.usda"
    scene.parent.mkdir()
    write_scene(SceneConfig(robot=bipeds.config(path)), scene)
    assert "@scene_robot/biped.usd@" in scene.read_text().replace("./", "")
    stage = Usd.Stage.Open(str(scene))
    sole = stage.GetPrimAtPath("/World/envs/env_0/Robot/Geometry/base/left_leg/left_sole")
    assert UsdGeom.XformCache().GetLocalToWorldTransform(sole).ExtractTranslation()[2] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.urdf", "<robot", "cannot be converted to USD"),
        ("a.urdf", "", "cannot be converted to USD"),
        ("a.xml", "<mujoco><worldbody><geom size='x'/></worldbody></mujoco>", "bad format in attribute"),
        ("a.xml", "not xml", "cannot be converted to USD"),
    ],
)
def test_a_broken_urdf_or_mjcf_is_one_clear_error(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(RobotError, match=message) as caught:
        open_robot(bipeds.config(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.usd", b"PXR-USDC broken", "not a readable USD file"),
        ("a.usda", b"#usda 1.0\ndef Xform 'a' {", "not a readable USD file"),
        ("a.usda", b'#usda 1.0\ndef Xform "a" {}\n', "no default prim"),
        ("a.obj", b"v 0 0 0", "no kind of robot file"),
    ],
)
def test_a_broken_usd_or_another_kind_of_file_is_one_clear_error(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RobotError, match=message) as caught:
        open_robot(bipeds.config(path))
    assert str(path) in str(caught.value)


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RobotError, match=r"there is no such robot file\. Check robot\.source\.path"):
        open_robot(bipeds.config(tmp_path / "nowhere.usd"))


@pytest.mark.parametrize(
    "mesh", ["../../../etc/passwd", "/etc/passwd", "https://example.com/a.stl", "package://robot/../../a.stl"]
)
def test_a_urdf_that_reaches_out_of_its_folder_is_refused(tmp_path: Path, mesh: str) -> None:
    folder = tmp_path / "vendor" / "biped"
    folder.mkdir(parents=True)
    path = folder / "biped.urdf"
    path.write_text(bipeds.urdf(f'<visual><geometry><mesh filename="{mesh}"/></geometry></visual>'))
    with pytest.raises(RobotError, match="outside its folder") as caught:
        open_robot(bipeds.config(path))
    assert mesh in str(caught.value)
