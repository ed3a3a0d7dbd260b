# SPDX-License-Identifier: Apache-2.0
"""The robot of a capture: put into the pose of a frame, by walking there or at once."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from humanoid_brain import paths, rng
from humanoid_brain.capture.links import LinkPoses
from humanoid_brain.capture.walks import WalkInScene, WalksTogether, robots_at_once
from humanoid_brain.config.base import load
from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.config.randomization import JointPose, MotionPose, PoseSource, WalkingPose
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.config.task import VelocityCommandConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.errors import ConfigError
from humanoid_brain.optics import Array
from humanoid_brain.scene.placement import KeepClear

if TYPE_CHECKING:
    from humanoid_brain.host import Host
    from humanoid_brain.learning.env import HumanoidEnv
    from humanoid_brain.learning.policy import Policy
    from humanoid_brain.randomization.motion import Posture

SHIPPED_POLICY = Path("policies") / "walk"
"""Folder of the policy that comes with the package, below data/."""

_ALOFT = 100.0
"""How far in m above its place a parked robot begins to fall."""


class PosedRobot:
    """One robot in a running simulation, and how its pose depends on the frame: on seed and frame alone.

    Made by :func:`opening_robot`.

    Args:
        env: The environment of the robot, and of those that walk beside it out of sight.
        policy: What it walks with; None where it does not walk.
        source: Where poses come from.
        seed: Seed of the capture.
        host: The simulator.
        interior: The room around the robot, if there is one.
    """

    def __init__(
        self,
        env: HumanoidEnv,
        policy: Policy | None,
        source: PoseSource,
        seed: int,
        host: Host,
        interior: InteriorConfig | None,
    ) -> None:
        from humanoid_brain.randomization.motion import load_motion
        from humanoid_brain.scene.build import ROBOT
        from humanoid_brain.scene.kinematics import collision_points

        self._source, self._seed = source, seed
        self.env = env
        self._motion = load_motion(Path(source.file)) if isinstance(source, MotionPose) else None
        self._walks: WalkInScene | WalksTogether | None = None
        if isinstance(source, WalkingPose):
            assert policy is not None
            policy.check_robot(env.state.robot)
            together = env.num_envs > 1
            self._walks = (
                WalksTogether(env, policy, source, seed, interior)
                if together
                else WalkInScene(env, policy, source, seed)
            )
        built = self.env.simulation.built
        paths = {link: f"{ROBOT}/{path}" for link, path in built.link_paths.items()}
        self._links = LinkPoses(host, list(paths.values()), "captured")
        self._outline = {link: collision_points(built.stage.GetPrimAtPath(path)) for link, path in paths.items()}

    def prepare(self, frame: int) -> Iterator[None]:
        """Do what the pose of ``frame`` needs and what stands around the robot must not see, yielding now and then."""
        if isinstance(self._walks, WalksTogether):
            yield from self._walks.prepare(frame)

    def ahead(self, frames: Iterable[int]) -> Iterator[None]:
        """A part of what the poses of later ``frames`` need, yielding before each step; the present pose is lost."""
        if isinstance(self._walks, WalksTogether):
            yield from self._walks.ahead(frames)

    def ways(self, frame: int) -> list[KeepClear]:
        """What has to stay free for the pose of ``frame``; after :meth:`prepare`."""
        return [self._walks.way(frame)] if isinstance(self._walks, WalksTogether) else []

    def pose(self, frame: int) -> Iterator[None]:
        """Bring the robot into the pose of ``frame``, after :meth:`prepare`, yielding after each policy step."""
        if self._walks is not None:
            yield from self._walks.to(frame)
        elif isinstance(self._source, JointPose):
            self._stand(self._source, frame)
        elif isinstance(self._source, MotionPose):
            self._follow(self._source, frame)

    def park(self) -> None:
        """Put the robot where it meets nothing, the same way each time; the next :meth:`pose` fetches it back."""
        self._restart("parked", 0.0)
        self.env.state.root_position[:, 2] += _ALOFT
        self._write()
        if isinstance(self._walks, WalkInScene):
            self._walks.forget()

    def link_poses(self) -> dict[str, Array]:
        """Pose (4, 4) of each link by name, as it is now."""
        return {path.rpartition("/")[2]: pose for path, pose in self._links.read().items()}

    @property
    def heading(self) -> float:
        """Direction in which the robot faces, degrees from +x towards +y."""
        from humanoid_brain.learning.rotations import yaw

        return math.degrees(float(yaw(self.env.state.root_orientation)[0]))

    def close(self) -> None:
        """Let go of the World."""
        self.env.simulation.close()

    def _stand(self, source: JointPose, frame: int) -> None:
        from humanoid_brain.randomization.robot_pose import draw_joints

        state = self.env.state
        names, tensors = state.robot.dof_names, state.tensors
        nominal = dict(zip(names, tensors.nominal.tolist(), strict=True))
        limits = dict(zip(names, zip(tensors.lower.tolist(), tensors.upper.tolist(), strict=True), strict=True))
        drawn = draw_joints(source, nominal, limits, self._seed, frame)
        self._restart(f"joints/{frame}", drawn.heading)
        self._place([drawn.positions[name] for name in names])

    def _follow(self, source: MotionPose, frame: int) -> None:
        from humanoid_brain.randomization.robot_pose import draw_posture

        assert self._motion is not None
        posture: Posture = draw_posture(source, self._motion, self._seed, frame)
        self._restart(f"motion/{frame}", 0.0)
        state = self.env.state
        nominal: dict[str, float] = dict(zip(state.robot.dof_names, state.tensors.nominal.tolist(), strict=True))
        if unknown := sorted(set(posture.joints) - set(nominal)):
            raise ConfigError(
                f"the robot has no joint '{unknown[0]}'", where=source.file, todo=f"Its joints are {', '.join(nominal)}"
            )
        self._place([posture.joints.get(name, angle) for name, angle in nominal.items()], posture)

    def _restart(self, address: str, heading: float) -> None:
        env, turn = self.env, math.radians(heading)
        env.config.reset.heading = (turn, turn)
        env.reset(seed=rng.torch_seed(self._seed, f"capture/{address}") % 2**31)

    def _place(self, joints: list[float], posture: Posture | None = None) -> None:
        """Write joint angles in rad, and the root's pose; without one the robot stands where it is, on the ground."""
        import torch

        env, state = self.env, self.env.state
        state.joint_position[:] = torch.tensor(joints, device=env.device)
        if posture is not None:
            state.root_position[:] = torch.from_numpy(posture.position)
            state.root_orientation[:] = torch.from_numpy(posture.orientation)
        self._write()
        if posture is None:
            state.root_position[:, 2] -= self._lowest()
            self._write()

    def _write(self) -> None:
        simulation = self.env.simulation
        self.env.write_state()
        simulation.host.refresh_links(simulation.world)

    def _lowest(self) -> float:
        """Height in m of the lowest point of the links' collision shapes."""
        poses = self.link_poses()
        return min(
            float((points @ poses[link][2, :3] + poses[link][2, 3]).min())
            for link, points in self._outline.items()
            if len(points)
        )


def opening_robot(scene: SceneConfig, source: PoseSource, seed: int, host: Host) -> Generator[None, None, PosedRobot]:
    """Build the scene and the robot, in slices.

    Args:
        scene: The scene to build; the physics step is the policy's where the robot walks.
        source: Where poses come from.
        seed: Seed of the capture.
        host: The simulator.
    """
    from humanoid_brain.learning.assembly import opening_env

    policy = _load_policy(source) if isinstance(source, WalkingPose) else None
    env = yield from opening_env(_setup(scene, policy), host=host, crowd=robots_at_once(source, host.name))
    return PosedRobot(env, policy, source, seed, host, scene.interior)


def _load_policy(source: WalkingPose) -> Policy:
    from humanoid_brain.learning.policy import load_policy

    policy = load_policy(Path(source.policy) if source.policy else paths.data() / SHIPPED_POLICY)
    if not isinstance(policy.config.task.command, VelocityCommandConfig):
        raise ConfigError(
            f"the policy was trained for the task '{policy.config.task.name}'",
            where="randomization.robot_pose.policy",
            todo="Name one that follows velocity commands",
        )
    return policy


def _setup(scene: SceneConfig, policy: Policy | None) -> TrainingConfig:
    """What :func:`humanoid_brain.learning.assembly.make_env` needs; the task is the policy's, without its pushes."""
    if policy is None:
        setup = load(TrainingConfig, paths.config() / "training" / "walk_cpu.yaml")
    else:
        setup = policy.config.model_copy(deep=True)
    physics = scene.physics.model_copy(update={"dt": setup.scene.physics.dt})
    setup.scene = scene.model_copy(update={"physics": physics, "num_envs": 1})
    setup.device, setup.torch_threads = "cpu", 1  # a second thread costs more than it gives for so few robots
    setup.task.push.speed = 0.0
    if isinstance(setup.task.command, VelocityCommandConfig):
        # The walk sets the command; the task must not draw its own in between.
        setup.task.command.resample = 1e6
    return setup
