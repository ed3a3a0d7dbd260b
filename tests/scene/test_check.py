# SPDX-License-Identifier: Apache-2.0
"""Each test breaks the biped in one way and looks for the finding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from humanoid_brain.config.robot import RobotConfig
from humanoid_brain.errors import RobotError
from humanoid_brain.scene.check import Finding, check_robot, require_fit
from humanoid_brain.scene.robots import open_robot
from tests.scene import bipeds


def findings(stage: Usd.Stage, change: Callable[[RobotConfig], None] | None = None) -> list[Finding]:
    stage.Save()
    config = bipeds.config(Path(stage.GetRootLayer().realPath))
    if change:
        change(config)
    return check_robot(open_robot(config), config)


@pytest.fixture
def stage(tmp_path: Path) -> Usd.Stage:
    return bipeds.usd(tmp_path / "biped.usda")


def test_the_built_in_humanoid_and_a_sound_biped_give_no_finding(stage: Usd.Stage) -> None:
    assert check_robot(open_robot(RobotConfig()), RobotConfig()) == []
    assert findings(stage) == []


def no_articulation(stage: Usd.Stage) -> None:
    stage.GetPrimAtPath("/biped/base").RemoveAPI(UsdPhysics.ArticulationRootAPI)


def two_articulations(stage: Usd.Stage) -> None:
    UsdPhysics.ArticulationRootAPI.Apply(stage.GetPrimAtPath("/biped/left_leg"))


def articulation_on_the_parent(stage: Usd.Stage) -> None:
    no_articulation(stage)
    UsdPhysics.ArticulationRootAPI.Apply(stage.GetPrimAtPath("/biped"))


def zero_inertia(stage: Usd.Stage) -> None:
    UsdPhysics.MassAPI(stage.GetPrimAtPath("/biped/left_leg")).GetDiagonalInertiaAttr().Set(Gf.Vec3f(0.0))


def impossible_inertia(stage: Usd.Stage) -> None:
    UsdPhysics.MassAPI(stage.GetPrimAtPath("/biped/left_leg")).GetDiagonalInertiaAttr().Set(Gf.Vec3f(1, 1, 3))


def no_mass(stage: Usd.Stage) -> None:
    UsdPhysics.MassAPI(stage.GetPrimAtPath("/biped/left_leg")).GetMassAttr().Set(0.0)


def mass_from_shapes(stage: Usd.Stage) -> None:
    stage.GetPrimAtPath("/biped/left_sole").RemoveAPI(UsdPhysics.MassAPI)


def no_drive(stage: Usd.Stage) -> None:
    stage.GetPrimAtPath("/biped/joints/left_hip").RemoveAPI(UsdPhysics.DriveAPI, "angular")


def no_sole(stage: Usd.Stage) -> None:
    stage.RemovePrim("/biped/left_sole/box")


def loose_link(stage: Usd.Stage) -> None:
    stage.RemovePrim("/biped/joints/right_hip")


def spherical_joint(stage: Usd.Stage) -> None:
    joint = UsdPhysics.SphericalJoint.Define(stage, "/biped/joints/right_hip")
    assert joint


def centimetres(stage: Usd.Stage) -> None:
    UsdGeom.SetStageMetersPerUnit(stage, 0.01)


def y_up(stage: Usd.Stage) -> None:
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)


def kit_script(stage: Usd.Stage) -> None:
    stage.GetPrimAtPath("/biped/base").AddAppliedSchema("OmniScriptingAPI")


def kit_script_attribute(stage: Usd.Stage) -> None:
    kind = Sdf.ValueTypeNames.AssetArray
    stage.GetPrimAtPath("/biped/base").CreateAttribute("omni:scripting:scripts", kind).Set(
        Sdf.AssetPathArray([Sdf.AssetPath("./evil.py")])
    )


def script_node(stage: Usd.Stage) -> None:
    node = stage.DefinePrim("/biped/graph/node")
    node.CreateAttribute("node:type", Sdf.ValueTypeNames.Token).Set("omni.graph.scriptnode.ScriptNode")


def escape(stage: Usd.Stage) -> None:
    stage.GetPrimAtPath("/biped/base").CreateAttribute("texture", Sdf.ValueTypeNames.Asset).Set("../../secret.png")


def network(stage: Usd.Stage) -> None:
    stage.DefinePrim("/biped/extra").GetReferences().AddReference("https://example.com/arm.usd")


def anchored(stage: Usd.Stage) -> None:
    joint = UsdPhysics.FixedJoint.Define(stage, "/biped/joints/world")
    joint.CreateBody1Rel().SetTargets(["/biped/base"])


@pytest.mark.parametrize(
    ("damage", "severity", "where", "what"),
    [
        (no_articulation, "error", "base", "no prim carries PhysicsArticulationRootAPI"),
        (two_articulations, "error", "/biped/base, /biped/left_leg", "several articulation roots"),
        (articulation_on_the_parent, "warning", "/biped", "not on the root link"),
        (zero_inertia, "error", "left_leg", "inertia is zero"),
        (impossible_inertia, "error", "left_leg", "no body has the principal moments (1, 1, 3)"),
        (no_mass, "error", "left_leg", "neither mass nor shape"),
        (mass_from_shapes, "warning", "left_sole", "no mass of its own"),
        (no_drive, "warning", "left_hip", "no drive"),
        (no_sole, "error", "left_sole", "no collision shape"),
        (loose_link, "error", "right_leg", "no joint connects"),
        (spherical_joint, "error", "/biped/joints/right_hip", "PhysicsSphericalJoint joint is not supported"),
        (centimetres, "error", "metersPerUnit", "0.01"),
        (y_up, "error", "upAxis", "Y"),
        (kit_script, "error", "/biped/base", "script"),
        (kit_script_attribute, "error", "/biped/base", "script"),
        (script_node, "error", "/biped/graph/node", "script"),
        (network, "error", "https:/example.com/arm.usd", "on the network"),
        (anchored, "warning", "/biped/joints/world", "holds the robot to the world"),
    ],
)
def test_a_broken_robot_is_found_out(
    stage: Usd.Stage, damage: Callable[[Usd.Stage], None], severity: str, where: str, what: str
) -> None:
    damage(stage)
    found = [f for f in findings(stage) if f.where == where and what in f.what]
    assert [f.severity for f in found] == [severity], findings(stage)
    assert found[0].todo


def test_a_file_outside_the_robot_s_folder_is_found_out(tmp_path: Path) -> None:
    home = tmp_path / "vendor" / "biped"
    home.mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(b"png")
    stage = bipeds.usd(home / "biped.usda")
    escape(stage)
    found = [f for f in findings(stage) if "outside the robot's folder" in f.what]
    assert len(found) == 1 and found[0].severity == "error" and found[0].where.endswith("secret.png")


def rename_root(config: RobotConfig) -> None:
    config.root_link = "left_leg"


def unknown_foot(config: RobotConfig) -> None:
    config.feet = ("left_sole", "right_hoof")


def wrong_joint_name(config: RobotConfig) -> None:
    config.joints["hip"].pattern = "(left|right)_hips"


def two_groups(config: RobotConfig) -> None:
    config.joints["ankle"].pattern = ".*"


def unreachable(config: RobotConfig) -> None:
    config.joints["hip"].nominal = -1.2


def wrong_side(config: RobotConfig) -> None:
    config.right_prefix = "r_"


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (rename_root, "root_link", "the link without a parent joint is 'base'"),
        (unknown_foot, "feet", "no link 'right_hoof'"),
        (wrong_joint_name, "joints.hip", "matches no joint"),
        (wrong_joint_name, "left_hip", "no joint group matches it"),
        (two_groups, "left_hip", "joint groups hip, ankle all match it"),
        (unreachable, "left_hip", "-1.2 rad is outside its limits -0.994838 to 0.994838 rad"),
        (wrong_side, "left_hip", "no joint 'r_hip' to mirror it"),
    ],
)
def test_a_wrong_description_is_found_out(
    stage: Usd.Stage, change: Callable[[RobotConfig], None], where: str, what: str
) -> None:
    found = [f for f in findings(stage, change) if f.where == where and what in f.what]
    assert [f.severity for f in found] == ["error"], findings(stage, change)


def test_one_error_lists_everything_that_is_wrong(stage: Usd.Stage) -> None:
    no_articulation(stage)
    no_drive(stage)
    stage.Save()
    config = bipeds.config(Path(stage.GetRootLayer().realPath))
    unreachable(config)
    with pytest.raises(RobotError) as caught:
        require_fit(open_robot(config), config)
    text = str(caught.value)
    assert "3 errors" in text and "biped.usda" in text
    assert "PhysicsArticulationRootAPI" in text and "left_hip: the nominal position" in text and "no drive" in text
