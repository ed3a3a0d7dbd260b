# SPDX-License-Identifier: Apache-2.0
"""The humanoid in PhysX, through the host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from humanoid_brain import host
from humanoid_brain.config.robot import HumanoidSource, RobotConfig
from humanoid_brain.config.scene import GpuBuffers, PhysicsConfig, SceneConfig
from humanoid_brain.scene.build import build_scene
from humanoid_brain.scene.robot import resolve
from humanoid_brain.scene.surroundings import gpu_buffers
from humanoid_brain.scene.world import configure_world, open_world
from tests.scene import bipeds
from tests.scene.conftest import Running

Run = Callable[[SceneConfig], Running]


def step(running: Running, count: int) -> None:
    for _ in range(count):
        running.world.step(render=False)


def test_it_starts_in_the_nominal_pose_with_the_gains_of_its_description(run: Run) -> None:
    running = run(SceneConfig(num_envs=2))
    view = running.robots
    model = resolve(running.built.robot, view.dof_names, view.body_names)
    positions, _ = view.get_world_poses()
    assert positions[:, 2] == pytest.approx(model.nominal_height, abs=2e-3)  # a reset makes two warm-up steps
    assert positions[:, :2] == pytest.approx(running.built.env_origins[:, :2], abs=2e-3)
    nominal = torch.tensor(model.nominal).expand(2, -1)
    torch.testing.assert_close(view.get_joint_positions(), nominal, atol=0.01, rtol=0)
    stiffness, damping = view.get_gains()
    for found, expected in (
        (stiffness, model.stiffness),
        (damping, model.damping),
        (view.get_max_efforts(), model.effort_limit),
        (view.get_armatures(), model.armature),
        (view.get_joint_max_velocities(), model.velocity_limit),
    ):
        # Gains pass through degrees and 32-bit floats.
        torch.testing.assert_close(found, torch.tensor(expected).expand(2, -1), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(view.get_body_masses().sum(1), torch.full((2,), 55.0))


@pytest.mark.parametrize("source", [HumanoidSource(), HumanoidSource(height=1.3, mass=32.0)])
def test_its_weight_rests_on_its_feet(run: Run, source: HumanoidSource) -> None:
    running = run(SceneConfig(robot=RobotConfig(source=source)))
    step(running, 100)
    total = 0.0
    for _ in range(40):
        step(running, 1)
        total += float(running.feet.get_net_contact_forces(dt=1 / 200)[:, 2].sum()) / 40
    # It sways a little while it stands without a policy.
    assert total == pytest.approx(source.mass * 9.81, rel=0.02)


def test_without_a_policy_it_stands_a_while_and_then_falls(run: Run) -> None:
    # Two ankles of 120 N*m/rad are softer than gravity's 55 kg * 9.81 * 0.9 m = 486 N*m/rad, as in real machines.
    running = run(SceneConfig())
    step(running, 200)
    assert running.robots.get_world_poses()[0][0, 2] > 0.85
    step(running, 600)
    assert running.robots.get_world_poses()[0][0, 2] < 0.5


def test_self_collision_changes_nothing_in_the_nominal_pose(run: Run) -> None:
    poses = []
    for flag in (False, True):
        config = SceneConfig()
        config.physics.self_collision = flag
        running = run(config)
        step(running, 100)
        poses.append(running.robots.get_joint_positions().clone())
    torch.testing.assert_close(poses[0], poses[1], rtol=0, atol=0)


def test_self_collision_keeps_the_arms_out_of_the_trunk(run: Run) -> None:
    reached = []
    for flag in (False, True):
        config = SceneConfig()
        config.physics.self_collision = flag
        config.physics.gravity = 0.0
        running = run(config)
        view = running.robots
        targets = view.get_joint_positions().clone()
        rolls = [view.dof_names.index(f"{side}_shoulder_roll_joint") for side in ("left", "right")]
        targets[:, rolls] = torch.tensor([-0.5, 0.5])
        view.set_joint_position_targets(targets)
        step(running, 200)
        reached.append(float(view.get_joint_positions()[0, rolls[0]]))
    assert reached[0] == pytest.approx(-0.5, abs=0.03)
    assert reached[1] > -0.35  # the upper arm meets the trunk


def test_a_robot_from_a_file_stands_on_the_ground_with_the_gains_of_its_description(run: Run, tmp_path: Path) -> None:
    bipeds.usd(tmp_path / "biped.usda")
    running = run(SceneConfig(robot=bipeds.config(tmp_path / "biped.usda"), num_envs=2))
    view = running.robots
    stiffness, _ = view.get_gains()
    torch.testing.assert_close(stiffness, torch.full((2, 4), 100.0))
    torch.testing.assert_close(view.get_max_efforts(), torch.full((2, 4), 80.0))
    assert view.get_world_poses()[0][:, 2] == pytest.approx(0.55, abs=5e-3)
    step(running, 20)
    forces = running.feet.get_net_contact_forces(dt=1 / 200)
    assert float(forces[:, 2].sum()) > 0.5 * 2 * 18.0 * 9.81


def test_a_robot_with_nested_links_below_a_scope_and_held_to_the_world_is_set_free(run: Run, tmp_path: Path) -> None:
    # This is how the URDF converter writes robots: links below one another, under a Scope, the root fixed.
    bipeds.nested_usd(tmp_path / "biped.usda")
    running = run(SceneConfig(robot=bipeds.config(tmp_path / "biped.usda"), num_envs=2))
    positions, _ = running.robots.get_world_poses()
    assert positions[:, 2] == pytest.approx(0.55, abs=5e-3)
    assert positions[:, :2] == pytest.approx(running.built.env_origins[:, :2], abs=5e-3)
    before = running.robots.get_velocities().clone()
    before[:, 0] = 1.0
    running.robots.set_velocities(before)
    step(running, 40)
    moved = running.robots.get_world_poses()[0][:, 0] - torch.tensor(running.built.env_origins[:, 0])
    assert (moved > 0.05).all(), "nothing holds it"


@pytest.mark.parametrize(
    ("name", "text"), [("biped.urdf", bipeds.urdf()), ("biped.xml", bipeds.mjcf())], ids=["urdf", "mjcf"]
)
def test_a_robot_from_urdf_or_mjcf_stands_on_the_ground(run: Run, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    running = run(SceneConfig(robot=bipeds.config(tmp_path / name), num_envs=2))
    view = running.robots
    torch.testing.assert_close(view.get_gains()[0], torch.full((2, 4), 100.0))
    assert view.get_world_poses()[0][:, 2] == pytest.approx(0.55, abs=5e-3)
    assert float(view.get_body_masses()[0].sum()) == pytest.approx(18.0, rel=1e-3)
    step(running, 20)
    forces = running.feet.get_net_contact_forces(dt=1 / 200)
    assert float(forces[:, 2].sum()) > 0.5 * 2 * 18.0 * 9.81


def test_buffers_on_the_gpu_grow_with_the_environments_unless_they_are_given() -> None:
    given = GpuBuffers(max_rigid_patch_count=5000)
    few, many, most = (gpu_buffers(given, count) for count in (1, 3000, 16384))
    assert (few["max_rigid_contact_count"], many["max_rigid_contact_count"]) == (2**20, 2**22)
    assert most["max_rigid_contact_count"] == most["found_lost_pairs_capacity"] == 2**24
    assert (most["found_lost_aggregate_pairs_capacity"], most["total_aggregate_pairs_capacity"]) == (2**25, 2**22)
    assert {each["max_rigid_patch_count"] for each in (few, many, most)} == {5000}
    assert {each["heap_capacity"] for each in (few, many, most)} == {given.heap_capacity}
    assert few.keys() == most.keys() == GpuBuffers.model_fields.keys()


def test_stage_and_world_have_buffers_for_their_environments(h: host.Host) -> None:
    h.World.clear_instance()
    h.stage.create_new_stage()
    stage = build_scene(SceneConfig(num_envs=1500), h).stage
    assert stage.GetPrimAtPath("/World/physicsScene").GetAttribute("physxScene:gpuMaxRigidContactCount").Get() == 2**21
    world = open_world(h, PhysicsConfig(), "cpu", 1500)
    configure_world(world, PhysicsConfig(), "cuda", 3000)  # says what it would have on a GPU
    context = world.get_physics_context()
    assert context.get_gpu_max_rigid_contact_count() == context.get_gpu_found_lost_pairs_capacity() == 2**22
    assert context.get_gpu_found_lost_aggregate_pairs_capacity() == 2**23
    assert context.get_gpu_max_rigid_patch_count() == context.get_gpu_total_aggregate_pairs_capacity() == 2**20
    h.World.clear_instance()


def test_the_world_is_set_up_as_configured_whatever_the_stage_says(h: host.Host) -> None:
    h.World.clear_instance()
    h.stage.create_new_stage()
    build_scene(SceneConfig(), h)
    config = PhysicsConfig(dt=1 / 250, solver="PGS", gravity=1.62, bounce_threshold=0.5)
    context = open_world(h, config, "cpu", 1).get_physics_context()
    assert context.get_solver_type() == "PGS"
    assert context.get_gravity()[1] == pytest.approx(1.62)
    assert context.get_bounce_threshold() == pytest.approx(0.5)
    assert context.get_physics_dt() == pytest.approx(1 / 250)
    assert context.is_gpu_dynamics_enabled() is False
    h.World.clear_instance()
