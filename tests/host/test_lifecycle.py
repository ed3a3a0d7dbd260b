# SPDX-License-Identifier: Apache-2.0
"""Play, pause, stop and reset; who is told, and what survives."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
import torch

from humanoid_brain import host
from humanoid_brain.errors import DeviceError, HostError, SceneError
from tests.host import scenes
from tests.host.scenes import DT

if TYPE_CHECKING:
    from humanoid_brain.host import ArticulationView, World
    from tests.host.conftest import MakeWorld


@pytest.fixture
def arms(h: host.Host, make_world: MakeWorld) -> tuple[World, ArticulationView]:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm", stiffness=100.0, damping=5.0)
    world = make_world()
    return world, h.ArticulationView("/World/envs/env_.*/Arm", name="arms")


def test_reset_takes_two_warm_up_steps(arms: tuple[World, ArticulationView]) -> None:
    world, _ = arms
    assert world.is_stopped() and not world.is_playing() and world.physics_sim_view is None
    world.reset()
    assert world.is_playing() and world.is_simulating()
    assert world.current_time_step_index == 2 and world.current_time == pytest.approx(2 * DT)


def test_callbacks_fire_before_each_step_and_in_the_first_warm_up(arms: tuple[World, ArticulationView]) -> None:
    world, view = arms
    seen: list[tuple[float, bool]] = []
    world.add_physics_callback("log", lambda dt: seen.append((dt, view.is_physics_handle_valid())))
    world.reset()
    assert seen == [(DT, False), (DT, False)]
    world.step(render=False)
    assert seen[2:] == [(DT, True)]


def test_callbacks_are_held_while_stopped(arms: tuple[World, ArticulationView]) -> None:
    world, _ = arms
    calls: list[float] = []
    world.add_physics_callback("log", calls.append)
    world.reset()
    world.stop()
    assert not world.physics_callback_exists("log")
    calls.clear()
    world.reset()
    assert calls == []  # held during the warm-up steps of a later play
    assert world.physics_callback_exists("log")
    world.step(render=False)
    assert calls == [DT]
    world.remove_physics_callback("log")
    world.step(render=False)
    assert calls == [DT]


def test_a_taken_callback_name_is_refused(
    arms: tuple[World, ArticulationView], caplog: pytest.LogCaptureFixture
) -> None:
    world, _ = arms
    world.add_physics_callback("one", lambda dt: None)
    with caplog.at_level(logging.ERROR, logger="humanoid_brain.host"):
        world.add_physics_callback("one", lambda dt: None)
        world.remove_physics_callback("other")
    assert "'one' exists already" in caplog.text and "no physics callback 'other'" in caplog.text


def test_timeline_callbacks_hear_play_pause_and_stop(arms: tuple[World, ArticulationView]) -> None:
    world, _ = arms
    heard: list[int] = []
    world.add_timeline_callback("log", lambda event: heard.append(event.type))
    world.reset()
    world.pause()
    world.play()
    world.stop()
    assert heard == [0, 1, 0, 2]


def test_views_are_valid_from_ready_to_stop_also_while_paused(arms: tuple[World, ArticulationView]) -> None:
    world, view = arms
    assert not view.is_physics_handle_valid()
    world.reset()
    world.pause()
    assert view.is_physics_handle_valid() and view.get_joint_positions() is not None
    before = view.get_joint_positions()
    world.step(render=False)  # nothing moves while paused
    torch.testing.assert_close(view.get_joint_positions(), before, rtol=0, atol=0)
    world.stop()
    assert not view.is_physics_handle_valid()


def test_after_stop_getters_warn_and_poses_are_those_of_the_stage(
    h: host.Host, make_world: MakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    scenes.clone(h, 2)
    world = make_world()
    robots = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots")
    start = robots.get_world_poses()[0]
    world.reset()
    for _ in range(40):
        world.step(render=False)
    assert (robots.get_world_poses()[0] - start)[:, 2].max() < -0.1
    world.stop()
    with caplog.at_level(logging.WARNING, logger="humanoid_brain.host"):
        assert robots.get_joint_positions() is None
        assert robots.set_joint_positions(torch.zeros(2, 23)) is None
    assert "robots: get_joint_positions needs a running simulation" in caplog.text
    torch.testing.assert_close(robots.get_world_poses()[0], start)


def test_runtime_gains_are_lost_at_stop(arms: tuple[World, ArticulationView]) -> None:
    world, view = arms
    world.reset()
    view.set_gains(kps=torch.full((1, 2), 7.0))
    assert view.get_gains()[0].tolist() == [[7.0, 7.0]]
    world.stop()
    world.play()
    assert view.get_gains()[0][0].tolist() == pytest.approx([100.0, 100.0], rel=1e-5)


def test_async_reset_restores_the_views_gains_and_state(arms: tuple[World, ArticulationView]) -> None:
    world, view = arms
    world.reset()
    view.set_gains(kps=torch.full((1, 2), 7.0))
    view.set_joints_default_state(positions=torch.tensor([[0.2, 0.1]]))
    asyncio.run(world.reset_async())
    assert view.get_gains()[0].tolist() == [[7.0, 7.0]]
    torch.testing.assert_close(view.get_joint_positions(), torch.tensor([[0.2, 0.1]]))


def test_gains_saved_to_usd_survive(arms: tuple[World, ArticulationView]) -> None:
    world, view = arms
    world.reset()
    view.set_gains(kps=torch.full((1, 2), 7.0), kds=torch.full((1, 2), 3.0), save_to_usd=True)
    world.reset()
    kps, kds = view.get_gains()
    torch.testing.assert_close(kps, torch.full((1, 2), 7.0))
    torch.testing.assert_close(kds, torch.full((1, 2), 3.0))


def test_the_default_joint_state_comes_from_the_drive_targets(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_pendulum(stage, "/World/envs/env_0/Arm", stiffness=100.0)
    joint = stage.GetPrimAtPath("/World/envs/env_0/Arm/joints/upper_joint")
    joint.GetAttribute("drive:angular:physics:targetPosition").Set(10.0)
    world = make_world()
    view = h.ArticulationView("/World/envs/env_0/Arm", name="arm")
    world.reset()
    assert view.get_joints_default_state().positions[0, 0].item() == pytest.approx(0.1745, abs=1e-4)
    view.post_reset()
    assert view.get_joint_positions()[0, 0].item() == pytest.approx(0.1745, abs=1e-4)


def test_effort_modes_take_effect_on_the_next_play(arms: tuple[World, ArticulationView]) -> None:
    world, view = arms
    world.reset()
    view.set_effort_modes("acceleration", joint_names=["lower_joint"])
    assert view.get_effort_modes() == [["force", "force"]]
    world.reset()
    assert view.get_effort_modes() == [["force", "acceleration"]]
    with pytest.raises(HostError, match="'torque' is no effort mode"):
        view.set_effort_modes("torque")


def test_control_modes_are_gains(arms: tuple[World, ArticulationView]) -> None:
    world, view = arms
    world.reset()
    view.switch_control_mode("velocity")
    assert view.get_gains()[0].abs().max() == 0 and view.get_gains()[1].min() > 0
    view.switch_control_mode("effort")
    assert view.get_gains()[1].abs().max() == 0
    view.switch_dof_control_mode("position", 1)
    assert view.get_gains()[0][0].tolist() == pytest.approx([0.0, 100.0], rel=1e-5)
    view.switch_control_mode("position")
    view.pause_motion()
    assert view.get_gains()[0].abs().max() == 0
    view.resume_motion()
    assert view.get_gains()[0][0].tolist() == pytest.approx([100.0, 100.0], rel=1e-5)


def test_a_view_made_while_playing_is_ready_at_once(h: host.Host, arms: tuple[World, ArticulationView]) -> None:
    world, _ = arms
    world.reset()
    late = h.ArticulationView("/World/envs/env_0/Arm", name="late")
    assert late.is_physics_handle_valid() and late.num_dof == 2


def test_a_dropped_view_is_forgotten(h: host.Host, arms: tuple[World, ArticulationView]) -> None:
    world, _ = arms
    h.RigidPrimView("/World/envs/env_0/Arm/upper", name="brief")
    world.reset()  # would fail on a dead listener
    world.stop()


def test_rendering_steps_make_whole_frames(arms: tuple[World, ArticulationView]) -> None:
    world, _ = arms
    frames: list[object] = []
    world.add_render_callback("log", frames.append)
    world.reset()
    start = world.current_time_step_index
    world.step(render=True)
    assert world.current_time_step_index - start == 4 and len(frames) == 1
    world.step(render=True, step_sim=False)
    assert world.current_time_step_index - start == 4 and len(frames) == 2


def test_the_world_is_one_per_process_until_cleared(h: host.Host, arms: tuple[World, ArticulationView]) -> None:
    world, _ = arms
    assert h.World() is world and h.World.instance() is world
    h.World.clear_instance()
    assert h.World.instance() is None


def test_a_new_stage_ends_the_world(h: host.Host, arms: tuple[World, ArticulationView]) -> None:
    world, view = arms
    world.reset()
    h.stage.create_new_stage()
    assert h.World.instance() is None and not view.is_physics_handle_valid()


def test_reset_can_be_repeated(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    scenes.clone(h, 3)
    world = make_world()
    robots = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots")
    states = []
    for _ in range(3):
        world.reset()
        for _ in range(5):
            world.step(render=False)
        states.append(robots.get_joint_positions())
    torch.testing.assert_close(states[1], states[0], rtol=0, atol=0)
    torch.testing.assert_close(states[2], states[0], rtol=0, atol=0)


def test_scene_objects_have_unique_names(h: host.Host, arms: tuple[World, ArticulationView]) -> None:
    world, view = arms
    world.scene.add(view)
    assert world.scene.get_object("arms") is view
    with pytest.raises(HostError, match="'arms' is missing or taken"):
        world.scene.add(view)
    world.scene.remove_object("arms", registry_only=True)
    assert not world.scene.object_exists("arms")


def test_ground_plane_of_the_scene_carries(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0, 0, 0.6))
    world = make_world()
    plane = world.scene.add_ground_plane(z_position=0.5, restitution=0.0)
    box = h.RigidPrimView("/World/envs/env_0/box", name="box")
    world.reset()
    for _ in range(20):
        world.step(render=False)
    assert box.get_world_poses()[0][0, 2].item() == pytest.approx(0.6, abs=1e-3)
    assert plane.get_applied_physics_material().get_restitution() == 0.0
    assert plane.get_world_pose()[0].tolist() == [0.0, 0.0, 0.5]


def test_errors_name_the_cause(h: host.Host, make_world: MakeWorld) -> None:
    scenes.new_scene(h)
    with pytest.raises(SceneError, match="no prim matches"):
        h.ArticulationView("/World/envs/env_.*/Nobody", name="nobody")
    with pytest.raises(HostError, match="backend 'warp' is not available"):
        make_world(backend="warp")
    with pytest.raises(DeviceError, match="'tpu' is no device"):
        make_world(device="tpu")
    assert h.World.instance() is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_where_there_is_none_is_refused(h: host.Host, make_world: MakeWorld) -> None:
    scenes.new_scene(h)
    with pytest.raises(DeviceError, match="finds no CUDA device"):
        make_world(device="cuda")


def test_a_view_of_what_is_no_articulation_is_refused_on_play(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0, 0, 0.1))
    world = make_world()
    view = h.ArticulationView("/World/envs/env_0/box", name="box")
    with pytest.raises(SceneError, match="hold no articulation"):
        world.reset()
    assert world.is_stopped() and not view.is_physics_handle_valid()


def test_a_stage_without_physics_scene_is_refused(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    world = make_world()
    stage.RemovePrim("/World/physicsScene")
    with pytest.raises(SceneError, match="physics scene is gone"):
        world.reset()
