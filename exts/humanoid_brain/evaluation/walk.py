# SPDX-License-Identifier: Apache-2.0
"""A policy that walks as it is told: for films, and live for whoever watches."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from humanoid_brain import host as hosts
from humanoid_brain.config.evaluation import CommandStep, PlayConfig
from humanoid_brain.config.task import VelocityCommandConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.jobs import Job, import_beside

if TYPE_CHECKING:
    from humanoid_brain.host import Host
    from humanoid_brain.learning.env import HumanoidEnv
    from humanoid_brain.learning.policy import Policy

_NAP = 0.002
"""Longest wait in s within a slice, for the clock to come up with the simulation."""


class WalkJob(Job):
    """Lets a policy walk in real time, round after round of its commands, until it is stopped.

    A slice is one policy step. Nothing is written.

    Args:
        config: What to play; what is about the film does not count.
        host: The simulator; None takes the one this process runs in.
    """

    def __init__(self, config: PlayConfig, *, host: Host | None = None) -> None:
        super().__init__()
        self.config = config
        self._host = host
        self.env: HumanoidEnv | None = None
        """The environment, from the set-up to the end."""
        self.command = ""
        """What the robots are told, in words."""
        self.progress.unit = "s"

    def slices(self) -> Iterator[None]:
        """Load, then walk."""
        self.progress.phase = "loading"
        yield from import_beside("torch", "humanoid_brain.learning.assembly", "humanoid_brain.learning.env")
        from humanoid_brain.learning.policy import load_policy

        policy = load_policy(self.config.folder, self.config.checkpoint)
        yield
        self.env = env = yield from opening_stage(policy, self.config, self._host or hosts.load())
        policy = policy.to(env.device)
        yield
        env.reset()
        self.progress.phase, began = "walking", self.progress.seconds
        while not self.stopping:
            for command in schedule(policy, env, self.config):
                give(env, command)
                self.command = describe(command)
                env.step(policy(env.observations["policy"]))
                self.progress.done += env.control_dt
                yield
                while self.progress.seconds - began < self.progress.done and not self.stopping:
                    time.sleep(_NAP)
                    yield
                if self.stopping:
                    break

    def release(self) -> None:
        """Let go of the World."""
        if self.env is not None:
            self.env.simulation.close()
            self.env = None


def play_setup(training: TrainingConfig, config: PlayConfig) -> TrainingConfig:
    """The training's configuration as a replay wants it: few robots, no pushes, commands from outside."""
    setup = training.model_copy(deep=True)
    setup.device, setup.seed = config.device, config.seed
    setup.scene.num_envs = config.robots
    setup.task.push.speed = 0.0
    setup.task.reset.heading = (0.0, 0.0)
    if isinstance(setup.task.command, VelocityCommandConfig):
        # The schedule sets the commands; the task must not draw its own in between.
        setup.task.command.resample = 1e6
    return setup


def opening_stage(policy: Policy, config: PlayConfig, host: Host) -> Generator[None, None, HumanoidEnv]:
    """The environment in which a policy is played, in slices."""
    from humanoid_brain.learning.assembly import opening_env

    env = yield from opening_env(play_setup(policy.config, config), host=host)
    policy.check_robot(env.state.robot)
    return env


def schedule(policy: Policy, env: HumanoidEnv, config: PlayConfig) -> Iterator[CommandStep | None]:
    """The command of each policy step; None where the task commands itself."""
    own = isinstance(policy.config.task.command, VelocityCommandConfig)
    for command in config.commands:
        for _ in range(round(command.seconds / env.control_dt)):
            yield command if own else None


def give(env: HumanoidEnv, command: CommandStep | None) -> None:
    """Tell all robots what to do; None leaves it to the task."""
    if command is not None:
        for i, value in enumerate((command.forward, command.sideways, command.yaw)):
            env.state.command[:, i] = value


def describe(command: CommandStep | None) -> str:
    """A command in words."""
    if command is None:
        return "towards its target"
    parts = [f"{command.forward:g} m/s forward"]
    parts += [f"{command.sideways:g} m/s to the left"] if command.sideways else []
    parts += [f"turning {command.yaw:g} rad/s"] if command.yaw else []
    return ", ".join(parts) if command.forward or command.sideways or command.yaw else "stand still"
