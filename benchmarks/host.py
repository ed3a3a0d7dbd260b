# SPDX-License-Identifier: Apache-2.0
"""Our World and views against a bare loop over ovphysx that does the same reads and writes.

Both step the same scene in the same process, in turns of a few policy steps, so that a busy machine slows both. A
policy step writes position targets and, as episodes end, the state of a few rows; steps physics four times; and reads
root, joint and link states and contact forces.

python benchmarks/host.py --device cpu --envs 64
python benchmarks/host.py --device cuda --envs 4096 --scene scene.usd --robot pelvis
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from benchmarks.common import Device, emit

from humanoid_brain import host

if TYPE_CHECKING:
    from humanoid_brain.host import ArticulationView, RigidPrimView, World

SUBSTEPS = 4
TURN = 20  # policy steps per turn


class Scene:
    """Copies of one robot, which ours and the bare loop drive in turns.

    Args:
        robot: Expression of the root links.
        links: Expressions of the links whose state is read.
        feet: Those among them whose contact forces are read.
        world: Not reset yet.
    """

    def __init__(self, h: host.Host, world: World, robot: str, links: list[str], feet: list[str]) -> None:
        self.host, self.world = h, world
        self.robots: ArticulationView = h.ArticulationView(robot, name="robots", reset_xform_properties=False)
        self.links: RigidPrimView = h.RigidPrimView(links, name="links", reset_xform_properties=False)
        self.feet: RigidPrimView = h.RigidPrimView(
            feet, name="feet", track_contact_forces=True, reset_xform_properties=False
        )
        world.reset()
        world.step(render=False)
        self.device, self.dt = torch.device(world.device), world.get_physics_dt()
        rows, columns = self.robots.count, self.robots.num_dof
        self.targets = torch.zeros(rows, columns, device=self.device)
        self.positions, self.orientations = self.robots.get_world_poses()
        self.joints = self.robots.get_joint_positions()
        self.still = torch.zeros(rows, 6, device=self.device)
        self.unmoved = torch.zeros(rows, columns, device=self.device)
        self.mask = torch.arange(rows, device=self.device) % 64 == 0


def ours(scene: Scene) -> None:
    """One policy step with World and views."""
    robots, links = scene.robots, scene.links
    scene.host.write_rows(
        robots,
        scene.mask,
        positions=scene.positions,
        orientations=scene.orientations,
        velocities=scene.still,
        joint_positions=scene.joints,
        joint_velocities=scene.unmoved,
    )
    robots.set_joint_position_targets(scene.targets)
    for _ in range(SUBSTEPS):
        scene.world.step(render=False)
    robots.get_world_poses(clone=False)
    robots.get_velocities(clone=False)
    robots.get_joint_positions(clone=False)
    robots.get_joint_velocities(clone=False)
    links.get_world_poses(clone=False)
    links.get_velocities(clone=False)
    scene.feet.get_net_contact_forces(clone=False, dt=scene.dt)


def bare(scene: Scene) -> Callable[[], None]:
    """One policy step with ovphysx alone, on buffers made once."""
    import warnings

    from ovphysx.types import TensorType

    from humanoid_brain.host.standalone.simulation import simulation

    physx = simulation.engine.native
    warnings.simplefilter("ignore", DeprecationWarning)
    names = ("ROOT_POSE", "ROOT_VELOCITY", "DOF_POSITION", "DOF_VELOCITY", "DOF_POSITION_TARGET", "DOF_VELOCITY_TARGET")
    binding = {
        name: physx.create_tensor_binding(
            prim_paths=scene.robots.prim_paths, tensor_type=TensorType[f"ARTICULATION_{name}"]
        )
        for name in names
    }
    for name in ("POSE", "VELOCITY"):
        binding[f"LINK_{name}"] = physx.create_tensor_binding(
            prim_paths=scene.links.prim_paths, tensor_type=TensorType[f"RIGID_BODY_{name}"]
        )
    buffer = {name: torch.zeros(each.shape, device=scene.device) for name, each in binding.items()}
    contacts = physx.create_contact_binding(sensor_patterns=scene.feet.prim_paths, max_contact_data_count=64)
    forces = torch.zeros(contacts.sensor_count, 3, device=scene.device)
    pose = torch.cat([scene.positions, scene.orientations[:, [1, 2, 3, 0]]], dim=1)
    mask = scene.mask.to(torch.uint8)
    written = {
        "ROOT_POSE": pose,
        "ROOT_VELOCITY": scene.still,
        "DOF_POSITION": scene.joints,
        "DOF_VELOCITY": scene.unmoved,
        "DOF_POSITION_TARGET": scene.joints,
        "DOF_VELOCITY_TARGET": scene.unmoved,
    }
    reads = ("ROOT_POSE", "ROOT_VELOCITY", "DOF_POSITION", "DOF_VELOCITY", "LINK_POSE", "LINK_VELOCITY")

    def step() -> None:
        for name, values in written.items():
            binding[name].write(values, mask=mask)
        binding["DOF_POSITION_TARGET"].write(scene.targets)
        for _ in range(SUBSTEPS):
            physx.step_sync(scene.dt)
        for name in reads:
            binding[name].read(buffer[name])
        contacts.read_net_normal_forces(forces)

    return step


def _turn(step: Callable[[], None], cuda: bool) -> float:
    began = time.perf_counter()
    for _ in range(TURN):
        step()
    if cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - began


def measure(scene: Scene, seconds: float) -> dict[str, list[float]]:
    """Seconds per turn of both loops, which take turns; who begins alternates."""
    loops: dict[str, Callable[[], None]] = {"ours": lambda: ours(scene), "bare": bare(scene)}
    cuda = scene.device.type == "cuda"
    for step in loops.values():
        _turn(step, cuda)
    turns: dict[str, list[float]] = {"ours": [], "bare": []}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(turns["ours"]) < 6:
        order = list(loops) if len(turns["ours"]) % 2 else list(reversed(loops))
        for name in order:
            turns[name].append(_turn(loops[name], cuda))
    return turns


def _product(h: host.Host, envs: int, device: Device) -> Scene:
    """The product's own humanoid."""
    from humanoid_brain.config.scene import SceneConfig
    from humanoid_brain.scene.build import build_scene
    from humanoid_brain.scene.world import open_world

    config = SceneConfig(num_envs=envs)
    h.stage.create_new_stage()
    built = build_scene(config, h)
    feet = [built.link_expr(name) for name in built.robot.feet]
    world = open_world(h, config.physics, device, envs)
    return Scene(h, world, built.robot_expr, [*feet, built.link_expr(built.robot.torso_link)], feet)


def _from_file(h: host.Host, path: Path, envs: int, device: Device, robot: str, links: list[str]) -> Scene:
    """A USD file with one environment at /World/envs/env_0."""
    from humanoid_brain.config.scene import PhysicsConfig
    from humanoid_brain.scene.world import open_world

    h.stage.open_stage(str(path))
    cloner = h.GridCloner(spacing=2.5)
    paths = cloner.generate_paths("/World/envs/env", envs)
    cloner.clone(source_prim_path=paths[0], prim_paths=paths, replicate_physics=True, base_env_path="/World/envs")
    world = open_world(h, PhysicsConfig(), device, envs)
    every = [f"/World/envs/env_.*/Robot/{name}" for name in (robot, *links)]
    return Scene(h, world, every[0], every[1:], [each for each in every[1:] if each.endswith("foot")])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--envs", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--scene", type=Path, help="USD with one environment at /World/envs/env_0; else our humanoid")
    parser.add_argument("--robot", default="pelvis", help="root link below Robot, in the file")
    parser.add_argument("--links", default="left_foot,right_foot,torso", help="links whose state is read, in the file")
    arguments = parser.parse_args()
    device = cast(Device, arguments.device)
    torch.set_num_threads(1)
    h = host.load("standalone")
    began = time.perf_counter()
    if arguments.scene is None:
        scene = _product(h, arguments.envs, device)
    else:
        links = arguments.links.split(",")
        scene = _from_file(h, arguments.scene, arguments.envs, device, arguments.robot, links)
    emit("host.load", time.perf_counter() - began, "s", envs=arguments.envs, device=device)
    turns = measure(scene, arguments.seconds)
    rate = {name: TURN * arguments.envs / statistics.median(times) for name, times in turns.items()}
    ratio = statistics.median(b / o for b, o in zip(turns["bare"], turns["ours"], strict=True))
    facts = {"envs": arguments.envs, "device": device, "turns": len(turns["ours"])}
    emit("host.bare", rate["bare"], "env-steps/s", **facts)
    emit("host.ours", rate["ours"], "env-steps/s", ratio=ratio, **facts)
    emit("host.memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB", **facts)


if __name__ == "__main__":
    main()
