# SPDX-License-Identifier: Apache-2.0
"""Environments never collide with one another, on the CPU too; robots still can with themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from humanoid_brain import host
from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.cloner import Cloner
from humanoid_brain.host.standalone.isolation import environment_root
from tests.host import scenes
from tests.host.scenes import DT

if TYPE_CHECKING:
    from humanoid_brain.host import ArticulationView, World
    from tests.host.conftest import MakeWorld


def close_legs(world: World, robots: ArticulationView) -> torch.Tensor:
    """Drive the legs through one another for 0.4 s; gives the hip rolls."""
    joints = [robots.get_dof_index(f"{side}_hip_roll_joint") for side in ("left", "right")]
    robots.set_joint_position_targets(torch.tensor([[-0.5, 0.5]]).repeat(robots.count, 1), joint_indices=joints)
    for _ in range(80):
        world.step(render=False)
    return robots.get_joint_positions(joint_indices=joints)


@pytest.mark.parametrize("spacing", [0.0, 0.3, 2.5])
def test_robots_of_other_environments_are_not_there(h: host.Host, make_world: MakeWorld, spacing: float) -> None:
    heights = []
    for count in (1, 6):
        stage = scenes.new_scene(h)
        scenes.add_robot(stage, "/World/envs/env_0/Robot", self_collisions=True)
        scenes.clone(h, count, spacing)
        world = make_world()
        robots = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots")
        world.reset()
        for _ in range(60):
            world.step(render=False)
        heights.append(robots.get_world_poses()[0][:, 2])
    # all as if alone; world offsets round differently, which a swaying robot amplifies to 1e-3 m
    torch.testing.assert_close(heights[1], heights[0].expand(6), atol=2e-3, rtol=0)


@pytest.mark.parametrize("enabled", [True, False])
def test_self_collision_is_a_choice(h: host.Host, make_world: MakeWorld, enabled: bool) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_robot(stage, "/World/envs/env_0/Robot", self_collisions=enabled)
    scenes.clone(h, 3, spacing=0.2)
    world = make_world()
    robots = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots")
    world.reset()
    rolls = close_legs(world, robots)
    # the thighs, 0.1 m apart, touch at about 0.1 rad; without self-collision they pass
    assert (rolls[:, 0] > -0.3).all() if enabled else (rolls[:, 0] < -0.4).all()


def test_objects_of_one_environment_collide(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/lower", position=(0, 0, 0.1))
    scenes.add_box(stage, "/World/envs/env_0/upper", position=(0, 0, 0.3))
    scenes.clone(h, 4, spacing=0.0)
    world = make_world()
    upper = h.RigidPrimView("/World/envs/env_.*/upper", name="upper")
    world.reset()
    for _ in range(60):
        world.step(render=False)
    assert upper.get_world_poses()[0][:, 2].tolist() == pytest.approx([0.3] * 4, abs=2e-3)


def test_clones_below_the_environment_root_are_isolated(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/lower", position=(0, 0, 0.1))
    scenes.add_box(stage, "/World/envs/env_0/upper", position=(0, 0, 0.3))
    for i in (1, 2):
        UsdGeom.Xform.Define(stage, f"/World/envs/env_{i}")
    for name in ("lower", "upper"):  # one environment assembled from two clone calls, on top of one another
        where = [0.0, 0.0, 0.1 if name == "lower" else 0.3]
        paths = [f"/World/envs/env_{i}/{name}" for i in range(3)]
        Cloner().clone(source_prim_path=paths[0], prim_paths=paths, positions=torch.tensor([where] * 3))
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/.*er", name="boxes")
    world.reset()
    for _ in range(60):
        world.step(render=False)
    assert boxes.get_world_poses()[0][:, 2].tolist() == pytest.approx([0.1, 0.3] * 3, abs=2e-3)


def test_the_environment_of_a_path() -> None:
    assert environment_root("/World/envs/env_3/Robot", "/World/envs/env_0/Robot") == "/World/envs/env_3"
    assert environment_root("/World/envs/env_3", "/World/envs/env_0") == "/World/envs/env_3"


def _group(stage: Usd.Stage, path: str, members: list[str], filtered: list[str]) -> None:
    group = UsdPhysics.CollisionGroup.Define(stage, path)
    group.GetCollidersCollectionAPI().CreateIncludesRel().SetTargets(members)
    group.CreateFilteredGroupsRel().SetTargets(filtered)


def test_authored_groups_keep_their_meaning_inside_each_environment(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/ghost", position=(0, 0, 0.3))
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0, 0, 0.1))
    scenes.add_box(stage, "/World/envs/env_0/other", position=(0, 0, 0.5))
    _group(stage, "/World/groups/ghosts", ["/World/envs/env_0/ghost"], ["/World/groups/boxes"])
    _group(stage, "/World/groups/boxes", ["/World/envs/env_0/box"], [])
    scenes.clone(h, 3, spacing=0.0)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/(ghost|box|other)", name="boxes")
    assert [path.rpartition("/")[2] for path in boxes.prim_paths[:3]] == ["ghost", "box", "other"]
    world.reset()
    for _ in range(120):
        world.step(render=False)
    height = boxes.get_world_poses()[0][:, 2].view(3, 3)
    # the ghost falls through the box onto the ground, which it meets; the other lands on top of both
    assert height[:, 0].tolist() == pytest.approx([0.1] * 3, abs=5e-3)
    assert height[:, 1].tolist() == pytest.approx([0.1] * 3, abs=5e-3)
    assert height[:, 2].tolist() == pytest.approx([0.3] * 3, abs=5e-3)


def test_filter_collisions_authors_groups_that_do_no_harm(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0, 0, 0.1))
    paths = scenes.clone(h, 3, spacing=0.0)
    h.GridCloner(spacing=0.0).filter_collisions("/World/physicsScene", "/World/collisions", paths, ["/World/ground"])
    assert stage.GetPrimAtPath("/World/collisions/group2").IsA(UsdPhysics.CollisionGroup)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    world.reset()
    for _ in range(60):
        world.step(render=False)
    assert boxes.get_world_poses()[0][:, 2].tolist() == pytest.approx([0.1] * 3, abs=2e-3)


def test_the_stage_itself_is_left_alone(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0, 0, 0.1))
    scenes.clone(h, 3)
    world = make_world()
    before = stage.GetRootLayer().ExportToString()
    world.reset()
    world.stop()
    assert stage.GetRootLayer().ExportToString() == before


def test_prims_below_a_clone_are_refused(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0, 0, 0.1))
    scenes.clone(h, 3)
    scenes.add_box(stage, "/World/envs/env_1/extra", position=(0, 0, 0.5))
    world = make_world()
    with pytest.raises(SceneError, match="/World/envs/env_1: a cloned environment has prims of its own"):
        world.reset()


def test_moved_environments_are_cloned_where_they_are(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(1.0, 0, 0))
    scenes.clone(h, 2)
    turn = Gf.Quatd(0.5**0.5, 0, 0, 0.5**0.5)
    env = stage.GetPrimAtPath("/World/envs/env_1")
    env.GetAttribute("xformOp:translate").Set(Gf.Vec3d(5, 6, 7))
    env.GetAttribute("xformOp:orient").Set(turn)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    planned = boxes.get_world_poses()
    world.reset()
    position, orientation = boxes.get_world_poses()
    assert position[1].tolist() == pytest.approx([5.0, 7.0, 7.0], abs=1e-5)
    assert orientation[1].tolist() == pytest.approx([0.5**0.5, 0, 0, 0.5**0.5], abs=1e-6)
    torch.testing.assert_close(position, planned[0])
    assert DT > 0 and Sdf.Path.IsValidPathString(boxes.prim_paths[1])
