# SPDX-License-Identifier: Apache-2.0
"""The training job: rollouts and updates in slices, with exact resume."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.errors import DeviceError, DivergenceError, StorageError
from humanoid_brain.jobs import Event, FileWritten, Job, Warned, beside, import_beside
from humanoid_brain.learning.folder import RunFolder
from humanoid_brain.learning.manifest import Totals
from humanoid_brain.learning.metrics import MetricsLog, read_metrics
from humanoid_brain.machine import cuda_devices, wake_cuda

if TYPE_CHECKING:
    from torch import Tensor

    from humanoid_brain.host import Host
    from humanoid_brain.learning.backlog import Backlog
    from humanoid_brain.learning.checkpoint import CheckpointStore
    from humanoid_brain.learning.env import HumanoidEnv
    from humanoid_brain.learning.ppo import PPO

    State = tuple[Totals, dict[str, Tensor], dict[str, Tensor]]
    """Totals, learner and environment at the start of an iteration."""


@dataclass(frozen=True)
class EpisodeEnded(Event):
    """An episode of one environment is over."""

    name: ClassVar[str] = "episode"
    env: int
    reward: float
    """Sum of its rewards."""
    seconds: float
    """Simulated length, s."""
    cause: str
    """"time_out", "non_finite", or the name of a termination term."""
    success: bool
    """Whether it lasted until its time was up and, where the command is a target, one was reached."""


@dataclass(frozen=True)
class IterationDone(Event):
    """A rollout and its update are over."""

    name: ClassVar[str] = "iteration"
    metrics: dict[str, Any]
    """What ``metrics.jsonl`` holds for it."""


class TrainingJob(Job):
    """Trains a policy, or goes on with the run in its output folder.

    A slice is one physics step of all environments, or one optimizer step. Checkpoints are written between
    iterations, by a thread that the job waits for; since every rollout begins from a state that a checkpoint can
    hold, a run that was killed and resumed equals, on the CPU, the one that was not, bit for bit.

    Args:
        config: The run.
        checkpoint: Name of the checkpoint to go on from; None takes the newest, if there is one.
        host: The simulator; None takes the one this process runs in.
        keep_state: Remember the state at the start of each iteration, so that a job that is closed, or whose simulation
            is taken away, saves it, and loses the iteration under way alone. For those who share a window with it.
    """

    def __init__(
        self,
        config: TrainingConfig,
        *,
        checkpoint: str | None = None,
        host: Host | None = None,
        keep_state: bool = False,
    ) -> None:
        super().__init__()
        self.config = config
        self._wanted, self._host, self._keep_state = checkpoint, host, keep_state
        self._folder: RunFolder | None = None
        self.env: HumanoidEnv | None = None
        """The environment, from the set-up to the end."""
        self.learner: PPO | None = None
        """The learner, once the set-up is done."""
        self._log: MetricsLog | None = None
        self.totals = Totals(0, 0, 0.0)
        self._store: CheckpointStore | None = None
        self._saved = 0
        self._kept: State | None = None
        self.save_asked = False
        """Whether a checkpoint is to be written once the iteration under way is over."""
        self._not_training = 0.0
        self._backlog: Backlog | None = None
        self.progress.unit = "iterations"
        self.progress.total = config.budget.iterations

    # -- the work -------------------------------------------------------------------------------------------

    def slices(self) -> Iterator[None]:
        """Set up, then iterate until the budget is spent or the job is stopped; then save."""
        self.progress.phase = "loading"
        if self.config.device == "cuda":
            wake_cuda()
        wanted = ["humanoid_brain.learning.assembly"]
        if self._keep_state:  # a window stands still while PhysX loads the scene: PyTorch comes before, not meanwhile
            wanted += ["humanoid_brain.learning.env", "humanoid_brain.learning.ppo"]
        yield from import_beside(*wanted)
        self._folder = RunFolder(self.config)
        yield
        env, learner, store = yield from self._set_up()
        from humanoid_brain.learning.backlog import Backlog

        yield
        yield from self._resume_or_begin(env, learner, store)
        self._log = MetricsLog(self._folder.path, self.totals.iteration, tensorboard=self.config.tensorboard)
        self._write_manifest(env)
        yield
        self.progress.phase = "training"
        # Training time is the time spent in slices, less what is not training.
        self._not_training = self.progress.seconds - self.totals.seconds
        self._store, self._saved = store, self.totals.iteration
        self._backlog = backlog = Backlog(env.device)
        self._keep(env, learner)
        while not (self.stopping or self._spent()):
            for _ in self._iterate(env, learner):
                backlog.mark()
                yield
            self._keep(env, learner)  # before anything else happens: this iteration has been reported
            yield
            if self.save_asked or self.totals.iteration % self.config.checkpoint.every == 0:
                yield from self._save(env, learner, store)
        self.progress.phase = "saving"
        if self._saved != self.totals.iteration:
            yield from self._save(env, learner, store)
        self._kept = None
        yield from self._export(env, learner)

    def pause(self) -> None:
        """As of every job; what was queued on a GPU is done, too, when this returns."""
        super().pause()
        if self._backlog is not None:
            self._backlog.drain()

    def save_soon(self) -> None:
        """Write a checkpoint as soon as the iteration under way is over."""
        self.save_asked = True

    def release(self) -> None:
        """Save what was kept in mind, close files, let go of the World and of the folder."""
        try:
            self._save_kept()
        finally:
            if self._log is not None:
                self._log.close()
            if self.env is not None:
                self.env.simulation.close()
                self.env = None
            if self._folder is not None:
                self._folder.release()

    # -- set-up ---------------------------------------------------------------------------------------------

    def _set_up(self) -> Generator[None, None, tuple[HumanoidEnv, PPO, CheckpointStore]]:
        # Heavy packages are imported where they are used, so that a panel opens at once.
        from humanoid_brain.learning.assembly import make_learner, opening_env

        config = self.config
        if config.device == "cuda" and not cuda_devices():
            raise DeviceError("CUDA was asked for, but there is no GPU", where="device", todo="Use --device cpu")
        self.env = env = yield from opening_env(config, host=self._host, learns=True)
        yield
        self.learner = learner = make_learner(config, env)
        from humanoid_brain.learning.checkpoint import CheckpointStore

        reserve = config.checkpoint.reserve_mib << 20
        store = CheckpointStore(
            config.output / "checkpoints", self._signature(env), keep=config.checkpoint.keep, reserve=reserve
        )
        return env, learner, store

    def _signature(self, env: HumanoidEnv) -> dict[str, Any]:
        return {
            "robot": self.config.scene.robot.name,
            "joints": list(env.state.robot.dof_names),
            "task": self.config.task.name,
            "observations": {name: group.size for name, group in env.groups.items()},
            "num_envs": env.num_envs,
            "network": self.config.network.hidden,
            "seed": self.config.seed,
        }

    def _resume_or_begin(self, env: HumanoidEnv, learner: PPO, store: CheckpointStore) -> Iterator[None]:
        if self._wanted is not None or store.names():
            checkpoint = store.read(self._wanted)
            env.reset()
            learner.load_state_dict(checkpoint.learner)
            env.load_state_dict(checkpoint.environment)
            self.totals = checkpoint.totals
            env.record()
            learner.record()
        else:
            env.reset(spread=True)
            env.record()
            learner.record()
            # Robots in motion look unlike robots that were just put down: without a first rollout to take the
            # observations' statistics from, the first updates would see numbers that are far out of range.
            yield from self._collect(env, learner)
            learner.calibrate()
            env.sums.zero_()
            env.rewards.sums.zero_()
        self.progress.begin(self.totals.iteration)

    # -- one iteration --------------------------------------------------------------------------------------

    def _iterate(self, env: HumanoidEnv, learner: PPO) -> Iterator[None]:
        """A rollout, an update, a report."""
        began = self.progress.seconds
        yield from self._collect(env, learner)
        collected = self.progress.seconds
        yield from learner.update()
        metrics = learner.read_metrics()  # waits for the device, so that the clock tells the truth
        yield
        self.totals = Totals(
            self.totals.iteration + 1,
            self.totals.env_steps + env.num_envs * self.config.ppo.steps,
            self.progress.seconds - self._not_training,
        )
        self.progress.done = self.totals.iteration
        self._report(env, metrics, collected - began, self.progress.seconds - collected)
        yield from self._watch(env)

    def _collect(self, env: HumanoidEnv, learner: PPO) -> Iterator[None]:
        env.write_state()
        for _ in range(self.config.ppo.steps):
            action = learner.act(env.observations["policy"], env.observations["critic"])
            _, reward, terminated, truncated, extras = yield from env.stepping(action)
            learner.observe(reward, terminated, truncated, extras["final_obs"]["critic"])
            yield

    def _report(self, env: HumanoidEnv, metrics: dict[str, float], collect: float, learn: float) -> None:
        assert self._log is not None
        steps = self.config.ppo.steps
        episodes = env.episodes.read()
        velocity, yaw, reward = (env.sums / steps).tolist()
        terms = dict(zip(env.rewards.names, (env.rewards.sums / steps).tolist(), strict=True))
        env.sums.zero_()
        env.rewards.sums.zero_()
        causes = env.failures.causes
        row: dict[str, Any] = {
            **dataclasses.asdict(self.totals),
            "reward": reward / env.control_dt,
            "velocity_error": velocity,
            "yaw_error": yaw,
            "steps_per_second": steps * env.num_envs / max(collect + learn, 1e-9),
            "collect_seconds": collect,
            "learn_seconds": learn,
            "episodes": len(episodes),
            "rewards": terms,
            "learner": metrics,
        }
        stayed = [causes[e.cause] == env.failures.TIME_OUT for e in episodes]
        targets = self.config.task.command.kind == "target"
        successes = [up and (e.reached or not targets) for up, e in zip(stayed, episodes, strict=True)]
        falls = len(episodes) - sum(stayed)
        row["falls_per_minute"] = falls * 60.0 / (steps * env.num_envs * env.control_dt)
        if episodes:
            row["episode_reward"] = sum(e.reward for e in episodes) / len(episodes)
            row["episode_seconds"] = sum(e.length for e in episodes) / len(episodes) * env.control_dt
            row["success"] = sum(successes) / len(episodes)
        for e, success in zip(episodes, successes, strict=True):
            self.events.append(EpisodeEnded(e.env, e.reward, e.length * env.control_dt, causes[e.cause], success))
        self._log.write(row)
        self.events.append(IterationDone(row))

    def _watch(self, env: HumanoidEnv) -> Iterator[None]:
        """Pause when too many environments or rewards broke; a few were put right and are only counted."""
        broken = env.broken_steps.cpu() > 0
        count, terms = int(broken.sum()), dict(zip(env.rewards.names, env.rewards.broken.tolist(), strict=True))
        terms = {name: times for name, times in terms.items() if times}
        if not count and not terms:
            return
        env.broken_steps.zero_()
        env.rewards.broken.zero_()
        which = broken.nonzero()[:5, 0].tolist()
        where = f"environments {which}{'...' if count > len(which) else ''}, " if count else ""
        where += f"iteration {self.totals.iteration}"
        whats = [f"the state of {count} environments was not finite"] if count else []
        whats += [f"rewards were not finite, or beyond 1e12 ({', '.join(terms)})"] if terms else []
        what = " and ".join(whats)
        samples = env.num_envs * self.config.ppo.steps
        if max(count / env.num_envs, max(terms.values(), default=0) / samples) <= self.config.guard.max_share:
            self.events.append(Warned(f"{what}: {where}", "They were reset, or count as zero, and the run goes on"))
            return
        todo = "Lower gains, time step, action scale or the weights of the rewards named"
        yield from self.halt(DivergenceError(what, where=where, todo=todo))

    def _keep(self, env: HumanoidEnv, learner: PPO) -> None:
        """Keep the state in mind where the simulation may be taken away, as Isaac Sim's stop button does."""
        if self._keep_state:
            self._kept = self._state(env, learner)

    # -- saving ---------------------------------------------------------------------------------------------

    def _save(self, env: HumanoidEnv, learner: PPO, store: CheckpointStore) -> Iterator[None]:
        began = self.progress.seconds
        state = self._state(env, learner)
        self._kept = state if self._keep_state else None

        def write() -> Path:
            path = store.write(*state)
            self._saved, self.save_asked = self.totals.iteration, False
            return path

        while True:
            try:
                path = yield from beside(write)
            except StorageError as error:
                yield from self.halt(error)
            else:
                self.events.append(FileWritten(str(path), "checkpoint"))
                yield
                self._not_training += self.progress.seconds - began
                return

    def _state(self, env: HumanoidEnv, learner: PPO) -> State:
        return self.totals, _copies(learner.state_dict()), _copies(env.state_dict())

    def _save_kept(self) -> None:
        kept, self._kept = self._kept, None
        if kept is None or self._store is None or kept[0].iteration <= self._saved:
            return
        path = self._store.write(*kept)
        self.events.append(FileWritten(str(path), "checkpoint"))

    def _export(self, env: HumanoidEnv, learner: PPO) -> Iterator[None]:
        from humanoid_brain.learning.policy import save_policy

        def write() -> Path:
            folder = self.config.output / "policy"
            return save_policy(folder, learner.network, self.config, env.state.robot, self._facts())

        while True:
            try:
                path = yield from beside(write)
            except StorageError as error:
                yield from self.halt(error)
            else:
                self.events.append(FileWritten(str(path), "policy"))
                return

    def _facts(self) -> dict[str, Any]:
        from humanoid_brain.learning.assembly import machine

        rows = read_metrics(self.config.output)
        curve = [
            {key: row[key] for key in ("iteration", "seconds", "env_steps", "reward", "velocity_error")} for row in rows
        ]
        return {
            "seed": self.config.seed,
            "totals": dataclasses.asdict(self.totals),
            "machine": machine(self.config.device),
            "curve": curve[:: max(1, len(curve) // 100)],
        }

    def _write_manifest(self, env: HumanoidEnv) -> None:
        from humanoid_brain.learning.assembly import machine

        assert self._folder is not None
        facts = {
            "host": f"{env.simulation.host.name} {env.simulation.host.version}",
            "seed": self.config.seed,
            "machine": machine(self.config.device),
            "reproducible": self.config.device == "cpu",
        }
        self._folder.write_manifest(facts)

    def _spent(self) -> bool:
        budget = self.config.budget
        return self.totals.iteration >= budget.iterations or (0 < budget.seconds <= self.totals.seconds)


def _copies(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}
