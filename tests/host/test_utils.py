# SPDX-License-Identifier: Apache-2.0
"""Stage, prim and semantics utilities, cloner, materials, physics settings."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from pxr import Gf, Usd, UsdGeom, UsdShade

from humanoid_brain import host
from humanoid_brain.errors import HostError, SceneError
from humanoid_brain.host.standalone.cloner import Cloner
from humanoid_brain.host.standalone.materials import VisualMaterial
from humanoid_brain.host.standalone.utils import prims, semantics, stage
from tests.host import scenes

if TYPE_CHECKING:
    from tests.host.conftest import MakeWorld


@pytest.fixture
def fresh(h: host.Host) -> Usd.Stage:
    h.stage.create_new_stage()
    return h.stage.get_current_stage()


def test_a_new_stage_is_in_metres_and_z_up(fresh: Usd.Stage) -> None:
    assert stage.get_stage_units() == 1.0 and stage.get_stage_up_axis() == "Z"
    assert fresh.GetDefaultPrim().GetPath() == "/World"
    stage.set_stage_units(0.01)
    assert stage.get_stage_units() == 0.01
    with pytest.raises(SceneError, match="'w' is no axis"):
        stage.set_stage_up_axis("w")


def test_a_stage_can_be_saved_and_opened(h: host.Host, tmp_path: Path) -> None:
    scene = scenes.new_scene(h)
    scenes.add_box(scene, "/World/envs/env_0/box", position=(0, 0, 0.1))
    path = tmp_path / "scene.usda"
    assert stage.save_stage(str(path))
    h.stage.create_new_stage()
    assert stage.open_stage(str(path))
    assert prims.is_prim_path_valid("/World/envs/env_0/box/collision")
    assert stage.close_stage() and not stage.close_stage()


def test_files_that_are_no_usd_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.usda"
    broken.write_text("this is no USD")
    with pytest.raises(SceneError, match="not readable as USD"):
        stage.open_stage(str(broken))
    with pytest.raises(SceneError, match="no such file"):
        stage.open_stage(str(tmp_path / "missing.usd"))
    with pytest.raises(FileNotFoundError, match="missing"):
        stage.add_reference_to_stage(str(tmp_path / "missing.usd"), "/World/Thing")
    with pytest.raises(SceneError, match="not a USD file name"):
        stage.save_stage(str(tmp_path / "scene.txt"))
    with pytest.raises(SceneError, match="cannot be written"):
        stage.save_stage("/proc/none/scene.usda")


def test_references_are_added(h: host.Host, fresh: Usd.Stage, tmp_path: Path) -> None:
    asset = Usd.Stage.CreateNew(str(tmp_path / "asset.usda"))
    asset.SetDefaultPrim(UsdGeom.Cube.Define(asset, "/Cube").GetPrim())
    asset.Save()
    prim = stage.add_reference_to_stage(str(tmp_path / "asset.usda"), "/World/thing")
    assert prim.GetPath() == "/World/thing" and stage.get_next_free_path("/World/thing") == "/World/thing_01"
    assert h.prims.get_prim_at_path("/World/thing").IsValid()
    with stage.use_stage(asset):
        assert stage.get_current_stage() is asset
    assert stage.get_current_stage() is fresh
    assert stage.get_current_stage_id() > 0


def test_clearing_keeps_the_world_and_the_physics_scene(h: host.Host) -> None:
    scene = scenes.new_scene(h)
    stage.clear_stage()
    assert scene.GetPrimAtPath("/World/physicsScene") and not scene.GetPrimAtPath("/World/ground")


def test_prims_are_created_with_pose_label_and_attributes(fresh: Usd.Stage) -> None:
    prim = prims.create_prim(
        "/World/ball",
        "Sphere",
        position=[1.0, 2.0, 3.0],
        orientation=[0.0, 1.0, 0.0, 0.0],
        scale=[2.0, 2.0, 2.0],
        semantic_label="ball",
        attributes={"radius": 0.5},
    )
    matrix = UsdGeom.Xformable(prim).GetLocalTransformation()
    assert Gf.IsClose(
        matrix.Transform(Gf.Vec3d(0, 0, 1)), Gf.Vec3d(1, 2, 1), 1e-6
    )  # turned upside down, twice as large
    assert prims.get_prim_attribute_value("/World/ball", "radius") == 0.5
    assert semantics.get_labels(prim) == {"class": ["ball"]}
    assert prims.get_prim_type_name("/World/ball") == "Sphere"
    with pytest.raises(SceneError, match="already there"):
        prims.define_prim("/World/ball")
    with pytest.raises(SceneError, match="no attribute 'sides'"):
        prims.set_prim_attribute_value("/World/ball", "sides", 3)
    prims.set_prim_property("/World/ball", "radius", 0.7)
    assert prims.get_prim_property("/World/ball", "radius") == 0.7
    prims.move_prim("/World/ball", "/World/globe")
    assert prims.is_prim_path_valid("/World/globe") and not prims.is_prim_path_valid("/World/ball")
    prims.delete_prim("/World/globe")
    assert not prims.is_prim_path_valid("/World/globe")


def test_prims_are_found_by_expression_below_clones_too(h: host.Host) -> None:
    scene = scenes.new_scene(h)
    scenes.add_robot(scene, "/World/envs/env_0/Robot")
    scenes.clone(h, 3)
    find = prims.find_matching_prim_paths
    assert find("/World/envs/env_.*/Robot") == [f"/World/envs/env_{i}/Robot" for i in range(3)]
    assert find("/World/envs/*/Robot/.*_foot")[:2] == [
        "/World/envs/env_0/Robot/left_foot",
        "/World/envs/env_0/Robot/right_foot",
    ]
    assert find("/World/envs/env_[02]/Robot/torso/collision") == [
        "/World/envs/env_0/Robot/torso/collision",
        "/World/envs/env_2/Robot/torso/collision",
    ]
    assert find("/World/envs/env_.*/Robot/.*", prim_type="articulation") == [
        f"/World/envs/env_{i}/Robot/pelvis" for i in range(3)
    ]
    assert find("/World/nothing/.*") == [] and find("World") == []
    assert prims.is_prim_path_valid("/World/envs/env_2/Robot/head")
    assert not prims.is_prim_path_valid("/World/envs/env_2/Robot/tail")
    assert not prims.get_prim_at_path("/World/envs/env_2/Robot/head")  # nothing is authored there
    assert prims.get_articulation_root_api_prim_path("/World/envs/env_1/Robot") == "/World/envs/env_1/Robot/pelvis"
    assert prims.is_prim_non_root_articulation_link("/World/envs/env_1/Robot/head")
    assert not prims.is_prim_non_root_articulation_link("/World/envs/env_1/Robot/pelvis")
    assert prims.get_prim_object_type("/World/envs/env_0/Robot/pelvis") == "articulation"
    assert prims.get_prim_object_type("/World/envs/env_0/Robot/joints/head_joint") == "joint"


def test_the_tree_can_be_walked(h: host.Host) -> None:
    scene = scenes.new_scene(h)
    scenes.add_robot(scene, "/World/envs/env_0/Robot")
    robot = prims.get_prim_at_path("/World/envs/env_0/Robot")
    assert len(prims.get_prim_children(robot)) == 25 and prims.get_prim_parent(robot).GetName() == "env_0"
    assert len(prims.get_all_matching_child_prims("/World/envs/env_0/Robot", depth=1)) == 26
    first = prims.get_first_matching_child_prim("/World", lambda path: path.endswith("torso"))
    assert first is not None and first.GetName() == "torso"
    assert prims.query_parent_path("/World/envs/env_0/Robot/torso", lambda path: path.endswith("Robot"))
    assert not prims.is_prim_ancestral("/World/envs/env_0") and prims.is_prim_root_path("/")


def test_labels_are_counted(fresh: Usd.Stage) -> None:
    a, b = (UsdGeom.Cube.Define(fresh, f"/World/{name}").GetPrim() for name in ("chair", "thing"))
    semantics.add_labels(a, ["chair"])
    semantics.add_labels(a, ["wood"], instance_name="material")
    semantics.add_labels(a, ["seat"], overwrite=False)
    assert semantics.get_labels(a) == {"class": ["chair", "seat"], "material": ["wood"]}
    assert semantics.check_missing_labels() == ["/World/thing"]
    assert ["/World/chair", "seat"] in semantics.check_incorrect_labels()
    assert semantics.count_labels_in_scene() == {"missing_labels": 1, "chair": 1, "seat": 1, "wood": 1}
    semantics.remove_labels(a, "material")
    assert semantics.get_labels(a) == {"class": ["chair", "seat"]}
    semantics.remove_labels(fresh.GetPrimAtPath("/World"), include_descendants=True)
    assert semantics.get_labels(a) == {} and not a.GetAttribute("semantic:Semantics:params:semanticData")
    assert b.IsValid()


def test_xform_views_set_poses_scales_and_visibility(h: host.Host, make_world: MakeWorld) -> None:
    scene = scenes.new_scene(h)
    outer = UsdGeom.Xform.Define(scene, "/World/outer")
    outer.AddTranslateOp().Set(Gf.Vec3d(1, 0, 0))
    for i in range(3):
        inner = UsdGeom.Xform.Define(scene, f"/World/outer/inner_{i}")
        inner.AddRotateXYZOp().Set(Gf.Vec3f(0, 0, 90))  # not the ops that views write
        inner.AddTranslateOp().Set(Gf.Vec3d(i, 0, 0))
    make_world()
    view = h.XFormPrimView("/World/outer/inner_.*", name="inner")
    positions, orientations = view.get_world_poses()
    torch.testing.assert_close(positions, torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 2.0, 0.0]]))
    torch.testing.assert_close(orientations[0], torch.tensor([0.5**0.5, 0.0, 0.0, 0.5**0.5]))
    view.set_world_poses(positions=torch.tensor([[5.0, 6.0, 7.0]]), indices=[1])
    torch.testing.assert_close(view.get_local_poses(indices=[1])[0], torch.tensor([[4.0, 6.0, 7.0]]))
    view.set_local_poses(translations=torch.tensor([[0.0, 0.0, 1.0]]), indices=[2])
    torch.testing.assert_close(view.get_world_poses(indices=[2])[0], torch.tensor([[1.0, 0.0, 1.0]]))
    view.set_local_scales(torch.tensor([[1.0, 2.0, 3.0]]), indices=[0])
    torch.testing.assert_close(view.get_world_scales(indices=[0]), torch.tensor([[1.0, 2.0, 3.0]]))
    view.set_visibilities(torch.tensor([False]), indices=[0])
    assert view.get_visibilities().tolist() == [False, True, True]
    view.post_reset()
    torch.testing.assert_close(view.get_world_poses()[0], positions)
    view.set_default_state(positions=torch.tensor([[9.0, 9.0, 9.0]]), indices=[0])
    view.post_reset()
    assert view.get_world_poses()[0][0].tolist() == [9.0, 9.0, 9.0]
    assert view.is_valid() and not view.is_non_root_articulation_link
    with pytest.raises(SceneError, match="exclude each other"):
        h.XFormPrimView("/World/outer", name="both", positions=torch.zeros(1, 3), translations=torch.zeros(1, 3))


def test_prims_of_clones_cannot_be_edited_on_the_stage(h: host.Host) -> None:
    scene = scenes.new_scene(h)
    scenes.add_box(scene, "/World/envs/env_0/box")
    scenes.clone(h, 2)
    view = h.XFormPrimView("/World/envs/env_.*/box", name="boxes")
    with pytest.raises(SceneError, match="/World/envs/env_1/box: a clone's prims are not on the stage"):
        view.set_visibilities(torch.tensor([False, False]))


def test_visual_materials_bind(h: host.Host, fresh: Usd.Stage) -> None:
    UsdGeom.Cube.Define(fresh, "/World/cube")
    UsdShade.Material.Define(fresh, "/World/red")
    view = h.XFormPrimView("/World/cube", name="cube")
    assert view.is_visual_material_applied() == [False]
    view.apply_visual_materials(VisualMaterial("/World/red"))
    (applied,) = view.get_applied_visual_materials()
    assert applied.prim_path == "/World/red"
    with pytest.raises(SceneError, match="no material"):
        VisualMaterial("/World/cube")


def test_physics_materials_keep_what_is_not_given(h: host.Host, fresh: Usd.Stage) -> None:
    first = h.PhysicsMaterial("/World/rubber", static_friction=0.9, dynamic_friction=0.8, restitution=0.1)
    second = h.PhysicsMaterial("/World/rubber", dynamic_friction=0.7)
    assert first.get_static_friction() == pytest.approx(0.9) and second.get_restitution() == pytest.approx(0.1)
    assert second.get_dynamic_friction() == pytest.approx(0.7)


def test_the_grid_is_centred_and_runs_along_y(h: host.Host, fresh: Usd.Stage) -> None:
    positions, orientations = h.GridCloner(spacing=2.0).get_clone_transforms(4)
    assert positions == [[1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, -1.0, 0.0], [-1.0, 1.0, 0.0]]
    assert orientations == [[1.0, 0.0, 0.0, 0.0]] * 4
    offset, turned = h.GridCloner(spacing=2.0, num_per_row=2).get_clone_transforms(
        2, position_offsets=np.array([[0.0, 0.0, 5.0]] * 2), orientation_offsets=np.array([[0.0, 1.0, 0.0, 0.0]] * 2)
    )
    assert [row[2] for row in offset] == [5.0, 5.0] and turned[0] == [0.0, 1.0, 0.0, 0.0]
    assert np.ptp([row[1] for row in h.GridCloner(spacing=1.0).get_clone_transforms(10_000)[0]]) == 99.0


def test_clones_go_where_nothing_is(h: host.Host) -> None:
    scene = scenes.new_scene(h)
    scenes.add_box(scene, "/World/envs/env_0/box")
    with pytest.raises(SceneError, match="nothing to clone"):
        h.GridCloner(spacing=1.0).clone("/World/envs/env_9", ["/World/envs/env_9"])
    scenes.clone(h, 3)
    with pytest.raises(SceneError, match="/World/envs/env_1: a prim is already there"):
        scenes.clone(h, 3)


def test_clones_stand_and_face_as_told_on_the_stage_and_in_the_simulation(h: host.Host, make_world: MakeWorld) -> None:
    scene = scenes.new_scene(h)
    scenes.add_box(scene, "/World/envs/env_0/box", position=(1.0, 0.0, 2.0))
    paths = [f"/World/envs/env_{i}" for i in range(3)]
    half = math.sqrt(0.5)
    orientations = np.array([[1.0, 0.0, 0.0, 0.0], [half, 0.0, 0.0, half], [1.0, 0.0, 0.0, 0.0]])
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 5.0, 0.5], [0.0, 10.0, 0.0]])
    Cloner().clone("/World/envs/env_0", paths, positions=positions, orientations=orientations)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    expected = torch.tensor([[1.0, 0.0, 2.0], [0.0, 6.0, 2.5], [1.0, 10.0, 2.0]])
    torch.testing.assert_close(boxes.get_world_poses()[0].float(), expected)
    world.reset()
    where, turns = boxes.get_world_poses()
    torch.testing.assert_close(where[:, :2], expected[:, :2], atol=1e-4, rtol=0)  # two warm-up steps of falling
    torch.testing.assert_close(turns.abs(), torch.tensor(orientations).float(), atol=1e-4, rtol=0)


def test_physics_settings_are_on_the_scene_prim(h: host.Host, make_world: MakeWorld) -> None:
    scene = scenes.new_scene(h)
    context = make_world().get_physics_context()
    prim = scene.GetPrimAtPath("/World/physicsScene")
    assert context.prim_path == "/World/physicsScene" and not context.use_gpu_sim and context.device == "cpu"
    assert prim.GetAttribute("physxScene:enableGPUDynamics").Get() is False
    context.set_solver_type("PGS")
    context.set_gpu_max_rigid_contact_count(2**24)
    context.set_gpu_temp_buffer_capacity(2**25)
    context.set_bounce_threshold(0.5)
    context.enable_ccd(True)
    assert prim.GetAttribute("physxScene:gpuMaxRigidContactCount").Get() == 2**24
    assert context.get_solver_type() == "PGS" and context.get_gpu_temp_buffer_capacity() == 2**25
    assert context.get_bounce_threshold() == 0.5 and context.is_ccd_enabled()
    context.set_physics_dt(1.0 / 120.0)
    assert context.get_physics_dt() == pytest.approx(1.0 / 120.0)
    with pytest.raises(HostError, match=r"'XYZ' is not possible\. Use TGS, PGS"):
        context.set_solver_type("XYZ")
    with pytest.raises(HostError, match=r"physics step of 0\.0 s is impossible"):
        context.set_physics_dt(0.0)


def test_a_world_makes_a_physics_scene_with_isaac_sims_defaults(h: host.Host) -> None:
    h.stage.create_new_stage()
    world = h.World(sim_params={"bounce_threshold": 0.3})
    context = world.get_physics_context()
    assert world.get_physics_dt() == pytest.approx(1 / 60) and world.get_rendering_dt() == pytest.approx(1 / 60)
    assert context.prim_path == "/physicsScene" and context.get_solver_type() == "TGS"
    assert context.get_gravity()[1] == pytest.approx(9.81) and context.get_gravity()[0] == [0.0, 0.0, -1.0]
    assert context.is_ccd_enabled() and context.is_stablization_enabled()
    assert context.get_bounce_threshold() == pytest.approx(0.3)
    assert world.backend == "numpy" and world.device == "cpu"
    h.World.clear_instance()
    with pytest.raises(HostError, match="no physics setting 'color'"):
        h.World(sim_params={"color": 1})
    assert h.World.instance() is None
