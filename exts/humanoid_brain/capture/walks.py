# SPDX-License-Identifier: Apache-2.0
"""How a robot comes into the pose of a frame by walking: on its own in the scene, or with others for several frames.

Either way a pose is a function of seed and frame alone: a walk starts from a state that is written as a whole, which
also makes the physics forget what was before.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from humanoid_brain import rng
from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.config.randomization import PoseSource, WalkingPose
from humanoid_brain.scene.interiors import plan_interior
from humanoid_brain.scene.placement import KeepClear

if TYPE_CHECKING:
    from torch import Tensor

    from humanoid_brain.learning.env import HumanoidEnv
    from humanoid_brain.learning.policy import Policy
    from humanoid_brain.randomization.robot_pose import Walk

TOGETHER = 4
"""Robots that walk at once. A step of one robot takes 1.2 ms, of four 2.0, of eight 2.9."""
MOMENTS = 4
"""Frames for which one of them is caught, one after the other; of 1.5 s of walking, a frame takes its share."""
_STRETCH = 15
"""Policy steps that they walk in one go; between two stretches the simulation may serve for something else."""
_LOOK_EVERY = 5
"""Policy steps between two looks whether a walking robot has fallen; counted from the start of its walk."""
_KEPT = 2
"""Blocks of frames whose states are kept: the one under way, and the one that a further attempt at a frame is of."""
_APART = 50.0
"""Distance in m from a room to where robots walk together; hidden props stand on the room's other side."""
_TO_WALL = 0.6
"""Distance in m that a robot's middle keeps from the walls."""


def robots_at_once(source: PoseSource, host: str) -> int:
    """How many robots walk at once for the frames of a capture.

    One where the frames of a walk follow one another, and inside Isaac Sim, which would draw the others.
    """
    return TOGETHER if isinstance(source, WalkingPose) and source.hold == 1 and host == "standalone" else 1


def frames_at_once(source: PoseSource, host: str) -> int:
    """For how many frames they walk: frames with the same i // n share the work."""
    robots = robots_at_once(source, host)
    return robots * MOMENTS if robots > 1 else 1


class WalkInScene:
    """The robot of the scene walks to the moment of a frame, and on from there to the next one of the same walk.

    Args:
        env: The environment of the one robot.
        policy: What it walks with.
        source: Commands and times.
        seed: Seed of the capture.
    """

    def __init__(self, env: HumanoidEnv, policy: Policy, source: WalkingPose, seed: int) -> None:
        self._env, self._policy, self._source, self._seed = env, policy, source, seed
        self._walk, self._steps = -1, 0

    def forget(self) -> None:
        """The robot was put elsewhere: the next frame begins its walk anew."""
        self._walk = -1

    def to(self, frame: int) -> Iterator[None]:
        """Walk to the moment of ``frame``, yielding after each policy step."""
        from humanoid_brain.randomization.robot_pose import draw_walk

        env, walk = self._env, draw_walk(self._source, self._seed, frame)
        wanted = round(walk.seconds / env.control_dt)
        if walk.walk != self._walk or wanted < self._steps:
            self._begin(f"walk/{walk.walk}", walk)
            self._walk, self._steps = walk.walk, 0
        while self._steps < wanted:
            env.follow(self._policy(env.observations["policy"]))
            self._steps += 1
            if self._steps % _LOOK_EVERY == 0 and env.failed().any():  # it stands up again, and walks on
                self._begin(f"walk/{walk.walk}/{self._steps}", walk)
            yield

    def _begin(self, address: str, walk: Walk) -> None:
        env = self._env
        env.reset(seed=rng.torch_seed(self._seed, f"capture/{address}") % 2**31)
        _send_off(env, env.all_rows, [walk])


@dataclass(frozen=True)
class _Moment:
    """State of one robot: root position (3,) from where its walk began, and the rest as in ``State``."""

    root_position: Tensor
    root_orientation: Tensor
    root_velocity: Tensor
    joint_position: Tensor
    joint_velocity: Tensor

    def turned(self, angle: float) -> _Moment:
        """The same, had the walk begun in a direction that is ``angle`` rad further to the left."""
        import torch

        from humanoid_brain.learning.rotations import turn, turn_orientation

        by = torch.tensor(angle)
        position, velocity = self.root_position.clone(), self.root_velocity.clone()
        for vector in (position, velocity[:3], velocity[3:]):
            vector[:2] = turn(by, vector[:2])
        orientation = turn_orientation(by, self.root_orientation)
        return _Moment(position, orientation, velocity, self.joint_position, self.joint_velocity)


class _Course:
    """What one robot walks for: the frames ``ahead``, in the order of their moments, each with its own walk."""

    def __init__(self, ahead: Sequence[int], walks: Sequence[Walk]) -> None:
        self.ahead, self._walks = deque(ahead), walks
        self.walk = walks[ahead[0]]
        """The walk of the frame ahead, or of the last one."""
        self._start = 0.0

    def begin(self) -> None:
        """The robot was sent off in the direction of :attr:`walk`."""
        self._start = self.walk.heading

    @property
    def aside(self) -> float:
        """How far the direction of :attr:`walk` is to the left of that in which the robot was sent off, rad."""
        return math.radians(self.walk.heading - self._start)

    def go_on(self) -> None:
        """The robot was caught for the frame ahead, and walks on for the next."""
        self.ahead.popleft()
        if self.ahead:
            self.walk = self._walks[self.ahead[0]]


class _WalkTogether:
    """Robots walk for one block of frames, in stretches.

    Each stretch starts from a state that is written as a whole, so that it does not matter what the simulation served
    for in between.

    Args:
        env: The environments of the robots.
        policy: What they walk with.
        walks: The walk of each frame of the block.
        seed: Of the environments.
        away: Where each walk begins, (3,) m from its environment's middle.
        reach: How far robots may go from there, m.
    """

    def __init__(
        self, env: HumanoidEnv, policy: Policy, walks: Sequence[Walk], seed: int, away: Tensor, reach: float
    ) -> None:
        self._env, self._policy, self._seed = env, policy, seed
        self._away, self._reach = away, reach
        self._steps = steps = [round(walk.seconds / env.control_dt) for walk in walks]
        in_order = sorted(range(len(walks)), key=steps.__getitem__)
        self._courses = [_Course(in_order[row :: env.num_envs], walks) for row in range(env.num_envs)]  # far apart
        self._step = 0
        self._state: dict[str, Tensor] = {}
        self.moments: dict[int, _Moment] = {}
        """Of the frames that robots were caught for, by their places in the block."""

    @property
    def done(self) -> bool:
        """Whether all moments are there."""
        return len(self.moments) == len(self._steps)

    def stretch(self) -> Iterator[None]:
        """Walk on for a while, yielding after each policy step."""
        env = self._env
        env.reset(seed=self._seed)
        if self._state:
            env.load_state_dict(self._state)
        else:
            self._begin(env.all_rows)
            self._catch()
        for _ in range(_STRETCH):
            if self.done:
                return
            self._step += 1
            env.follow(self._policy(env.observations["policy"]))
            if self._step % _LOOK_EVERY == 0 and (ended := self._ended()).any():  # they stand up again, and walk on
                env.restart(ended)
                self._begin(ended)
            yield
            self._catch()
        self._state = {name: values.clone() for name, values in env.state_dict().items()}

    def _catch(self) -> None:
        import torch

        for row, course in enumerate(self._courses):
            while course.ahead and self._steps[course.ahead[0]] == self._step:
                self.moments[course.ahead[0]] = self._moment(row).turned(course.aside)
                course.go_on()
                self._env.state.command[row] = torch.tensor(course.walk.command)

    def _begin(self, rows: Tensor) -> None:
        for row in rows.nonzero().flatten().tolist():
            self._courses[row].begin()
        _send_off(self._env, rows, [course.walk for course in self._courses], self._away)

    def _ended(self) -> Tensor:
        """Robots that have fallen or are too far away (N,) bool."""
        far = self._gone()[:, :2].norm(dim=-1) > self._reach
        return self._env.failed() | far

    def _gone(self) -> Tensor:
        """Where each robot is, seen from where its walk began on the floor, (N, 3) m."""
        return self._env.state.root_position - self._env.simulation.origins - self._away

    def _moment(self, row: int) -> _Moment:
        state = self._env.state
        return _Moment(
            self._gone()[row],
            state.root_orientation[row].clone(),
            state.root_velocity[row].clone(),
            state.joint_position[row].clone(),
            state.joint_velocity[row].clone(),
        )


class WalksTogether:
    """Robots walk for a block of frames at once, each on its own; the first of them then takes the pose of a frame.

    A step costs hardly more for several robots than for one, and a robot walks on after the moment of its first frame
    to those of further ones, each time under the next frame's command; all floors being alike, its direction is turned
    to that frame's afterwards. They walk on the floor of the simulation alone, beside the room if there is one, and the
    renderer is told to leave the others out. In a room, one that goes too far begins again in the middle, and what
    stands around has to leave its way free.

    Args:
        env: The environments of the robots.
        policy: What they walk with.
        source: Commands and times, drawn for every frame.
        seed: Seed of the capture.
        interior: The room, if there is one.
    """

    def __init__(
        self, env: HumanoidEnv, policy: Policy, source: WalkingPose, seed: int, interior: InteriorConfig | None
    ) -> None:
        import torch

        self._env, self._policy, self._source, self._seed = env, policy, source, seed
        self._frames = env.num_envs * MOMENTS
        self._blocks: dict[int, dict[int, _Moment]] = {}
        self._coming: tuple[int, _WalkTogether] | None = None
        self._first = torch.arange(env.num_envs) == 0
        self._away = torch.zeros(3)
        self._reach, self._clearance = math.inf, 0.0
        if interior is not None:
            room = plan_interior(interior).room
            self._away[1] = _APART
            self._reach = min(room.width, room.depth) / 2 - _TO_WALL
            self._clearance = interior.robot_clearance

    def prepare(self, frame: int) -> Iterator[None]:
        """Let the robots walk for the block that ``frame`` is of, yielding after each policy step."""
        block = frame // self._frames
        if block in self._blocks:
            return
        walk = self._walk(block)
        while not walk.done:
            yield from walk.stretch()
        while len(self._blocks) >= _KEPT:
            del self._blocks[next(iter(self._blocks))]
        self._blocks[block] = walk.moments
        if self._coming is not None and self._coming[1] is walk:
            self._coming = None

    def ahead(self, frames: Iterable[int]) -> Iterator[None]:
        """A stretch of walking for the first of ``frames`` that is not prepared, yielding before each policy step."""
        for block in (frame // self._frames for frame in frames):
            if block not in self._blocks:
                self._coming = block, self._walk(block)
                if not self._coming[1].done:
                    yield
                    yield from self._coming[1].stretch()
                return

    def way(self, frame: int) -> KeepClear:
        """Where the robot of ``frame`` has walked, from the origin on; after :meth:`prepare`."""
        x, y, _ = self._moment_of(frame).root_position.tolist()
        return KeepClear((0.0, 0.0), (x, y), self._clearance)

    def to(self, frame: int) -> Iterator[None]:
        """Bring the first robot into the pose of ``frame``, at once, after :meth:`prepare`."""
        env, moment = self._env, self._moment_of(frame)
        for name, value in vars(moment).items():
            getattr(env.state, name)[0] = value
        env.write_state(self._first)
        env.simulation.host.refresh_links(env.simulation.world)
        yield

    def _moment_of(self, frame: int) -> _Moment:
        block, at = divmod(frame, self._frames)
        return self._blocks[block][at]

    def _walk(self, block: int) -> _WalkTogether:
        """The walk for a block: the one that is under way, or a new one."""
        from humanoid_brain.randomization.robot_pose import draw_walk

        if self._coming is not None and self._coming[0] == block:
            return self._coming[1]
        first = block * self._frames
        walks = [draw_walk(self._source, self._seed, first + at) for at in range(self._frames)]
        seed = rng.torch_seed(self._seed, f"capture/walks/{block}") % 2**31
        return _WalkTogether(self._env, self._policy, walks, seed, self._away, self._reach)


def _send_off(env: HumanoidEnv, rows: Tensor, walks: Sequence[Walk], away: Tensor | float = 0.0) -> None:
    """Put the robots of ``rows`` (N,) bool, which were just reset, ``away`` (3,) m and in their walks' directions."""
    import torch

    from humanoid_brain.learning.rotations import from_yaw

    heading = from_yaw(torch.tensor([math.radians(walk.heading) for walk in walks], device=env.device))
    command = torch.tensor([walk.command for walk in walks], device=env.device)
    env.state.root_position[rows] += away
    env.state.root_orientation[rows] = heading[rows]
    env.state.command[rows] = command[rows]
    env.write_state(rows)
