# SPDX-License-Identifier: Apache-2.0
"""Poses of the robot by address: a walk to be simulated, sampled joint angles, or a moment of a recorded motion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from humanoid_brain.config.distributions import Distribution
from humanoid_brain.config.randomization import JointPose, MotionPose, WalkingPose
from humanoid_brain.errors import ConfigError
from humanoid_brain.randomization import sampling
from humanoid_brain.randomization.motion import Motion, Posture
from humanoid_brain.randomization.sampling import Moment
from humanoid_brain.randomization.stream import Stream


@dataclass(frozen=True)
class Walk:
    """What to simulate before a frame is taken."""

    walk: int
    """Index of the walk; frames of one walk follow one another."""
    command: tuple[float, float, float]
    """Forward m/s, left m/s, turn rad/s, in the robot's heading frame."""
    heading: float
    """Heading at the start, degrees."""
    seconds: float
    """Simulated time from the start of the walk to the frame."""


@dataclass(frozen=True)
class JointAngles:
    """A pose without physics."""

    positions: dict[str, float]
    """Angle of each joint in rad."""
    heading: float
    """Heading, degrees."""


def draw_walk(config: WalkingPose, seed: int, frame: int, progress: float = 0.0) -> Walk:
    """The walk that a frame is taken from; the frames of a walk share command and start."""
    walk, step = divmod(frame, config.hold)
    moment = Moment(frame - step, progress)
    one = {
        name: _one(getattr(config, name), seed, name, moment)
        for name in ("forward", "sideways", "turn", "heading", "warm_up")
    }
    command = (one["forward"], one["sideways"], one["turn"])
    return Walk(walk, command, one["heading"], one["warm_up"] + step * config.interval)


def draw_joints(
    config: JointPose,
    nominal: Mapping[str, float],
    limits: Mapping[str, tuple[float, float]],
    seed: int,
    frame: int,
    progress: float = 0.0,
) -> JointAngles:
    """Joint angles around the nominal pose, each uniform between both limits moved in by the drawn share.

    Args:
        config: Share of the range, and which joints move.
        nominal: Nominal angle of each joint in rad.
        limits: Lower and upper limit of each joint in rad.
        seed: Seed of the run.
        frame: Frame index.
        progress: Progress from 0 to 1 for schedules.

    Raises:
        ConfigError: A pattern matches no joint.
    """
    for pattern in config.joints:
        if not any(fnmatchcase(name, pattern) for name in nominal):
            raise ConfigError(
                f"no joint matches '{pattern}'",
                where="robot_pose.joints",
                todo=f"The joints are {', '.join(nominal)}",
            )
    moment = Moment(frame - frame % config.hold, progress)
    share = _one(config.share, seed, "share", moment)
    names = [name for name in nominal if any(fnmatchcase(name, pattern) for pattern in config.joints)]
    numbers = Stream(seed, "robot_pose.joints", names, 1).uniform(moment.frame)[:, 0]
    positions = dict(nominal)
    for name, number in zip(names, numbers.tolist(), strict=True):
        low, high = limits[name]
        centre = min(max(nominal[name], low), high)
        low, high = centre + share * (low - centre), centre + share * (high - centre)
        positions[name] = low + number * (high - low)
    return JointAngles(positions, _one(config.heading, seed, "heading", moment))


def draw_posture(config: MotionPose, motion: Motion, seed: int, frame: int, progress: float = 0.0) -> Posture:
    """A moment of the motion, turned about the vertical by the drawn heading."""
    moment = Moment(frame, progress)
    if config.order == "random":
        time = float(Stream(seed, "robot_pose.time").uniform(frame)[0, 0]) * motion.duration
        return motion.at(time).turned(_one(config.heading, seed, "heading", moment))
    passes, time = divmod(frame * config.interval, max(motion.duration, config.interval))
    start = Moment(round(passes), progress)  # one heading for each pass through the motion
    return motion.at(min(time, motion.duration)).turned(_one(config.heading, seed, "heading", start))


def _one(distribution: Distribution, seed: int, quantity: str, moment: Moment) -> float:
    uniform = Stream(seed, f"robot_pose.{quantity}").uniform(moment.frame)
    return float(sampling.scalar(distribution, uniform, moment)[0, 0])
