# SPDX-License-Identifier: Apache-2.0
"""Shapes, rows, columns and buffers of the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from humanoid_brain import host
from humanoid_brain.errors import HostError, RobotError, SceneError
from tests.host import scenes

if TYPE_CHECKING:
    from humanoid_brain.host import ArticulationView, World
    from tests.host.conftest import MakeWorld

N, D, L = 5, 23, 24


@pytest.fixture
def robots(h: host.Host, make_world: MakeWorld) -> tuple[World, ArticulationView]:
    stage = scenes.new_scene(h)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    scenes.clone(h, N)
    world = make_world()
    view = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots")
    world.scene.add(view)
    world.reset()
    view.initialize(world.physics_sim_view)
    return world, view


def test_rows_are_environments_in_numeric_order(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0, 0, 0.1))
    scenes.clone(h, 12)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    world.reset()
    assert boxes.prim_paths == [f"/World/envs/env_{i}/box" for i in range(12)]
    origins = h.XFormPrimView("/World/envs/env_.*", name="envs").get_world_poses()[0]
    torch.testing.assert_close(boxes.get_world_poses()[0][:, :2], origins[:, :2], atol=1e-5, rtol=0)


def test_every_getter_has_its_shape(robots: tuple[World, ArticulationView]) -> None:
    _, view = robots
    assert (view.count, view.num_dof, view.num_bodies, view.num_joints) == (N, D, L, D)
    for name in ("joint_positions", "joint_velocities", "applied_joint_efforts", "measured_joint_efforts", "armatures"):
        getter = getattr(view, f"get_{name}")
        assert getter().shape == (N, D), name
        assert getter(indices=[1, 3], joint_indices=[0, 5, 2]).shape == (2, 3), name
    for name in ("friction_coefficients", "max_efforts", "joint_max_velocities", "coriolis_and_centrifugal_forces"):
        assert getattr(view, f"get_{name}")(indices=[0], joint_indices=[4]).shape == (1, 1), name
    assert view.get_generalized_gravity_forces().shape == (N, D)
    assert view.get_dof_limits().shape == (N, D, 2) and view.get_drive_types().shape == (N, D)
    assert view.get_measured_joint_forces().shape == (N, L, 6)
    assert view.get_measured_joint_forces(joint_indices=[0, 1]).shape == (N, 2, 6)
    assert view.get_velocities().shape == (N, 6) and view.get_linear_velocities([2]).shape == (1, 3)
    assert [each.shape for each in view.get_world_poses([0, 4])] == [(2, 3), (2, 4)]
    assert view.get_body_masses(body_indices=[0, 1]).shape == (N, 2)
    assert view.get_body_inertias().shape == view.get_body_inv_inertias().shape == (N, L, 9)
    assert [each.shape for each in view.get_body_coms([1], [3, 4])] == [(1, 2, 3), (1, 2, 4)]
    assert view.get_body_disable_gravity().shape == (N, L)
    assert view.get_jacobians([0, 1]).shape == (2, L, 6, D + 6)
    assert view.get_mass_matrices().shape == (N, D + 6, D + 6) == (N, *view.get_mass_matrix_shape())
    assert view.get_effort_modes()[0] == ["force"] * D
    assert view.get_dof_types() == [0] * D
    assert view.num_shapes == L and view.num_fixed_tendons == 0


def test_setters_write_the_rows_and_columns_they_name(robots: tuple[World, ArticulationView]) -> None:
    _, view = robots
    for getter, setter in (
        ("get_armatures", "set_armatures"),
        ("get_max_efforts", "set_max_efforts"),
        ("get_joint_max_velocities", "set_max_joint_velocities"),
        ("get_friction_coefficients", "set_friction_coefficients"),
        ("get_joint_positions", "set_joint_positions"),
        ("get_joint_velocities", "set_joint_velocities"),
        ("get_applied_joint_efforts", "set_joint_efforts"),
    ):
        expected = getattr(view, getter)().clone()
        values = torch.tensor([[0.11, 0.12], [0.21, 0.22]])
        getattr(view, setter)(values, indices=[3, 1], joint_indices=[7, 2])
        expected[torch.tensor([[3], [1]]), torch.tensor([[7, 2]])] = values
        torch.testing.assert_close(getattr(view, getter)(), expected, msg=setter)


def test_indices_can_be_lists_arrays_and_tensors(robots: tuple[World, ArticulationView]) -> None:
    _, view = robots
    expected = view.get_joint_positions()[[4, 0]]
    for indices in ([4, 0], np.array([4, 0]), torch.tensor([4, 0]), torch.tensor([4, 0], dtype=torch.int32)):
        torch.testing.assert_close(view.get_joint_positions(indices=indices), expected)


def test_no_rows_at_all_is_no_write(robots: tuple[World, ArticulationView]) -> None:
    _, view = robots
    before = view.get_joint_positions()
    none = torch.zeros(0, dtype=torch.int64)
    view.set_joint_positions(torch.zeros(0, D), indices=none)
    view.set_world_poses(torch.zeros(0, 3), torch.zeros(0, 4), indices=none)
    assert view.get_joint_positions(indices=none).shape == (0, D)
    torch.testing.assert_close(view.get_joint_positions(), before)


def test_orientations_alone_keep_positions(robots: tuple[World, ArticulationView]) -> None:
    _, view = robots
    positions = view.get_world_poses()[0]
    turn = torch.tensor([[0.8, 0.0, 0.0, 0.6], [0.6, 0.8, 0.0, 0.0]])
    view.set_world_poses(orientations=turn, indices=[2, 0])
    now, turned = view.get_world_poses()
    torch.testing.assert_close(now, positions)
    torch.testing.assert_close(turned[[2, 0]], turn)


def test_without_clone_getters_share_one_buffer(robots: tuple[World, ArticulationView]) -> None:
    world, view = robots
    shared = view.get_joint_positions(clone=False)
    copy = view.get_joint_positions()
    assert view.get_joint_positions(clone=False).data_ptr() == shared.data_ptr() != copy.data_ptr()
    for _ in range(5):
        world.step(render=False)
    view.get_joint_positions(clone=False)
    assert not torch.equal(shared, copy)
    quaternions = view.get_world_poses(clone=False)[1]
    assert view.get_world_poses(clone=False)[1].data_ptr() == quaternions.data_ptr()


def test_local_poses_are_relative_to_the_parent(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0.3, 0.2, 0.1))
    scenes.clone(h, 4)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    local = torch.tensor([[0.3, 0.2, 0.1]]).repeat(4, 1)
    torch.testing.assert_close(boxes.get_local_poses()[0], local)
    world.reset()
    torch.testing.assert_close(boxes.get_local_poses()[0], local, atol=1e-3, rtol=0)
    boxes.set_local_poses(torch.tensor([[0.0, 0.0, 0.5]]), indices=[2])
    expected = h.XFormPrimView("/World/envs/env_2", name="env").get_world_poses()[0] + torch.tensor([0.0, 0.0, 0.5])
    torch.testing.assert_close(boxes.get_world_poses(indices=[2])[0], expected)


def test_poses_set_before_play_are_where_bodies_start(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box")
    scenes.clone(h, 3)
    world = make_world()
    where = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 2.0], [2.0, 0.0, 3.0]])
    boxes = h.RigidPrimView(
        "/World/envs/env_.*/box", name="boxes", positions=where, masses=torch.tensor([1.0, 2.0, 3.0])
    )
    torch.testing.assert_close(boxes.get_world_poses()[0], where)
    world.reset()
    torch.testing.assert_close(boxes.get_world_poses()[0], where)
    torch.testing.assert_close(boxes.get_masses(), torch.tensor([1.0, 2.0, 3.0]))
    boxes.set_world_poses(where + 1.0)
    boxes.post_reset()
    torch.testing.assert_close(boxes.get_world_poses()[0], where)


def test_bodies_can_float_and_leave_the_simulation(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box")
    scenes.clone(h, 3)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    world.reset()
    boxes.set_velocities(torch.zeros(3, 6))
    boxes.disable_gravities([0])
    boxes.disable_rigid_body_physics([1])
    for _ in range(10):
        world.step(render=False)
    speeds = boxes.get_linear_velocities()[:, 2]
    assert speeds[0] == 0 and speeds[2] < -0.4
    boxes.enable_gravities([0])
    boxes.enable_rigid_body_physics([1])
    world.step(render=False)
    assert boxes.get_linear_velocities()[0, 2] < 0


def test_mass_properties_round_trip(robots: tuple[World, ArticulationView], h: host.Host) -> None:
    _, view = robots
    feet = h.RigidPrimView("/World/envs/env_.*/Robot/left_foot", name="feet")
    feet.set_coms(positions=torch.full((1, 1, 3), 0.01), indices=[1])
    assert feet.get_coms()[0].shape == (N, 1, 3)
    torch.testing.assert_close(feet.get_coms([1])[0], torch.full((1, 1, 3), 0.01))
    feet.set_inertias(torch.eye(3).reshape(1, 1, 9), indices=[2])
    torch.testing.assert_close(feet.get_inertias([2]), torch.eye(3).reshape(1, 9))
    torch.testing.assert_close(feet.get_inv_masses() * feet.get_masses(), torch.ones(N))
    view.set_body_coms(positions=torch.full((1, 1, 3), 0.02), indices=[3], body_indices=[view.get_body_index("torso")])
    torch.testing.assert_close(view.get_body_coms([3], [view.get_body_index("torso")])[0], torch.full((1, 1, 3), 0.02))
    view.set_body_disable_gravity(torch.ones(1, L), indices=[4])
    assert view.get_body_disable_gravity().sum(1).tolist() == [0, 0, 0, 0, L]


def test_names_find_their_numbers(robots: tuple[World, ArticulationView]) -> None:
    _, view = robots
    assert view.get_dof_index(view.dof_names[3]) == 3 and view.get_body_index("pelvis") == 0
    assert view.get_link_index("pelvis") == 0 and view.get_joint_index(view.joint_names[2]) == 2
    by_name = view.get_joint_positions(joint_names=[view.dof_names[5]])
    torch.testing.assert_close(by_name, view.get_joint_positions(joint_indices=[5]))
    with pytest.raises(RobotError, match=r"no joint 'left_wing'.*left_thigh_joint"):
        view.set_joint_positions(torch.zeros(N, 1), joint_names=["left_wing"])
    with pytest.raises(HostError, match="index out of range"):
        view.get_joint_positions(indices=[N])
    with pytest.raises(HostError, match="not a mask"):
        view.get_joint_positions(indices=torch.ones(N, dtype=torch.bool))


def test_counts_are_unknown_before_the_first_play(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    make_world()
    view = h.ArticulationView("/World/envs/env_0/Robot", name="robot")
    assert view.prim_paths == ["/World/envs/env_0/Robot/pelvis"]  # the prim with ArticulationRootAPI
    with pytest.raises(HostError, match=r"Call World\.reset"):
        _ = view.num_dof


def test_numpy_backend_takes_and_gives_arrays(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    scenes.clone(h, 2)
    world = make_world(backend="numpy")
    view = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots", positions=np.zeros((2, 3)))
    world.reset()
    positions = view.get_joint_positions()
    assert isinstance(positions, np.ndarray) and positions.shape == (2, D)
    view.set_joint_positions(np.full((1, D), 0.1), indices=np.array([1]))
    assert view.get_joint_positions()[1] == pytest.approx(np.full(D, 0.1))
    view.set_world_poses(np.array([[0.0, 0.0, 2.0]]), indices=[0])
    assert view.get_world_poses()[0][0].tolist() == [0.0, 0.0, 2.0]
    assert isinstance(view.get_jacobians(), np.ndarray)


def test_settings_for_the_next_play_go_to_usd(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    scenes.clone(h, 3)
    make_world()
    view = h.ArticulationView("/World/envs/env_.*/Robot", name="robots")
    view.set_solver_position_iteration_counts(torch.full((3,), 8))
    view.set_solver_velocity_iteration_counts(torch.full((3,), 2))
    view.set_enabled_self_collisions(torch.ones(3))
    view.set_sleep_thresholds(torch.full((3,), 0.5))
    view.set_stabilization_thresholds(torch.full((3,), 0.25))
    assert view.get_solver_position_iteration_counts().tolist() == [8, 8, 8]
    assert view.get_solver_velocity_iteration_counts().tolist() == [2, 2, 2]
    assert view.get_enabled_self_collisions().tolist() == [True] * 3
    assert view.get_sleep_thresholds().tolist() == [0.5] * 3
    assert view.get_stabilization_thresholds().tolist() == [0.25] * 3
    with pytest.raises(SceneError, match="cannot differ between clones"):
        view.set_solver_position_iteration_counts(torch.tensor([4, 8, 16]))


def test_contacts_need_to_be_asked_for(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0, 0, 0.1))
    world = make_world()
    box = h.RigidPrimView("/World/envs/env_0/box", name="box")
    world.reset()
    with pytest.raises(HostError, match="track_contact_forces=True"):
        box.get_net_contact_forces()
