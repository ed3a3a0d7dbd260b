# SPDX-License-Identifier: Apache-2.0
"""Our World and views against a bare loop over ovphysx that does the same reads and writes.

Both step the same scene in the same process, in turns of a few policy steps, so that a busy machine slows both. A
policy step writes position targets and, as episodes end, the state of a few rows; steps physics four times; and reads
root, joint and link states and contact forces.

python benchmarks/host.py --device cpu --envs 64
python benchmarks/host.py --device cuda --envs 4096 --scene scene.usd --robot pelvis --links left_foot,right_foot,torso
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

DT = 1.0 / 200.0
SUBSTEPS = 4
TURN = 20  # policy steps per turn
ENVIRONMENTS = "/World/envs/env_.*/Robot"
GPU_CAPACITIES = {
    "gpu_max_rigid_contact_count": 2**24,
    "gpu_max_rigid_patch_count": 2**22,
    "gpu_found_lost_pairs_capacity": 2**24,
    "gpu_found_lost_aggregate_pairs_capacity": 2**25,
    "gpu_total_aggregate_pairs_capacity": 2**22,
    "gpu_heap_capacity": 2**27,
    "gpu_temp_buffer_capacity": 2**25,
    "gpu_collision_stack_size": 2**28,
}


class Scene:
    """Clones of one robot: ours and the bare loop drive it in turns."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        h = self.host = host.load("standalone")
        began = time.perf_counter()
        _author(h, arguments.scene, arguments.envs, arguments.spacing)
        authored = time.perf_counter()
        self.world: World = h.World(
            physics_dt=DT, backend="torch", device=arguments.device, set_defaults=False, sim_params=None
        )
        for name, value in GPU_CAPACITIES.items() if arguments.device == "cuda" else ():
            getattr(self.world.get_physics_context(), f"set_{name}")(value)
        links = arguments.links.split(",")
        self.robots: ArticulationView = h.ArticulationView(f"{ENVIRONMENTS}/{arguments.robot}", name="robots")
        self.links: RigidPrimView = h.RigidPrimView([f"{ENVIRONMENTS}/{link}" for link in links], name="links")
        self.feet: RigidPrimView = h.RigidPrimView(
            [f"{ENVIRONMENTS}/{link}" for link in links if link.endswith("foot")],
            name="feet",
            track_contact_forces=True,
        )
        self.world.reset()
        self.world.step(render=False)
        ready = time.perf_counter()
        self.load = {"author": authored - began, "load": ready - authored}
        self.device = torch.device(self.world.device)
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
    scene.feet.get_net_contact_forces(clone=False, dt=DT)


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
            physx.step_sync(DT)
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


def _author(h: host.Host, scene: Path | None, envs: int, spacing: float) -> None:
    """A stage with ``envs`` environments: from a USD file with /World/envs/env_0, or the test robot."""
    from tests.host import scenes

    if scene is None:
        scenes.add_robot(scenes.new_scene(h), "/World/envs/env_0/Robot")
    else:
        h.stage.open_stage(str(scene))
    scenes.clone(h, envs, spacing)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--envs", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--spacing", type=float, default=2.5, help="m between environments")
    parser.add_argument("--scene", type=Path, help="USD with one environment at /World/envs/env_0")
    parser.add_argument("--robot", default="pelvis", help="root link below Robot")
    parser.add_argument("--links", default="left_foot,right_foot,torso", help="links whose state is read")
    arguments = parser.parse_args()
    device = cast(Device, arguments.device)
    torch.set_num_threads(1)
    scene = Scene(arguments)
    for part, value in scene.load.items():
        emit(f"host.{part}", value, "s", envs=arguments.envs, device=device)
    turns = measure(scene, arguments.seconds)
    rate = {name: TURN * arguments.envs / statistics.median(times) for name, times in turns.items()}
    ratio = statistics.median(b / o for b, o in zip(turns["bare"], turns["ours"], strict=True))
    facts = {"envs": arguments.envs, "device": device, "turns": len(turns["ours"])}
    emit("host.bare", rate["bare"], "env-steps/s", **facts)
    emit("host.ours", rate["ours"], "env-steps/s", ratio=ratio, **facts)
    emit("host.memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB", **facts)


if __name__ == "__main__":
    main()
