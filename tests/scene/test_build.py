# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import physx_usd_schemas
import pytest
from pxr import Usd, UsdGeom, UsdPhysics, UsdShade

from humanoid_brain import host
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.errors import RobotError, SceneError, StorageError
from humanoid_brain.scene.build import build_scene, grid_origins, write_scene
from tests.scene import bipeds


def test_the_stage_has_the_agreed_layout(h: host.Host) -> None:
    h.stage.create_new_stage()
    built = build_scene(SceneConfig(), h, num_envs=3)
    for path in ("physicsScene", "ground", "lights", "camera", "materials", "envs/env_0/Robot/pelvis", "envs/env_2"):
        assert built.stage.GetPrimAtPath(f"/World/{path}"), path
    assert built.stage.GetDefaultPrim().GetPath() == "/World"
    assert UsdGeom.GetStageUpAxis(built.stage) == "Z"
    assert UsdGeom.GetStageMetersPerUnit(built.stage) == 1.0
    assert built.num_envs == 3 and built.env_origins.shape == (3, 3)
    assert built.robot_expr == "/World/envs/env_.*/Robot/pelvis"
    assert built.link_expr("left_foot") == "/World/envs/env_.*/Robot/left_foot"
    with pytest.raises(SceneError, match="no link 'tail'"):
        built.link_expr("tail")


def test_physics_and_ground_follow_the_configuration(h: host.Host) -> None:
    config = SceneConfig()
    config.physics.gravity = 1.62
    config.physics.dt = 1 / 400
    config.physics.position_iterations = 8
    config.physics.self_collision = True
    config.ground.dynamic_friction = 0.3
    config.ground.static_friction = 0.9
    h.stage.create_new_stage()
    stage = build_scene(config, h).stage
    scene = stage.GetPrimAtPath("/World/physicsScene")
    assert UsdPhysics.Scene(scene).GetGravityMagnitudeAttr().Get() == pytest.approx(1.62)
    assert scene.GetAttribute("physxScene:timeStepsPerSecond").Get() == 400
    assert scene.GetAttribute("physxScene:gpuMaxRigidContactCount").Get() == 2**20
    root = stage.GetPrimAtPath("/World/envs/env_0/Robot/pelvis")
    assert root.GetAttribute("physxArticulation:solverPositionIterationCount").Get() == 8
    assert root.GetAttribute("physxArticulation:enabledSelfCollisions").Get() is True
    plane = stage.GetPrimAtPath("/World/ground/collision")
    material, _ = UsdShade.MaterialBindingAPI(plane).ComputeBoundMaterial("physics")
    assert UsdPhysics.MaterialAPI(material).GetDynamicFrictionAttr().Get() == pytest.approx(0.3)


def test_every_gpu_capacity_has_the_name_that_physx_reads(h: host.Host) -> None:
    schema = "\n".join((path / "generatedSchema.usda").read_text() for path in physx_usd_schemas.schema_paths())
    h.stage.create_new_stage()
    scene = build_scene(SceneConfig(), h).stage.GetPrimAtPath("/World/physicsScene")
    names = [a.GetName() for a in scene.GetAuthoredAttributes() if a.GetName().startswith("physxScene:gpu")]
    assert len(names) == 8
    for name in names:
        assert f" {name} = " in schema, name


def test_no_environment_at_all_is_refused(h: host.Host) -> None:
    with pytest.raises(SceneError, match="at least one"):
        build_scene(SceneConfig(), h, num_envs=0)


def test_a_robot_that_does_not_fit_leaves_the_stage_empty(h: host.Host) -> None:
    config = SceneConfig()
    config.robot.joints["knee"].nominal = -0.5
    stage = h.stage.create_new_stage()
    with pytest.raises(RobotError, match=r"left_knee_joint: the nominal position -0\.5 rad is outside its limits"):
        build_scene(config, h)
    assert not stage.GetPrimAtPath("/World/envs")


@pytest.mark.parametrize("suffix", [".usda", ".usd", ".usdc"])
def test_a_written_scene_opens_with_all_its_environments(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"scene{suffix}"
    write_scene(SceneConfig(), path, num_envs=5)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    stage = Usd.Stage.Open(str(path))
    cache = UsdGeom.XformCache()
    for i, origin in enumerate(grid_origins(5, 2.5)):
        pelvis = stage.GetPrimAtPath(f"/World/envs/env_{i}/Robot/pelvis")
        position = np.array(cache.GetLocalToWorldTransform(pelvis).ExtractTranslation())
        assert position[:2] == pytest.approx(origin[:2], abs=1e-9)
        joint = stage.GetPrimAtPath(f"/World/envs/env_{i}/Robot/joints/left_knee_joint")
        body = UsdPhysics.Joint(joint).GetBody1Rel().GetTargets()
        assert body == [f"/World/envs/env_{i}/Robot/left_shin"]


def test_the_grid_is_that_of_isaac_s_cloner(h: host.Host) -> None:
    h.stage.create_new_stage()
    cloner = h.GridCloner(spacing=2.0)
    for count in (1, 2, 3, 7, 16, 50):
        positions, _ = cloner.get_clone_transforms(count)
        assert grid_origins(count, 2.0) == pytest.approx(np.array(positions)), count


def test_a_written_scene_refers_to_a_robot_file_by_a_relative_path(tmp_path: Path) -> None:
    (tmp_path / "robot").mkdir()
    bipeds.usd(tmp_path / "robot" / "biped.usda")
    config = SceneConfig(robot=bipeds.config(tmp_path / "robot" / "biped.usda"))
    write_scene(config, tmp_path / "scene.usda")
    text = (tmp_path / "scene.usda").read_text()
    assert "@robot/biped.usda@" in text.replace("./", "") and str(tmp_path) not in text
    stage = Usd.Stage.Open(str(tmp_path / "scene.usda"))
    sole = stage.GetPrimAtPath("/World/envs/env_0/Robot/left_sole/box")
    box = UsdGeom.BBoxCache(Usd.TimeCode.Default(), ["default"]).ComputeWorldBound(sole).ComputeAlignedRange()
    assert box.GetMin()[2] == pytest.approx(0.0, abs=1e-6)


def test_another_suffix_or_a_folder_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match=r"'\.obj' is no USD suffix"):
        write_scene(SceneConfig(), tmp_path / "scene.obj")
    with pytest.raises(StorageError, match="No such file or directory"):
        write_scene(SceneConfig(), tmp_path / "missing" / "scene.usda")
    assert list(tmp_path.iterdir()) == []
