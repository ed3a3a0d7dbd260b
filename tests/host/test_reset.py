# SPDX-License-Identifier: Apache-2.0
"""Writing the state of some rows: exactly those, and nothing of the past survives in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from pxr import UsdPhysics
from safetensors.torch import load_file, save_file

from humanoid_brain import host
from humanoid_brain.host.standalone import simulation as simulation_module
from tests.host import scenes

if TYPE_CHECKING:
    from humanoid_brain.host import ArticulationView, RigidPrimView, World
    from tests.host.conftest import MakeWorld

N, D = 4, 23
Robots = tuple["World", "ArticulationView", "RigidPrimView"]
State = dict[str, torch.Tensor]


@pytest.fixture
def robots(h: host.Host, make_world: MakeWorld) -> Robots:
    stage = scenes.new_scene(h)
    scenes.add_robot(stage, "/World/envs/env_0/Robot", self_collisions=True)
    scenes.clone(h, N)
    world = make_world()
    view = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots")
    feet = h.RigidPrimView("/World/envs/env_.*/Robot/.*_foot", name="feet", track_contact_forces=True)
    world.reset()
    return world, view, feet


def read(view: ArticulationView) -> State:
    positions, orientations = view.get_world_poses()
    return {
        "positions": positions,
        "orientations": orientations,
        "velocities": view.get_velocities(),
        "joint_positions": view.get_joint_positions(),
        "joint_velocities": view.get_joint_velocities(),
    }


def simulate(world: World, view: ArticulationView, steps: int) -> None:
    targets = 0.2 * torch.sin(torch.arange(D, dtype=torch.float32)).repeat(N, 1)
    for _ in range(steps):
        view.set_joint_position_targets(targets)
        world.step(render=False)


def same(left: State, right: State, rows: list[int]) -> bool:
    return all(torch.equal(left[name][rows], right[name][rows]) for name in left)


def test_only_masked_rows_change_and_they_take_the_values_bit_for_bit(h: host.Host, robots: Robots) -> None:
    world, view, _ = robots
    start = read(view)
    simulate(world, view, 50)
    before = read(view)
    mask = torch.tensor([False, True, False, True])
    h.write_rows(view, mask, **start)
    after = read(view)
    assert same(after, before, [0, 2])
    # poses go through the solver's frames, which leaves the last bits of root quaternions; the rest is exact
    for name in ("joint_positions", "joint_velocities", "positions", "velocities"):
        torch.testing.assert_close(after[name][[1, 3]], start[name][[1, 3]], rtol=0, atol=1e-6, msg=name)
    actions = view.get_applied_actions()
    targets, speeds = torch.as_tensor(actions.joint_positions), torch.as_tensor(actions.joint_velocities)
    torch.testing.assert_close(targets[1], start["joint_positions"][1])
    torch.testing.assert_close(targets[0], 0.2 * torch.sin(torch.arange(D, dtype=torch.float32)))
    torch.testing.assert_close(speeds[3], start["joint_velocities"][3])


def test_other_environments_go_on_bit_for_bit(h: host.Host, robots: Robots) -> None:
    world, view, _ = robots
    start = read(view)
    everyone = torch.ones(N, dtype=torch.bool)
    runs = []
    for reset in (False, True):
        h.write_rows(view, everyone, **start)
        simulate(world, view, 30)
        if reset:
            h.write_rows(view, torch.tensor([True, False, False, False]), **start)
        simulate(world, view, 30)
        runs.append(read(view))
    assert same(runs[0], runs[1], [1, 2, 3]) and not same(runs[0], runs[1], [0])


def test_a_written_state_replays_bit_for_bit(h: host.Host, robots: Robots) -> None:
    world, view, feet = robots
    simulate(world, view, 60)
    state = read(view)
    everyone = torch.ones(N, dtype=torch.bool)
    runs, forces = [], []
    for _ in range(3):
        h.write_rows(view, everyone, **state)
        simulate(world, view, 60)
        runs.append(read(view))
        forces.append(feet.get_net_contact_forces(dt=scenes.DT))
    assert same(runs[0], runs[1], list(range(N))) and same(runs[0], runs[2], list(range(N)))
    assert torch.equal(forces[0], forces[1]) and forces[0].abs().max() > 100


_FRESH = """
import sys, torch
from safetensors.torch import load_file, save_file
from humanoid_brain import host
from humanoid_brain.host.standalone import simulation as simulation_module
from tests.host import scenes, test_reset
h = host.load("standalone")
if len(sys.argv) > 3:
    h.set_threads(int(sys.argv[3]))
stage = scenes.new_scene(h)
scenes.add_robot(stage, "/World/envs/env_0/Robot", self_collisions=True)
scenes.clone(h, test_reset.N)
world = h.World(physics_dt=scenes.DT, backend="torch", device="cpu", set_defaults=False)
view = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots")
world.reset()
state = load_file(sys.argv[1])
h.write_rows(view, torch.ones(test_reset.N, dtype=torch.bool), **state)
test_reset.simulate(world, view, 60)
save_file(test_reset.read(view), sys.argv[2])
"""


@pytest.mark.parametrize("threads", [None, "2"])
def test_a_written_state_replays_bit_for_bit_in_a_fresh_process(
    h: host.Host, robots: Robots, tmp_path: Path, repo_root: Path, threads: str | None
) -> None:
    world, view, _ = robots
    simulate(world, view, 60)
    state = read(view)
    save_file(state, tmp_path / "state.safetensors")
    command = [sys.executable, "-c", _FRESH, str(tmp_path / "state.safetensors"), str(tmp_path / "end.safetensors")]
    subprocess.run([*command, threads] if threads else command, check=True, cwd=repo_root, timeout=120)
    h.write_rows(view, torch.ones(N, dtype=torch.bool), **state)
    simulate(world, view, 60)
    assert same(read(view), load_file(tmp_path / "end.safetensors"), list(range(N)))


def test_parts_that_are_not_given_stay(h: host.Host, robots: Robots) -> None:
    world, view, _ = robots
    simulate(world, view, 20)
    before = read(view)
    lifted = before["positions"] + torch.tensor([0.0, 0.0, 1.0])
    h.write_rows(view, torch.tensor([True, False, False, False]), positions=lifted)
    after = read(view)
    torch.testing.assert_close(after["positions"][0], lifted[0])
    torch.testing.assert_close(after["orientations"], before["orientations"])
    torch.testing.assert_close(after["joint_positions"], before["joint_positions"])
    torch.testing.assert_close(after["positions"][1:], before["positions"][1:], rtol=0, atol=0)


def test_links_follow_a_state_write_without_a_step(h: host.Host, robots: Robots) -> None:
    world, view, feet = robots
    state = read(view)
    before = feet.get_world_poses()[0].view(N, 2, 3)
    state["positions"] = state["positions"] + torch.tensor([0.0, 0.0, 1.0])
    state["joint_positions"] = state["joint_positions"].clone()
    state["joint_positions"][:, view.get_dof_index("left_shin_joint")] += 0.5
    h.write_rows(view, torch.tensor([False, True, False, False]), **state)
    h.refresh_links(world)
    after = feet.get_world_poses()[0].view(N, 2, 3)
    torch.testing.assert_close(after[0], before[0])
    assert (after[1, 1, 2] - before[1, 1, 2]).item() == pytest.approx(1.0, abs=1e-4)  # the right foot is lifted
    # the left knee bends by 0.5 rad: the foot, 0.37 m below it, swings back and up
    assert (before[1, 0, 0] - after[1, 0, 0]).item() == pytest.approx(0.37 * np.sin(0.5), abs=0.02)


def test_free_bodies_can_be_written_too(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h, gravity=0.0, ground=False)
    scenes.add_box(stage, "/World/envs/env_0/box")
    scenes.clone(h, 3)
    world = make_world()
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    world.reset()
    before = boxes.get_world_poses()[0]
    mask = torch.tensor([False, False, True])
    h.write_rows(boxes, mask, positions=before + 1.0, velocities=torch.ones(3, 6))
    torch.testing.assert_close(boxes.get_world_poses()[0] - before, mask[:, None].expand(3, 3).float())
    assert boxes.get_velocities().sum(1).tolist() == [0.0, 0.0, 6.0]


def test_nan_in_one_environment_leaves_the_others_alone(h: host.Host, robots: Robots) -> None:
    world, view, _ = robots
    start = read(view)
    everyone = torch.ones(N, dtype=torch.bool)
    ends = []
    for poisoned in (False, True):
        h.write_rows(view, everyone, **start)
        if poisoned:
            view.set_joint_positions(torch.full((1, D), float("nan")), indices=[2])
        for _ in range(20):
            world.step(render=False)
        ends.append(read(view))
    assert not torch.isfinite(ends[1]["joint_positions"][2]).all()
    assert same(ends[0], ends[1], [0, 1, 3])
    h.write_rows(view, torch.tensor([False, False, True, False]), **start)
    for _ in range(5):
        world.step(render=False)
    assert all(torch.isfinite(value).all() for value in read(view).values())


def test_warming_up_leaves_no_trace(h: host.Host, make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation_module, "WARM_UP_STEPS", 0)
    stage = scenes.new_scene(h)
    scenes.add_robot(stage, "/World/envs/env_0/Robot")
    scenes.add_box(stage, "/World/envs/env_0/box", position=(1.0, 0.0, 0.09))
    cloner = h.GridCloner(spacing=3.0)
    paths = cloner.generate_paths("/World/envs/env", 2)
    in_the_ground = np.array([[0.0, 0.0, -0.01]] * 2)
    cloner.clone("/World/envs/env_0", paths, position_offsets=in_the_ground)
    body = UsdPhysics.RigidBodyAPI(stage.GetPrimAtPath("/World/envs/env_0/box"))
    body.CreateVelocityAttr((0.0, 0.5, 0.0))
    world = make_world()
    robots = h.ArticulationView("/World/envs/env_.*/Robot/pelvis", name="robots")
    boxes = h.RigidPrimView("/World/envs/env_.*/box", name="boxes")
    world.reset()
    assert robots.get_velocities().abs().max() == 0 and robots.get_joint_velocities().abs().max() == 0
    assert boxes.get_velocities().tolist() == [[0.0, 0.5, 0.0, 0.0, 0.0, 0.0]] * 2
