# SPDX-License-Identifier: Apache-2.0
"""The job that builds a scene for someone who watches: what was checked, what does not fit, what was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.files import make_folder
from humanoid_brain.jobs import FileWritten, Job

if TYPE_CHECKING:
    from humanoid_brain.host import Host
    from humanoid_brain.scene.check import Finding
    from humanoid_brain.scene.kinematics import Tree
    from humanoid_brain.scene.robots import RobotAsset


class SceneJob(Job):
    """Opens the robot, checks it against its description, and builds the scene.

    Args:
        config: The scene.
        path: USD file to write.
        host: Build on the stage of this simulator, in place of writing a file.
        most: Environments that a file holds at most, as a viewport shows them; None: all.
    """

    def __init__(
        self, config: SceneConfig, path: Path | None = None, *, host: Host | None = None, most: int | None = None
    ) -> None:
        super().__init__()
        self.config, self.path, self.host = config, path, host
        self.shown = config.num_envs if most is None else min(config.num_envs, most)
        self.facts: list[str] = []
        """What was checked and what was built, in words."""
        self.findings: list[Finding] = []
        """What does not fit, errors first."""
        self.progress.unit, self.progress.total = "steps", 3

    def slices(self) -> Iterator[None]:
        """Open, check, build."""
        self.progress.phase = "opening the robot"
        yield
        from humanoid_brain.scene.check import check_robot, require_fit
        from humanoid_brain.scene.kinematics import read_tree
        from humanoid_brain.scene.robots import open_robot

        asset = open_robot(self.config.robot)
        self._step("checking the robot")
        yield
        self.findings = check_robot(asset, self.config.robot)
        require_fit(asset, self.config.robot)
        self.facts += _robot_facts(self.config, asset, read_tree(asset.prim))
        self._step("building the scene")
        yield
        self._build()
        self.facts += _scene_facts(self.config, self.shown)
        self.progress.done = self.progress.total

    def release(self) -> None:
        """Nothing is held."""

    def _step(self, phase: str) -> None:
        self.progress.done += 1
        self.progress.phase = phase

    def _build(self) -> None:
        from humanoid_brain.scene.build import build_scene, write_scene

        if self.host is not None:
            self.host.stage.create_new_stage()
            build_scene(self.config, self.host)
        elif self.path is not None:
            make_folder(self.path.parent)
            write_scene(self.config, self.path, self.shown)
            self.events.append(FileWritten(str(self.path), "scene"))


def _robot_facts(config: SceneConfig, asset: RobotAsset, tree: Tree) -> Iterator[str]:
    from humanoid_brain.scene.robot import stance

    height, _ = stance(config.robot, {}, asset)
    yield (
        f"Robot '{config.robot.name}': {len(tree.links)} links, {len(tree.dof_names)} joints in "
        f"{len(config.robot.joints)} groups; its root stands {height:.2f} m above the ground"
    )
    yield "Root link, feet, masses, inertias, joint limits and mirrored names fit the description"


def _scene_facts(config: SceneConfig, shown: int) -> Iterator[str]:
    if config.num_envs > 1:
        yield f"{config.num_envs:,} environments, {config.spacing:g} m apart"
    if shown < config.num_envs:
        yield f"The viewport shows {shown} of them"
    if config.interior is not None:
        yield from _interior_facts(config, config.interior)


def _interior_facts(config: SceneConfig, interior: InteriorConfig) -> Iterator[str]:
    from humanoid_brain.scene.build import camera_way
    from humanoid_brain.scene.interiors import plan_interior
    from humanoid_brain.scene.layouts import draw_layout

    room = plan_interior(interior).room
    yield f"A room of {room.width:.1f} x {room.depth:.1f} m, {room.height:.1f} m high"
    layout = draw_layout(interior, 0, 0, [camera_way(config)])
    kinds = Counter(name.rpartition("_")[0] for name, seen in zip(layout.names, layout.visible, strict=True) if seen)
    yield f"In it {', '.join(_counted(kind, count) for kind, count in kinds.items())}" if kinds else "It is empty"
    if layout.left_out:
        yield f"{layout.left_out} more of the drawn props found no place: the room is too small for them"


def _counted(kind: str, count: int) -> str:
    if kind == "clutter":
        return f"{count} small thing{'s' if count > 1 else ''}"
    return f"{count} {kind}{'s' if count > 1 else ''}"
