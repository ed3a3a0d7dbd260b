# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pxr import Sdf, Usd, UsdGeom, UsdPhysics, UsdSemantics, UsdShade, UsdValidation

from humanoid_brain.config.robot import HumanoidSource, RobotConfig
from humanoid_brain.scene.humanoid import humanoid_links
from humanoid_brain.scene.kinematics import read_tree
from humanoid_brain.scene.robot import resolve
from humanoid_brain.scene.robots import open_robot

KEYPOINTS = {"nose", "neck"} | {
    f"{side}_{part}"
    for side in ("left", "right")
    for part in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe")
}


@pytest.fixture(scope="module")
def stage() -> Usd.Stage:
    return open_robot(RobotConfig()).stage


def links(stage: Usd.Stage) -> list[Usd.Prim]:
    return [prim for prim in stage.Traverse() if prim.HasAPI(UsdPhysics.RigidBodyAPI)]


def test_usd_s_own_validators_find_no_error(stage: Usd.Stage) -> None:
    stage.SetDefaultPrim(stage.GetPrimAtPath("/Robot"))
    registry = UsdValidation.ValidationRegistry()
    validators = registry.GetOrLoadAllValidators()
    assert len(validators) > 10
    errors = UsdValidation.ValidationContext(validators).Validate(stage)
    assert [f"{error.GetName()}: {error.GetMessage()}" for error in errors] == []


def test_the_articulation_root_sits_on_the_pelvis_and_nowhere_else(stage: Usd.Stage) -> None:
    roots = [str(prim.GetPath()) for prim in stage.Traverse() if prim.HasAPI(UsdPhysics.ArticulationRootAPI)]
    assert roots == ["/Robot/pelvis"]
    pelvis = stage.GetPrimAtPath("/Robot/pelvis")
    assert "PhysxArticulationAPI" in pelvis.GetAppliedSchemas() + list(
        pelvis.GetMetadata("apiSchemas").GetAddedOrExplicitItems()
    )
    assert pelvis.GetAttribute("physxArticulation:sleepThreshold").Get() == 0.0
    assert pelvis.GetAttribute("physxArticulation:enabledSelfCollisions").Get() is False


def test_every_link_has_mass_centre_and_inertia_as_computed(stage: Usd.Stage) -> None:
    expected = {link.name: link.inertial for link in humanoid_links(HumanoidSource())}
    assert {prim.GetName() for prim in links(stage)} == set(expected)
    for prim in links(stage):
        api, body = UsdPhysics.MassAPI(prim), expected[prim.GetName()]
        assert api.GetMassAttr().Get() == pytest.approx(body.mass)
        assert np.array(api.GetCenterOfMassAttr().Get()) == pytest.approx(body.com, abs=1e-7)
        assert sorted(api.GetDiagonalInertiaAttr().Get()) == pytest.approx(
            sorted(np.linalg.eigvalsh(body.inertia)), rel=1e-6
        )
        assert api.GetPrincipalAxesAttr().Get().GetLength() == pytest.approx(1.0)


def test_every_joint_has_a_drive_with_gains_per_degree_and_limits_in_both_schemas(stage: Usd.Stage) -> None:
    config = RobotConfig()
    knee = stage.GetPrimAtPath("/Robot/joints/left_knee_joint")
    drive = UsdPhysics.DriveAPI(knee, "angular")
    group = config.joints["knee"]
    assert drive.GetStiffnessAttr().Get() == pytest.approx(group.stiffness * math.pi / 180)
    assert drive.GetDampingAttr().Get() == pytest.approx(group.damping * math.pi / 180)
    assert drive.GetMaxForceAttr().Get() == pytest.approx(group.effort_limit)
    assert drive.GetTargetPositionAttr().Get() == pytest.approx(math.degrees(group.nominal))
    assert knee.GetAttribute("state:angular:physics:position").Get() == pytest.approx(math.degrees(group.nominal))
    for schema in ("physxJoint", "physxJointAxis:angular"):
        assert knee.GetAttribute(f"{schema}:armature").Get() == pytest.approx(group.armature)
        speed = knee.GetAttribute(f"{schema}:maxJointVelocity").Get()
        assert speed == pytest.approx(math.degrees(group.velocity_limit))
    tree = read_tree(stage.GetPrimAtPath("/Robot"))
    assert len(tree.dof_names) == 23 and all(joint.has_drive for joint in tree.joints)


def test_it_stands_on_its_soles_in_the_nominal_pose(stage: Usd.Stage) -> None:
    tree = read_tree(stage.GetPrimAtPath("/Robot"))
    model = resolve(RobotConfig(), tree.dof_names, list(tree.links))
    poses = tree.forward(dict(zip(tree.dof_names, model.nominal.tolist(), strict=True)))
    cache = UsdGeom.XformCache()
    root = np.array(cache.GetLocalToWorldTransform(stage.GetPrimAtPath("/Robot/pelvis"))).T
    for name, path in tree.links.items():
        authored = np.array(cache.GetLocalToWorldTransform(stage.GetPrimAtPath(path))).T
        assert authored == pytest.approx(root @ poses[name], abs=1e-6), name
    bounds = UsdGeom.BBoxCache(Usd.TimeCode.Default(), [UsdGeom.Tokens.guide])
    box = bounds.ComputeWorldBound(stage.GetPrimAtPath("/Robot/left_foot")).ComputeAlignedRange()
    assert box.GetMin()[2] == pytest.approx(0.0, abs=1e-6)
    assert root[2, 3] == pytest.approx(model.nominal_height, abs=1e-6)


@pytest.mark.parametrize("height", [1.0, 1.70, 2.2])
def test_it_is_as_tall_as_asked_for(height: float) -> None:
    config = RobotConfig(source=HumanoidSource(height=height, mass=20.0 * height**2))
    for group in config.joints.values():
        group.nominal = 0.0
    stage = open_robot(config).stage
    purposes = [UsdGeom.Tokens.default_, UsdGeom.Tokens.guide]
    box = UsdGeom.BBoxCache(Usd.TimeCode.Default(), purposes).ComputeWorldBound(stage.GetPrimAtPath("/Robot"))
    size = box.ComputeAlignedRange()
    assert size.GetMin()[2] == pytest.approx(0.0, abs=2e-3)
    assert size.GetMax()[2] == pytest.approx(height, rel=2e-3)


def test_collision_shapes_are_hidden_and_apart_from_what_is_seen(stage: Usd.Stage) -> None:
    gprims = [prim for prim in stage.Traverse() if prim.IsA(UsdGeom.Gprim)]
    colliders = [prim for prim in gprims if prim.HasAPI(UsdPhysics.CollisionAPI)]
    assert 16 <= len(colliders) <= 22
    for prim in gprims:
        purpose = UsdGeom.Imageable(prim).ComputePurpose()
        collides = prim.HasAPI(UsdPhysics.CollisionAPI)
        assert purpose == (UsdGeom.Tokens.guide if collides else UsdGeom.Tokens.default_)
        assert prim.IsA(UsdGeom.Mesh) is not collides
        if not collides:
            mesh = UsdGeom.Mesh(prim)
            assert len(mesh.GetNormalsAttr().Get()) == len(mesh.GetPointsAttr().Get())
            material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
            shader, _, _ = material.ComputeSurfaceSource()
            assert shader.GetIdAttr().Get() == "UsdPreviewSurface"


def test_both_label_schemas_name_robot_parts_and_keypoints(stage: Usd.Stage) -> None:
    robot = stage.GetPrimAtPath("/Robot")
    assert robot.GetAttribute("semantics:labels:class").Get() == ["humanoid"]
    assert robot.GetAttribute("semantic:Semantics:params:semanticData").Get() == "humanoid"
    assert robot.GetAttribute("semantic:Semantics:params:semanticType").Get() == "class"
    schemas = robot.GetMetadata("apiSchemas").GetAddedOrExplicitItems()
    assert {"SemanticsAPI:Semantics", "SemanticsLabelsAPI:class"} <= set(schemas)
    assert UsdSemantics.LabelsAPI(robot, "class").GetLabelsAttr().Get() == ["humanoid"]
    for prim in links(stage):
        assert prim.HasAPI(UsdSemantics.LabelsAPI, "part")
        assert prim.GetAttribute("semantics:labels:part").Get() == [prim.GetName()]
    found = {
        prim.GetAttribute("semantics:labels:keypoint").Get()[0]
        for prim in stage.Traverse()
        if prim.HasAttribute("semantics:labels:keypoint")
    }
    assert found == KEYPOINTS
    assert stage.GetPrimAtPath("/Robot/pelvis/imu").IsA(UsdGeom.Xform)


def test_the_feet_report_every_contact(stage: Usd.Stage) -> None:
    for foot in ("left_foot", "right_foot"):
        prim = stage.GetPrimAtPath(f"/Robot/{foot}")
        assert "PhysxContactReportAPI" in prim.GetMetadata("apiSchemas").GetAddedOrExplicitItems()
        assert prim.GetAttribute("physxContactReport:threshold").Get() == 0.0


def test_the_shipped_file_is_what_the_code_makes_today(repo_root: Path) -> None:
    path = repo_root / "data" / "robots" / "humanoid.usd"
    assert path.stat().st_size < 2_000_000
    stage = open_robot(RobotConfig()).stage
    shipped, made = Sdf.Layer.FindOrOpen(str(path)), stage.GetRootLayer()
    hint = "python -m humanoid_brain.scene.export data/robots/humanoid.usd"
    assert specs(shipped) == specs(made), f"make it again: {hint}"
    for prim_path in specs(made):
        for spec in made.GetPrimAtPath(prim_path).attributes:
            old = shipped.GetAttributeAtPath(spec.path)
            assert old is not None, f"{spec.path}: {hint}"
            kind = str(spec.typeName)
            if any(word in kind for word in ("bool", "string", "token")):
                assert old.default == spec.default, spec.path
            else:
                # Sines differ in the last bits between processors: 1 micrometre, or 1e-5 of larger numbers.
                assert numbers(old.default) == pytest.approx(numbers(spec.default), rel=1e-5, abs=1e-6), spec.path


def specs(layer: Sdf.Layer) -> set[Sdf.Path]:
    found: set[Sdf.Path] = set()
    layer.Traverse(Sdf.Path.absoluteRootPath, lambda path: found.add(path) if path.IsPrimPath() else None)
    return found


def numbers(value: object) -> np.ndarray:
    if hasattr(value, "GetReal"):
        value = [value.GetReal(), *value.GetImaginary()]  # pyright: ignore[reportAttributeAccessIssue]
    return np.array(value, float)
