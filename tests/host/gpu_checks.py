# SPDX-License-Identifier: Apache-2.0
"""What must hold on CUDA, for a process of its own: PhysX is on one device per process. See test_gpu.py."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from humanoid_brain import host
from humanoid_brain.errors import DeviceError
from humanoid_brain.host.standalone.engine_tensors import Buffer
from tests.host import render_scenes, scenes
from tests.host.scenes import DT

if TYPE_CHECKING:
    from humanoid_brain.host import ArticulationView, RigidPrimView, World

N, D, G = 64, 23, 9.81
CAPACITIES = {
    "gpu_max_rigid_contact_count": 2**20,
    "gpu_max_rigid_patch_count": 2**18,
    "gpu_found_lost_pairs_capacity": 2**20,
    "gpu_found_lost_aggregate_pairs_capacity": 2**20,
    "gpu_total_aggregate_pairs_capacity": 2**18,
    "gpu_collision_stack_size": 2**26,
}


def robots(self_collisions: bool, spacing: float) -> tuple[host.Host, World, ArticulationView, RigidPrimView]:
    h = host.load("standalone")
    stage = scenes.new_scene(h)
    scenes.add_robot(stage, "/World/envs/env_0/Robot", self_collisions)
    scenes.clone(h, N, spacing)
    world = h.World(physics_dt=DT, backend="torch", device="cuda", set_defaults=False)
    for name, value in CAPACITIES.items():
        getattr(world.get_physics_context(), f"set_{name}")(value)
    view = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots")
    feet = h.RigidPrimView("/World/envs/env_.*/Robot/.*_foot", name="feet", track_contact_forces=True)
    world.reset()
    return h, world, view, feet


def state_lives_on_the_gpu_and_feet_carry_the_weight() -> None:
    _, world, view, feet = robots(self_collisions=False, spacing=0.0)
    assert world.device == "cuda:0" and view.get_joint_positions().device.type == "cuda"
    assert view.get_gains()[0].device.type == "cuda" and view.get_body_masses().device.type == "cpu"
    for _ in range(80):
        world.step(render=False)
    carried = feet.get_net_contact_forces(dt=DT).view(N, 2, 3)[..., 2].sum(1)
    # all at one place: environments do not meet. They sway while they stand, hence 10 %
    torch.testing.assert_close(carried.cpu(), torch.full((N,), scenes.ROBOT_MASS * G), rtol=0.1, atol=0)


def self_collision_is_available() -> None:
    _, world, view, _ = robots(self_collisions=True, spacing=2.5)
    joints = [view.get_dof_index(f"{side}_hip_roll_joint") for side in ("left", "right")]
    targets = torch.tensor([[-0.5, 0.5]], device="cuda").repeat(N, 1)
    view.set_joint_position_targets(targets, joint_indices=joints)
    for _ in range(60):
        world.step(render=False)
    assert (view.get_joint_positions(joint_indices=joints)[:, 0] > -0.3).all()


def rows_are_written_alone_and_links_follow() -> None:
    h, world, view, feet = robots(self_collisions=False, spacing=2.5)
    positions, orientations = view.get_world_poses()
    before = view.get_joint_positions()
    low = feet.get_world_poses()[0].view(N, 2, 3)
    mask = torch.arange(N, device="cuda") % 3 == 0
    lifted = positions + torch.tensor([0.0, 0.0, 1.0], device="cuda")
    joints, still = torch.full((N, D), 0.1, device="cuda"), torch.zeros(N, 6, device="cuda")
    h.write_rows(
        view, mask, positions=lifted, orientations=orientations, velocities=still, joint_positions=joints,
        joint_velocities=torch.zeros(N, D, device="cuda"),
    )  # fmt: skip
    h.refresh_links(world)
    torch.testing.assert_close(view.get_joint_positions()[mask], joints[mask])
    torch.testing.assert_close(view.get_joint_positions()[~mask], before[~mask], rtol=0, atol=0)
    rise = feet.get_world_poses()[0].view(N, 2, 3)[..., 2] - low[..., 2]
    assert rise[mask].min() > 0.9 and rise[~mask].abs().max() < 1e-4
    view.set_joint_positions(torch.zeros(2, D, device="cuda"), indices=[3, 6])
    assert view.get_joint_positions(indices=[3, 6]).abs().max() < 1e-6


def the_loop_does_not_wait_for_the_gpu() -> None:
    h, world, view, feet = robots(self_collisions=False, spacing=2.5)
    targets, mask = torch.zeros(N, D, device="cuda"), torch.ones(N, dtype=torch.bool, device="cuda")
    positions, orientations = view.get_world_poses()

    def policy_step() -> None:
        h.write_rows(view, mask, positions=positions, orientations=orientations, joint_positions=targets)
        view.set_joint_position_targets(targets)
        view.set_joint_efforts(targets)
        world.step(render=False)
        view.get_world_poses(clone=False)
        view.get_velocities(clone=False)
        view.get_joint_positions(clone=False)
        view.get_joint_velocities()
        feet.get_world_poses(clone=False)
        feet.get_net_contact_forces(dt=DT)

    settled, exchanges = Buffer.settled, 0

    def exchange(buffer: Buffer) -> Any:  # the engine has a stream of its own: here alone the host waits
        nonlocal exchanges
        exchanges += 1
        torch.cuda.set_sync_debug_mode("default")
        try:
            return settled(buffer)
        finally:
            torch.cuda.set_sync_debug_mode("error")

    policy_step()  # makes the bindings
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Buffer, "settled", exchange)
        torch.cuda.set_sync_debug_mode("error")
        try:
            policy_step()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert exchanges


def the_engine_waits_for_what_pytorch_still_computes() -> None:
    _, world, view, _ = robots(self_collisions=False, spacing=2.5)
    view.set_joint_position_targets(torch.zeros(N, D, device="cuda"))
    world.step(render=False)
    late, rows = torch.zeros(N, D, device="cuda"), torch.arange(8, device="cuda")
    torch.cuda._sleep(400_000_000)  # cycles, a quarter of a second
    late += 0.25
    view.set_joint_position_targets(late)
    torch.testing.assert_close(view.get_applied_actions().joint_positions, late)
    torch.cuda._sleep(400_000_000)
    late += 0.25
    view.set_joint_position_targets(late[:8], indices=rows)
    applied = view.get_applied_actions().joint_positions
    assert applied is not None
    torch.testing.assert_close(applied[:8], late[:8])
    assert "warp" not in sys.modules  # takes 0.6 s to import


def the_process_stays_on_its_device() -> None:
    robots(self_collisions=False, spacing=2.5)
    h = host.load("standalone")
    h.World.clear_instance()
    world = h.World(physics_dt=DT, backend="torch", device="cpu", set_defaults=False)
    with pytest.raises(DeviceError, match="Start a new process"):
        world.reset()


def a_picture_stays_there_until_it_is_bytes() -> None:
    from humanoid_brain.capture.effects import FrameEffects
    from humanoid_brain.host.standalone.render.picture import PRESETS, denoise, linear_picture, tone_map
    from humanoid_brain.host.standalone.render.renderer import StageRenderer
    from humanoid_brain.randomization.image import ImageEffects

    stage, preset = render_scenes.new_stage(), PRESETS["standard"]
    render_scenes.add_dome(stage)
    render_scenes.add_quad(stage, "/World/floor", 12.0)
    renderer = StageRenderer(stage, "cuda")
    camera = render_scenes.camera_at((0.3, -0.2, 0.8), (2.0, 0.1, 0.6), size=128)
    there = linear_picture(renderer, camera, preset, 1)
    assert there.is_cuda and there.dtype == torch.float32
    light, guides = renderer.color(camera, preset.samples, 1, preset.depth), renderer.guides(camera, preset.guides, 1)
    assert light.std() > 0.0
    raw = renderer.color(camera, preset.samples, 1, preset.depth, there=True)
    assert np.array_equal(raw.cpu().numpy(), light)
    again = denoise(light, guides, on_gpu=True)
    assert torch.allclose(there, again, atol=1e-3)
    strengths = ImageEffects(metering=0.5, white_balance=4000.0, vignette=0.3, blur=1.0, shot_noise=0.05)
    made, other = (tone_map(FrameEffects(strengths, 1, 2).develop(each)) for each in (there, there.cpu().numpy()))
    assert np.abs(made.astype(int) - other).max() <= 1 and (made == other).mean() > 0.99


def a_run_is_rehearsed_while_its_scene_is_loaded() -> None:
    from humanoid_brain import paths
    from humanoid_brain.config.base import load
    from humanoid_brain.config.training import TrainingConfig
    from humanoid_brain.host.standalone.simulation import simulation
    from humanoid_brain.learning import rehearsal
    from humanoid_brain.learning.assembly import make_env

    seen, rehearse = list[tuple[bool, bool]](), rehearsal.rehearse

    def note(*arguments: Any) -> None:
        aside, loading = threading.current_thread() is not threading.main_thread(), simulation.view is None
        rehearse(*arguments)
        seen.append((aside, loading and simulation.view is None))

    rehearsal.rehearse = note
    config = load(TrainingConfig, paths.config() / "training" / "walk.yaml")
    config.scene.num_envs = N
    env = make_env(config, learns=True)
    assert seen == [(True, True)]
    assert env.device.type == "cuda" and torch.get_float32_matmul_precision() == "highest"


CHECKS = {
    check.__name__: check
    for check in (
        state_lives_on_the_gpu_and_feet_carry_the_weight,
        self_collision_is_available,
        rows_are_written_alone_and_links_follow,
        the_loop_does_not_wait_for_the_gpu,
        the_engine_waits_for_what_pytorch_still_computes,
        the_process_stays_on_its_device,
        a_picture_stays_there_until_it_is_bytes,
        a_run_is_rehearsed_while_its_scene_is_loaded,
    )
}

if __name__ == "__main__":
    CHECKS[sys.argv[1]]()
