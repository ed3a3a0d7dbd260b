# SPDX-License-Identifier: Apache-2.0
"""The host's World, set up as the scene's physics configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humanoid_brain.config.scene import PhysicsConfig
from humanoid_brain.scene.surroundings import PHYSICS_SCENE, gpu_buffers

if TYPE_CHECKING:
    from humanoid_brain.host import Host, World

RENDERING_DT = 1.0 / 50.0
"""Time between two rendered frames in s."""


def open_world(host: Host, config: PhysicsConfig, device: str, num_envs: int) -> World:
    """Create the World and set solver, gravity and buffers. The caller resets it once its views are added.

    Args:
        host: From :func:`humanoid_brain.host.load`.
        config: Time step, solver, gravity, buffers.
        device: "cpu", "cuda" or "cuda:0".
        num_envs: Environments that the buffers on the GPU are for.

    Raises:
        DeviceError: The device is not there.
    """
    world = make_world(host, config, device)
    configure_world(world, config, device, num_envs)
    return world


def make_world(host: Host, config: PhysicsConfig, device: str) -> World:
    """Create the World alone, as for :func:`open_world`."""
    return host.World(
        physics_dt=config.dt,
        rendering_dt=max(RENDERING_DT, config.dt),
        stage_units_in_meters=1.0,
        physics_prim_path=PHYSICS_SCENE,
        set_defaults=False,
        backend="torch",
        device=device,
    )


def configure_world(world: World, config: PhysicsConfig, device: str, num_envs: int) -> None:
    """Set solver, gravity and buffers, as for :func:`open_world`, of a World that has its physics context."""
    context = world.get_physics_context()
    gpu = device.startswith("cuda")
    context.set_solver_type(config.solver)
    context.set_gravity(-config.gravity)
    context.set_bounce_threshold(config.bounce_threshold)
    context.enable_stablization(False)  # spelled so in Isaac Sim 4.5 to 6.x
    context.set_enable_scene_query_support(False)
    context.enable_gpu_dynamics(gpu)
    context.set_broadphase_type("GPU" if gpu else "MBP")
    if gpu:
        buffers = gpu_buffers(config.gpu, num_envs)
        context.set_gpu_max_rigid_contact_count(buffers["max_rigid_contact_count"])
        context.set_gpu_max_rigid_patch_count(buffers["max_rigid_patch_count"])
        context.set_gpu_found_lost_pairs_capacity(buffers["found_lost_pairs_capacity"])
        context.set_gpu_found_lost_aggregate_pairs_capacity(buffers["found_lost_aggregate_pairs_capacity"])
        context.set_gpu_total_aggregate_pairs_capacity(buffers["total_aggregate_pairs_capacity"])
        context.set_gpu_heap_capacity(buffers["heap_capacity"])
        context.set_gpu_temp_buffer_capacity(buffers["temp_buffer_capacity"])
        context.set_gpu_collision_stack_size(buffers["collision_stack_size"])
