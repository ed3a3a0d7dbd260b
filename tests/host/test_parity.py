# SPDX-License-Identifier: Apache-2.0
"""The standalone host against mechanics, and against what was measured in Isaac Sim."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
from pxr import Sdf

from humanoid_brain import host
from humanoid_brain.host.standalone.utils.rotations import quat_rotate_inverse
from tests.host import scenes
from tests.host.scenes import DT

if TYPE_CHECKING:
    from humanoid_brain.host import ArticulationView, World
    from tests.host.conftest import MakeWorld

G = 9.81


def simulate(world: World, steps: int) -> None:
    for _ in range(steps):
        world.step(render=False)


def test_velocity_is_that_of_the_centre_of_mass_and_pose_that_of_the_origin(
    h: host.Host, make_world: MakeWorld
) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box", com=(0.5, 0.0, 0.0))
    world = make_world()
    box = h.RigidPrimView("/World/envs/env_0/box", name="box")
    world.reset()
    box.set_velocities(torch.tensor([[0.0, 0.0, 0.0, 0.0, 0.0, 2.0]]))
    before = box.get_world_poses()[0]
    world.step(render=False)
    moved = (box.get_world_poses()[0] - before)[0] / DT
    # v_origin = w x (origin - com); over one step the arm turns by 2 rad/s * 5 ms, hence 1 %
    assert moved[1] == pytest.approx(-1.0, abs=0.01)
    assert box.get_velocities()[0, :3].norm() < 1e-5


def test_free_fall(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0.0, 0.0, 10.0))
    world = make_world()
    box = h.RigidPrimView("/World/envs/env_0/box", name="box")
    world.reset()
    simulate(world, 100)
    n = 102  # two warm-up steps on play
    assert world.current_time_step_index == n
    # TGS integrates each step in 16 parts; float32 near 10 m resolves 1e-6 m, and 102 additions stay below 1e-4
    fallen = G * DT * DT * (n * n / 2 + n / 2 / 16)
    assert box.get_world_poses()[0][0, 2].item() == pytest.approx(10 - fallen, abs=1e-4)
    assert box.get_linear_velocities()[0, 2].item() == pytest.approx(-G * DT * n, rel=1e-5)


def test_gravity_can_be_changed_while_playing(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0.0, 0.0, 10.0))
    scenes.clone(h, 2)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    world.reset()
    world.get_physics_context().set_gravity(3.0)
    boxes.set_velocities(torch.zeros(2, 6))
    world.step(render=False)
    assert boxes.get_linear_velocities()[:, 2].tolist() == pytest.approx([3.0 * DT] * 2, rel=1e-5)
    assert world.get_physics_context().get_gravity() == ([0.0, 0.0, 1.0], 3.0)


@pytest.mark.parametrize("is_global", [True, False])
def test_a_push_changes_momentum_by_force_times_one_step(h: host.Host, make_world: MakeWorld, is_global: bool) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box", mass=2.0)
    world = make_world()
    box = h.RigidPrimView("/World/envs/env_0/box", name="box")
    world.reset()
    turn = torch.tensor([[math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)]])  # 90 degrees about z
    box.set_world_poses(orientations=turn)
    box.apply_forces(torch.tensor([[30.0, 0.0, 0.0]]), is_global=is_global)
    world.step(render=False)
    expected = 30.0 * DT / 2.0
    direction = [expected, 0.0, 0.0] if is_global else [0.0, expected, 0.0]
    assert box.get_linear_velocities()[0].tolist() == pytest.approx(direction, abs=1e-6)
    world.step(render=False)  # the force lasted one step
    assert box.get_linear_velocities()[0].tolist() == pytest.approx(direction, abs=1e-6)
    assert box.get_angular_velocities()[0].norm() < 1e-6  # it acted at the centre of mass


def test_a_push_off_centre_spins(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box", mass=2.0)
    world = make_world()
    box = h.RigidPrimView("/World/envs/env_0/box", name="box")
    world.reset()
    at = box.get_world_poses()[0] + torch.tensor([[0.0, 0.1, 0.0]])
    box.apply_forces_and_torques_at_pos(forces=torch.tensor([[30.0, 0.0, 0.0]]), positions=at)
    world.step(render=False)
    inertia = box.get_inertias()[0, 8].item()  # about z
    assert box.get_angular_velocities()[0, 2].item() == pytest.approx(-30.0 * 0.1 * DT / inertia, rel=1e-4)
    assert box.get_linear_velocities()[0, 0].item() == pytest.approx(30.0 * DT / 2.0, rel=1e-4)


def test_links_can_be_pushed_too(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    world = make_world()
    links = h.RigidPrimView("/World/envs/env_0/Robot/[^j].*", name="links")
    world.reset()
    row = links.prim_paths.index("/World/envs/env_0/Robot/torso")
    before = (links.get_linear_velocities() * links.get_masses()[:, None]).sum(0)
    links.apply_forces(torch.tensor([[100.0, 0.0, 0.0]]), indices=[row])
    world.step(render=False)
    after = (links.get_linear_velocities() * links.get_masses()[:, None]).sum(0)
    assert links.count == 24 and links.get_masses().sum().item() == pytest.approx(scenes.ROBOT_MASS, rel=1e-5)
    # joints pass momentum on but make none; the solver's residual is below 1 %
    assert (after - before)[0].item() == pytest.approx(100.0 * DT, rel=0.01)


def test_feet_carry_the_weight(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    scenes.clone(h, 3)
    world = make_world()
    feet = h.RigidPrimView("/World/envs/env_.*/Robot/.*_foot", name="feet", track_contact_forces=True)
    world.reset()
    simulate(world, 80)
    forces = feet.get_net_contact_forces(dt=DT).view(3, 2, 3)
    weight = scenes.ROBOT_MASS * G
    # it sways while it stands: within 5 % of the weight after 0.4 s
    assert forces[..., 2].sum(1).tolist() == pytest.approx([weight] * 3, rel=0.05)
    impulse = feet.get_net_contact_forces(dt=1.0).view(3, 2, 3)
    torch.testing.assert_close(impulse, forces * DT)


def test_contact_matrix_and_data_tell_bodies_apart(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/lower", position=(0, 0, 0.1), mass=3.0)
    scenes.add_box(stage, "/World/envs/env_0/upper", position=(0, 0, 0.3), mass=1.0)
    scenes.clone(h, 2)
    world = make_world()
    lower = h.RigidPrimView(
        "/World/envs/env_.*/lower",
        name="lower",
        contact_filter_prim_paths_expr=["/World/ground", "/World/envs/env_.*/upper"],
    )
    world.reset()
    simulate(world, 100)
    matrix = lower.get_contact_force_matrix(dt=DT)
    assert matrix.shape == (2, 2, 3)
    # at rest the forces are the weights; the solver leaves under 1 %
    assert matrix[:, 0, 2].tolist() == pytest.approx([4 * G] * 2, rel=0.01)
    assert matrix[:, 1, 2].tolist() == pytest.approx([-1 * G] * 2, rel=0.01)
    force, point, normal, distance, count, start = lower.get_contact_force_data(dt=DT)
    assert count.shape == start.shape == (2, 2) and int(count.min()) >= 1
    rows = slice(int(start[0, 0]), int(start[0, 0] + count[0, 0]))
    assert force[rows].sum().item() == pytest.approx(4 * G, rel=0.01)
    assert (
        normal[rows, 2].abs().min() > 0.99 and point[rows, 2].abs().max() < 0.01 and distance[rows].abs().max() < 0.01
    )
    friction, anchors, counts, starts = lower.get_friction_data(dt=DT)
    assert friction.shape == anchors.shape and counts.shape == starts.shape == (2, 2)


@pytest.mark.parametrize(("friction", "slides"), [(0.2, True), (0.8, False)])
def test_friction_decides_sliding(h: host.Host, make_world: MakeWorld, friction: float, slides: bool) -> None:
    stage = scenes.new_scene(h, friction=friction)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0, 0, 0.1))
    world = make_world()
    box = h.RigidPrimView("/World/envs/env_0/box", name="box")
    world.reset()
    simulate(world, 20)
    start = box.get_world_poses()[0][0, 0].item()
    for _ in range(60):
        at = box.get_world_poses()[0] - torch.tensor([[0.0, 0.0, 0.09]])  # low, so that it does not tip
        box.apply_forces_and_torques_at_pos(forces=torch.tensor([[0.5 * G, 0.0, 0.0]]), positions=at)
        world.step(render=False)
    moved = box.get_world_poses()[0][0, 0].item() - start
    if slides:
        # a = (0.5 - mu) g for 0.3 s; contact points come and go, so within 5 %
        assert moved == pytest.approx(0.5 * (0.5 - friction) * G * 0.3**2, rel=0.05)
    else:
        assert abs(moved) < 1e-3


def test_friction_can_differ_per_environment_while_playing(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, friction=1.0)
    material = stage.GetPrimAtPath("/World/materials/plain")
    material.AddAppliedSchema("PhysxMaterialAPI")
    kind = Sdf.ValueTypeNames.Token
    material.CreateAttribute("physxMaterial:frictionCombineMode", kind, False).Set("multiply")
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0, 0, 0.1))
    scenes.clone(h, 3)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    world.reset()
    h.set_shape_materials(boxes, torch.tensor([[[0.1, 0.1, 0.0]]]), indices=torch.tensor([1]))
    assert h.get_shape_materials(boxes)[:, 0, 0].tolist() == pytest.approx([1.0, 0.1, 1.0])
    boxes.set_linear_velocities(torch.tensor([[1.0, 0.0, 0.0]]).repeat(3, 1))
    simulate(world, 40)
    speeds = boxes.get_linear_velocities()[:, 0]
    # v = 1 - mu g t, and no further than to rest
    assert speeds.tolist() == pytest.approx([0.0, 1.0 - 0.1 * G * 40 * DT, 0.0], abs=0.02)


def test_usd_gains_count_per_degree_and_read_back_per_radian(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm")
    drive = stage.GetPrimAtPath("/World/envs/env_0/Arm/joints/upper_joint")
    drive.GetAttribute("drive:angular:physics:stiffness").Set(5.0)
    world = make_world()
    arm = h.ArticulationView("/World/envs/env_0/Arm", name="arm")
    world.reset()
    kps, _ = arm.get_gains(joint_indices=[arm.get_dof_index("upper_joint")])
    assert kps.item() == pytest.approx(286.48, abs=0.01)  # measured in Isaac Sim


def test_efforts_persist_until_rewritten(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm", drive=False)
    world = make_world()
    arm = h.ArticulationView("/World/envs/env_0/Arm", name="arm")
    world.reset()
    arm.set_joint_efforts(torch.tensor([[0.1, 0.0]]))
    speeds = []
    for _ in range(3):
        world.step(render=False)
        speeds.append(arm.get_joint_velocities()[0, 0].item())
    first, second, third = speeds[0], speeds[1] - speeds[0], speeds[2] - speeds[1]
    assert first > 1e-3
    # the same acceleration each step; Coriolis terms are second order in a speed of 0.01 rad/s
    assert second == pytest.approx(first, rel=0.01) and third == pytest.approx(first, rel=0.01)
    assert arm.get_applied_joint_efforts()[0].tolist() == pytest.approx([0.1, 0.0])
    arm.set_joint_efforts(torch.zeros(1, 2))
    world.step(render=False)
    assert arm.get_joint_velocities()[0, 0].item() == pytest.approx(speeds[2], rel=0.01)


def test_setting_part_of_the_efforts_keeps_the_rest(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm")
    world = make_world()
    arm = h.ArticulationView("/World/envs/env_0/Arm", name="arm")
    world.reset()
    arm.set_joint_efforts(torch.tensor([[1.0, 2.0]]))
    arm.set_joint_efforts(torch.tensor([[5.0]]), joint_names=["lower_joint"])
    assert arm.get_applied_joint_efforts(joint_names=["upper_joint", "lower_joint"]).tolist() == [[1.0, 5.0]]


def test_setting_positions_and_velocities_sets_their_targets(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm", stiffness=100.0)
    world = make_world()
    arm = h.ArticulationView("/World/envs/env_0/Arm", name="arm")
    world.reset()
    arm.set_joint_positions(torch.tensor([[0.3, -0.2]]))
    arm.set_joint_velocities(torch.tensor([[0.5, 0.4]]))
    actions = arm.get_applied_actions()
    torch.testing.assert_close(actions.joint_positions, torch.tensor([[0.3, -0.2]]))
    torch.testing.assert_close(actions.joint_velocities, torch.tensor([[0.5, 0.4]]))


def test_a_drive_settles_where_it_balances_gravity(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm", stiffness=50.0, damping=10.0)
    world = make_world()
    arm = h.ArticulationView("/World/envs/env_0/Arm", name="arm")
    world.reset()
    arm.set_joint_position_targets(torch.tensor([[0.5, 0.3]]))
    simulate(world, 600)
    gravity = arm.get_generalized_gravity_forces()
    torque = 50.0 * (torch.tensor([[0.5, 0.3]]) - arm.get_joint_positions())
    torch.testing.assert_close(torque, gravity, rtol=0.01, atol=0.01)  # still creeping by under 1 %
    q = arm.get_joint_positions()[0]
    upper, both = math.sin(q[0]), math.sin(q[0] + q[1])
    expected = G * (0.25 * upper + 0.5 * upper + 0.25 * both)  # rods of 1 kg, centres at 0.25 m
    assert abs(gravity[0, 0].item()) == pytest.approx(expected, rel=0.01)


def test_efforts_equal_to_generalized_gravity_hold_the_arm(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm")
    world = make_world()
    arm = h.ArticulationView("/World/envs/env_0/Arm", name="arm")
    world.reset()
    arm.set_joint_positions(torch.tensor([[0.6, 0.4]]))
    arm.set_joint_velocities(torch.zeros(1, 2))
    for _ in range(100):
        arm.set_joint_efforts(arm.get_generalized_gravity_forces())
        world.step(render=False)
    # without it the arm swings by more than 1 rad in 0.5 s
    torch.testing.assert_close(arm.get_joint_positions(), torch.tensor([[0.6, 0.4]]), atol=0.01, rtol=0)


def test_efforts_equal_to_coriolis_forces_keep_the_joints_turning(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm")
    world = make_world()
    arm = h.ArticulationView("/World/envs/env_0/Arm", name="arm")
    world.reset()
    ends = []
    for compensate in (0.0, 1.0):
        arm.set_joint_positions(torch.tensor([[0.0, 1.0]]))
        arm.set_joint_velocities(torch.tensor([[3.0, -2.0]]))
        for _ in range(40):
            arm.set_joint_efforts(compensate * arm.get_coriolis_and_centrifugal_forces())
            world.step(render=False)
        ends.append((arm.get_joint_velocities() - torch.tensor([[3.0, -2.0]])).abs().max().item())
    # left alone they change by several rad/s in 0.2 s; explicit compensation at 200 Hz leaves a twentieth
    assert ends[0] > 0.5 and ends[1] < 0.05 * ends[0]


def test_fixed_tendons_couple_joints(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm")
    scenes.add_tendon(stage, "/World/envs/env_0/Arm", stiffness=1000.0, damping=50.0)
    scenes.clone(h, 2)
    world = make_world()
    arms = h.ArticulationView("/World/envs/env_.*/Arm", name="arms")
    world.reset()
    assert arms.num_fixed_tendons == 1
    arms.set_fixed_tendon_properties(
        stiffnesses=torch.zeros(1, 1), dampings=torch.zeros(1, 1), rest_lengths=torch.ones(1, 1),
        limits=torch.tensor([[[-5.0, 5.0]]]), limit_stiffnesses=torch.zeros(1, 1), offsets=torch.zeros(1, 1),
        indices=[1],
    )  # fmt: skip
    assert arms.get_fixed_tendon_stiffnesses().tolist() == [[1000.0], [0.0]]
    assert arms.get_fixed_tendon_dampings().tolist() == [[50.0], [0.0]]
    assert arms.get_fixed_tendon_rest_lengths().tolist() == [[0.0], [1.0]]
    assert arms.get_fixed_tendon_limits()[1].tolist() == [[-5.0, 5.0]]
    assert arms.get_fixed_tendon_limit_stiffnesses().tolist() == arms.get_fixed_tendon_offsets().tolist() == [[0.0]] * 2
    arms.set_joint_positions(torch.tensor([[0.5, 0.0]]).repeat(2, 1))
    arms.set_joint_velocities(torch.zeros(2, 2))
    simulate(world, 200)
    lengths = arms.get_joint_positions().sum(dim=1)  # both gearings are 1
    assert abs(lengths[0].item()) < 0.02 and lengths[1].item() == pytest.approx(0.5, abs=1e-3)


def test_a_joint_without_a_drive_ignores_gains_but_not_efforts(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm", drive=False)
    world = make_world()
    arm = h.ArticulationView("/World/envs/env_0/Arm", name="arm")
    world.reset()
    assert arm.get_drive_types().tolist() == [[0, 0]]
    arm.set_gains(kps=torch.full((1, 2), 100.0))
    arm.set_joint_position_targets(torch.ones(1, 2))
    simulate(world, 10)
    assert arm.get_joint_positions().abs().max() < 1e-6
    arm.set_joint_efforts(torch.tensor([[0.1, 0.0]]))
    world.step(render=False)
    assert arm.get_joint_velocities()[0, 0] > 1e-3


def test_masses_differ_per_environment(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box")
    scenes.clone(h, 3)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    world.reset()
    boxes.set_masses(torch.tensor([2.0, 4.0]), indices=[0, 2])
    boxes.apply_forces(torch.tensor([[10.0, 0.0, 0.0]]).repeat(3, 1))
    world.step(render=False)
    expected = [10.0 * DT / mass for mass in (2.0, 1.0, 4.0)]
    assert boxes.get_linear_velocities()[:, 0].tolist() == pytest.approx(expected, rel=1e-5)


def test_body_masses_of_robots_differ_per_environment(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    scenes.clone(h, 2)
    world = make_world()
    robots = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots")
    feet = h.RigidPrimView("/World/envs/env_.*/Robot/.*_foot", name="feet", track_contact_forces=True)
    world.reset()
    torso = robots.get_body_index("torso")
    robots.set_body_masses(torch.tensor([[24.0]]), indices=[1], body_indices=[torso])
    torch.testing.assert_close(robots.get_body_masses(body_indices=[torso]), torch.tensor([[14.0], [24.0]]))
    simulate(world, 80)
    carried = feet.get_net_contact_forces(dt=DT).view(2, 2, 3)[..., 2].sum(1)
    assert (carried[1] - carried[0]).item() == pytest.approx(10.0 * G, rel=0.1)  # both sway a little


def test_mass_matrix_and_jacobian_agree_with_the_motion(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    world = make_world()
    robot = h.ArticulationView("/World/envs/env_0/Robot/pelvis", name="robot")
    links = h.RigidPrimView([f"/World/envs/env_0/Robot/{name}" for name in _links(h, world, robot)], name="links")
    torch.manual_seed(0)
    robot.set_joint_positions(0.3 * torch.randn(1, 23))
    robot.set_joint_velocities(torch.randn(1, 23))
    robot.set_velocities(torch.randn(1, 6))
    h.refresh_links(world)
    velocity = torch.cat([robot.get_velocities(), robot.get_joint_velocities()], dim=1)[0]
    matrix = robot.get_mass_matrices()[0]
    torch.testing.assert_close(matrix, matrix.T, atol=1e-4, rtol=0)
    speed, spin = links.get_linear_velocities(), links.get_angular_velocities()
    turn, axes = links.get_world_poses()[1], links.get_coms()[1][:, 0]
    local = quat_rotate_inverse(axes, quat_rotate_inverse(turn, spin))
    moment = (links.get_inertias().view(-1, 3, 3) @ local[..., None])[..., 0]
    energy = 0.5 * (links.get_masses() * speed.square().sum(1)).sum() + 0.5 * (local * moment).sum()
    # PhysX leaves the joints' armature out of the mass matrix; float32 sums of 24 links agree to 1e-4
    torch.testing.assert_close(0.5 * velocity @ matrix @ velocity, energy, rtol=1e-4, atol=0)
    jacobian = robot.get_jacobians()[0]
    assert tuple(jacobian.shape) == robot.get_jacobian_shape() == (24, 6, 29)
    torch.testing.assert_close((jacobian @ velocity)[:, 3:], spin, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close((jacobian @ velocity)[:, :3], speed, atol=1e-3, rtol=1e-3)


def _links(h: host.Host, world: World, robot: ArticulationView) -> list[str]:
    world.reset()
    return list(robot.body_names)


def test_max_efforts_limit_a_drive(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm", stiffness=1000.0)
    world = make_world()
    arm = h.ArticulationView("/World/envs/env_0/Arm", name="arm")
    world.reset()
    arm.set_max_efforts(torch.full((1, 2), 0.5))
    arm.set_joint_position_targets(torch.tensor([[1.0, 0.0]]))
    world.step(render=False)
    limited = arm.get_joint_velocities()[0, 0].item()
    arm.set_joint_positions(torch.zeros(1, 2))
    arm.set_joint_velocities(torch.zeros(1, 2))
    arm.set_gains(kps=torch.zeros(1, 1), joint_indices=[0])
    arm.set_joint_efforts(torch.tensor([[0.5, 0.0]]))
    world.step(render=False)
    assert limited == pytest.approx(arm.get_joint_velocities()[0, 0].item(), rel=0.02)
