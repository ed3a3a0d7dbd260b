# SPDX-License-Identifier: Apache-2.0
"""Props in PhysX, through the host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from humanoid_brain import host
from humanoid_brain.config.base import load
from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.scene.build import build_scene, camera_way
from humanoid_brain.scene.interiors import plan_interior, prop_paths
from humanoid_brain.scene.layouts import Layout, draw_layout
from humanoid_brain.scene.world import open_world

if TYPE_CHECKING:
    from humanoid_brain.host import RigidPrimView, World

MOVED, TILTED = 0.01, 2.0
"""How far in m and degrees a standing prop may settle: what a picture would not show."""


@dataclass
class Furnished:
    """An interior in the simulator."""

    scene: SceneConfig
    world: World
    props: RigidPrimView

    @property
    def interior(self) -> InteriorConfig:
        assert self.scene.interior is not None
        return self.scene.interior

    def draw(self, frame: int) -> Layout:
        return draw_layout(self.interior, 0, frame, [camera_way(self.scene)])

    def set(self, layout: Layout) -> None:
        """Write a layout to the simulator, at rest."""
        positions, orientations = (torch.tensor(rows).float() for rows in (layout.positions, layout.orientations))
        self.props.set_world_poses(positions, orientations)
        self.props.set_velocities(torch.zeros(len(positions), 6))

    def after(self, seconds: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions [N, 3] in m, tilt [N] in degrees and speeds [N] in m/s or rad/s."""
        for _ in range(round(seconds / self.scene.physics.dt)):
            self.world.step(render=False)
        positions, quaternions = (np.asarray(rows, np.float64) for rows in self.props.get_world_poses())
        upright = 1.0 - 2.0 * (quaternions[:, 1] ** 2 + quaternions[:, 2] ** 2)
        tilt = np.degrees(np.arccos(np.clip(upright, -1.0, 1.0)))
        return positions, tilt, np.abs(np.asarray(self.props.get_velocities())).max(1)


Furnish = Callable[[SceneConfig], Furnished]


@pytest.fixture
def furnish(h: host.Host) -> Iterator[Furnish]:
    def start(scene: SceneConfig) -> Furnished:
        assert scene.interior is not None
        h.World.clear_instance()
        h.stage.create_new_stage()
        build_scene(scene, h)
        world = open_world(h, scene.physics, "cpu", 1)
        props = h.RigidPrimView(prim_paths_expr=prop_paths(scene.interior), name="props")
        world.scene.add(props)
        world.reset()
        return Furnished(scene, world, props)

    yield start
    h.World.clear_instance()


@pytest.fixture
def all_kinds(repo_root: Path) -> SceneConfig:
    """A hall with every kind of prop, several of each, out of reach of the robot, which falls in the meantime."""
    scene = load(SceneConfig, repo_root / "config" / "scenes" / "warehouse.yaml")
    scene.interior = InteriorConfig(width=(15.0, 15.0), depth=(13.0, 13.0), height=(4.0, 4.0), robot_clearance=2.5)
    for section, kinds in (("chairs", 4), ("tables", 4), ("obstacles", 6), ("goals", 3), ("clutter", 6)):
        part = getattr(scene.interior, section)
        part.variants, part.count = 4 * kinds, (kinds, 2 * kinds)
    return scene


def test_every_prop_stands_where_its_layout_puts_it(furnish: Furnish, all_kinds: SceneConfig) -> None:
    running = furnish(all_kinds)
    pool = plan_interior(running.interior).pool
    assert running.props.prim_paths == prop_paths(running.interior)
    never_shown = {pooled.name for pooled in pool}
    for frame in range(8):
        layout = running.draw(frame)
        running.set(layout)
        positions, tilt, _ = running.after(1.0)
        moved = np.linalg.norm(positions - layout.positions, axis=1)
        for row, pooled in enumerate(pool):
            assert moved[row] < MOVED, (frame, pooled.name, pooled.prop.kind)
            assert tilt[row] < TILTED, (frame, pooled.name, pooled.prop.kind)
        never_shown -= {pool[row].name for row in np.flatnonzero(layout.visible)}
    kinds = {pooled.prop.kind for pooled in pool if pooled.name not in never_shown}
    assert kinds == {pooled.prop.kind for pooled in pool}


def test_a_pushed_prop_does_move(furnish: Furnish, all_kinds: SceneConfig) -> None:
    running = furnish(all_kinds)
    layout = running.draw(0)
    running.set(layout)
    velocities = torch.zeros(len(layout.names), 6)
    velocities[:, 0] = 1.5
    running.props.set_velocities(velocities)
    positions, _, _ = running.after(0.2)
    assert (positions[layout.visible][:, 0] - layout.positions[layout.visible][:, 0] > 0.02).all()


def test_dropped_clutter_comes_to_rest_on_its_table(furnish: Furnish, all_kinds: SceneConfig) -> None:
    assert all_kinds.interior is not None
    all_kinds.interior.clutter.drop_height = 0.05
    running = furnish(all_kinds)
    settled = 0
    for frame in range(3):
        layout = running.draw(frame)
        running.set(layout)
        positions, tilt, speed = running.after(1.5)
        rows = [row for row, carrier in enumerate(layout.supports) if carrier is not None]
        fallen = layout.positions[rows, 2] - positions[rows, 2]
        assert fallen == pytest.approx(0.05, abs=5e-3)
        assert np.abs(positions[rows] - layout.positions[rows])[:, :2].max() < 0.02
        assert tilt[rows].max() < TILTED and speed[rows].max() < 1e-2
        settled += len(rows)
    assert settled > 15


def test_masses_are_those_of_furniture(furnish: Furnish, all_kinds: SceneConfig) -> None:
    running = furnish(all_kinds)
    masses = np.asarray(running.props.get_masses()).reshape(-1)
    ranges = {
        "table": (2.5, 90.0),
        "chair": (2.5, 40.0),
        "obstacle": (1.0, 60.0),
        "goal": (2.0, 12.0),
        "clutter": (0.15, 6.0),
    }
    for pooled, mass in zip(plan_interior(running.interior).pool, masses, strict=True):
        low, high = ranges[pooled.prop.category]
        assert low < mass < high, (pooled.name, pooled.prop.kind, mass)


def test_the_robot_stands_in_its_room(furnish: Furnish, repo_root: Path) -> None:
    running = furnish(load(SceneConfig, repo_root / "config" / "scenes" / "living_room.yaml"))
    before = running.draw(0)
    positions, tilt, _ = running.after(0.5)
    assert np.linalg.norm(positions - before.positions, axis=1).max() < MOVED
    assert tilt.max() < TILTED
