# SPDX-License-Identifier: Apache-2.0
"""The evaluation job: many episodes of a deterministic policy, then a report with confidence intervals."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from humanoid_brain.config.evaluation import EvaluationConfig
from humanoid_brain.config.task import TargetCommandConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.files import make_folder, write_json
from humanoid_brain.jobs import FileWritten, Job, import_beside

if TYPE_CHECKING:
    from humanoid_brain.evaluation.tracker import Outcome
    from humanoid_brain.host import Host
    from humanoid_brain.learning.env import HumanoidEnv
    from humanoid_brain.learning.policy import Policy


class EvaluationJob(Job):
    """Runs episodes and writes ``report.json`` and ``report.png``. A slice is one policy step of all environments.

    Args:
        config: What to evaluate and how.
        host: The simulator; None takes the one this process runs in.
    """

    def __init__(self, config: EvaluationConfig, *, host: Host | None = None) -> None:
        super().__init__()
        self.config = config
        self.report: dict[str, Any] = {}
        """The figures, once the job is done."""
        self._host = host
        self._env: HumanoidEnv | None = None
        self.progress.unit = "steps"

    def slices(self) -> Iterator[None]:
        """Load, run the rounds, report."""
        folder = make_folder(self.config.output)
        self.progress.phase = "loading"
        yield from import_beside("torch", "humanoid_brain.learning.assembly", "humanoid_brain.learning.env")
        from humanoid_brain.evaluation.report import plot, summarize
        from humanoid_brain.learning.policy import load_policy, record_evaluation

        policy = load_policy(self.config.folder, self.config.checkpoint)
        yield
        env = yield from self._open(policy)
        policy = policy.to(env.device)
        yield
        self.progress.phase = "walking"
        envs = env.num_envs
        rounds = -(-self.config.episodes // envs)
        self.progress.total = rounds * env.max_episode_length
        outcomes: list[Outcome] = []
        for number in range(rounds):
            yield from self._round(env, policy, number, outcomes)
            if len(outcomes) <= number:  # it was stopped, and part of the episodes says nothing of the whole
                return
        self.progress.phase = "reporting"
        task = policy.config.task
        self.report = {
            "policy": self.config.checkpoint or self.config.folder.name,
            "task": task.name,
            "physics_dt": env.simulation.physics_dt,
            "seed": self.config.seed,
            **summarize(
                outcomes,
                self.config.episodes,
                env.failures.causes,
                env.state.robot.dof_names,
                env.control_dt,
                has_target=isinstance(task.command, TargetCommandConfig),
            ),
        }
        write_json(folder / "report.json", self.report)
        if self.config.record:
            record_evaluation(self.config.folder, self.report)
        plot(self.report, outcomes, env.control_dt, folder / "report.png")
        for name in ("report.json", "report.png"):
            self.events.append(FileWritten(str(folder / name), "report"))

    def release(self) -> None:
        """Let go of the World."""
        if self._env is not None:
            self._env.simulation.close()
            self._env = None

    def _open(self, policy: Policy) -> Generator[None, None, HumanoidEnv]:
        from humanoid_brain.learning.assembly import opening_env

        config = evaluation_setup(policy.config, self.config)
        self._env = env = yield from opening_env(config, host=self._host)
        policy.check_robot(env.state.robot)
        return env

    def _round(self, env: HumanoidEnv, policy: Policy, number: int, outcomes: list[Outcome]) -> Iterator[None]:
        from humanoid_brain.evaluation.tracker import EpisodeTracker

        mass = float(env.simulation.robots.get_body_masses()[0].sum())
        env.reset(seed=self.config.seed + 1_000_003 * number)
        tracker = EpisodeTracker(env, mass)
        for _ in range(env.max_episode_length):
            tracker.before_step()
            env.step(policy(env.observations["policy"]))
            tracker.after_step()
            self.progress.done += 1
            yield
            if self.stopping:
                return
        outcomes.append(tracker.outcome())


def evaluation_setup(training: TrainingConfig, config: EvaluationConfig) -> TrainingConfig:
    """The training's configuration as the evaluation wants it: device, size, length, noise, pushes, time step."""
    setup = training.model_copy(deep=True)
    setup.device, setup.seed = config.device, config.seed
    setup.scene.num_envs = min(config.num_envs, config.episodes)
    setup.task.episode, setup.task.push.speed = config.episode, config.push
    setup.task.observations["policy"].noise = config.noise
    if config.physics_dt > 0:
        control = setup.scene.physics.dt * setup.task.decimation
        setup.scene.physics.dt = config.physics_dt
        setup.task.decimation = max(1, round(control / config.physics_dt))
    return setup
