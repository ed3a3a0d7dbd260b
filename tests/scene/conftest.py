# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from humanoid_brain import host
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.scene.build import BuiltScene, build_scene
from humanoid_brain.scene.world import open_world

if TYPE_CHECKING:
    from humanoid_brain.host import ArticulationView, RigidPrimView, World


@dataclass
class Running:
    """A scene in the simulator: its views are ready, its feet's contacts are tracked."""

    built: BuiltScene
    world: World
    robots: ArticulationView
    feet: RigidPrimView


@pytest.fixture(scope="session")
def h() -> host.Host:
    return host.load("standalone")


@pytest.fixture
def run(h: host.Host) -> Iterator[Callable[[SceneConfig], Running]]:
    """Builds a scene, opens its world and resets it; the world ends with the test."""

    def start(config: SceneConfig) -> Running:
        h.World.clear_instance()
        h.stage.create_new_stage()
        built = build_scene(config, h)
        world = open_world(h, config.physics, "cpu", built.num_envs)
        robots = h.ArticulationView(prim_paths_expr=built.robot_expr, name="robots")
        expr = built.link_expr(config.robot.feet[0]).replace(config.robot.left_prefix, ".*_")
        feet = h.RigidPrimView(prim_paths_expr=expr, name="feet", track_contact_forces=True)
        world.scene.add(robots)
        world.scene.add(feet)
        world.reset()
        return Running(built, world, robots, feet)

    yield start
    h.World.clear_instance()
