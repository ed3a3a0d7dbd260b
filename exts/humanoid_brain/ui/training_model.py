# SPDX-License-Identifier: Apache-2.0
"""The view model of the training panel and of the overlay: a draft of a run, and what the run tells."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from humanoid_brain.config.base import load
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.errors import ConfigError, HumanoidBrainError
from humanoid_brain.jobs import FileWritten, JobState
from humanoid_brain.ui.actions import LiveView, TrainingControl
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.observable import Event, Value
from humanoid_brain.ui.presets import presets
from humanoid_brain.ui.series import Series, is_plain, number_text
from humanoid_brain.ui.session import Session, require
from humanoid_brain.ui.task import Task
from humanoid_brain.ui.tempo import Tempo
from humanoid_brain.ui.work import Message, duration_text, error_message, rate_text

FOLDER = "training"
FIRST = "walk_cpu"
"""Preset that a new session begins with; it runs everywhere."""
CURVES = {
    "episode_reward": ("Episode reward", ""),
    "episode_seconds": ("Episode length", "s"),
    "reward": ("Reward per second", ""),
    "velocity_error": ("Velocity error", "m/s"),
    "steps_per_second": ("Throughput", "steps/s"),
}
"""Curves of every run: name in its metrics, title and unit."""
_EPISODES = 200
"""Episodes that the success rate is taken from."""


class TrainingModel:
    """What the training panel and the overlay show and do.

    Args:
        session: What the panels share.
        clock: Seconds that only grow.
    """

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        self.session = session
        self.form = Form(TrainingConfig, load(TrainingConfig, presets(FOLDER)[FIRST]))
        self.task = Task(session.worker, self.form, session.scene)
        self.preset = Value(FIRST)
        """Name of the preset that was loaded last."""
        self.use_scene = Value(False)
        """Whether robot, ground and lights are those of the scene panel."""
        self.curves: dict[str, Series] = {}
        """Curves of the run, by their names in its metrics."""
        self.terms: dict[str, Series] = {}
        """Curves of the reward terms, each with its weight in it."""
        self.metrics: dict[str, Any] = {}
        """Those of the newest iteration."""
        self.reported = Event()
        """Emitted when the curves have grown or begun anew."""
        self.running_config: TrainingConfig | None = None
        """The configuration of the run that is shown."""
        self._control: TrainingControl | None = None
        self._view: LiveView | None = None
        self._cursor = 0
        self._successes: deque[bool] = deque(maxlen=_EPISODES)
        self._tempo = Tempo(clock)
        self._following = [
            session.resume_asked.subscribe(self.resume_run),
            session.worker.ticked.subscribe(self._follow),
        ]

    # -- state

    @property
    def running(self) -> bool:
        """Whether a run is there that has not ended; a paused one too."""
        return self.task.running

    @property
    def state(self) -> JobState:
        """Of the run; idle where there is none."""
        return self.task.job.state if self.task.job is not None else JobState.IDLE

    @property
    def steps(self) -> int:
        """Policy steps of all environments in the run so far."""
        return self._control.totals.env_steps if self._control is not None else 0

    @property
    def iteration(self) -> int:
        """Iterations of the run so far."""
        return self._control.totals.iteration if self._control is not None else 0

    @property
    def success(self) -> float | None:
        """Share of the last episodes that were a success, as their events tell; None before the first has ended."""
        return sum(self._successes) / len(self._successes) if self._successes else None

    @property
    def time_left(self) -> float | None:
        """Estimate in s from the pace of the last iterations; None while nothing is known."""
        if self.running_config is None or self.state is not JobState.RUNNING:
            return None
        return self._tempo.left(self.running_config.budget.iterations - self.iteration)

    def facts(self) -> list[tuple[str, str]]:
        """What there is to know about the run in a few words each."""
        if self.running_config is None:
            return []
        total = self.running_config.budget.iterations
        rate, left, success = self.metrics.get("steps_per_second"), self.time_left, self.success
        falls = self.metrics.get("falls_per_minute")
        return [
            ("Iteration", f"{self.iteration:,} of {total:,}"),
            ("Steps per second", rate_text(rate) if rate else "-"),
            ("Time left", self._left_text(left)),
            ("Steps", count_text(self.steps)),
            ("Success rate", "-" if success is None else f"{100 * success:.0f} %"),
            ("Falls per minute", number_text(falls)),
        ]

    def status(self) -> str:
        """The state of the run in a line."""
        job = self.task.job
        if job is None or self.running_config is None:
            return ""
        name = self.running_config.task.name
        if job.state is JobState.PAUSED:
            return f"{name}: paused after iteration {self.iteration}, nothing advances"
        if job.state.final:
            return f"{name}: {'ended with an error' if job.error else 'ended'} after iteration {self.iteration}"
        if job.state is JobState.STOPPING:
            return f"{name}: finishing the iteration, then saving"
        soon = ", saves after this iteration" if self._control is not None and self._control.save_asked else ""
        return f"{name}: {job.progress.phase or 'starting'}{soon}"

    def headline(self) -> str:
        """Task and state in two words."""
        job = self.task.job
        if job is None or self.running_config is None:
            return ""
        phase = job.progress.phase if job.state is JobState.RUNNING else ""
        ended = "failed" if job.state is JobState.FAILED else "ended"
        return f"{self.running_config.task.name}, {phase or (ended if job.state.final else job.state.value)}"

    # -- actions

    def start(self) -> None:
        """Begin the run of the draft, or go on with the one in its folder."""

        def make() -> Any:
            config = self._config()
            return self._adopt(config, *self.session.actions.train(config))

        self.task.start("Training", make, self._done)

    def resume_run(self, folder: Path, checkpoint: str, rows: Sequence[dict[str, Any]] = ()) -> None:
        """Go on with a run from one of its checkpoints; the draft becomes that of the run."""

        def make() -> Any:
            config = load(TrainingConfig, folder / "config.yaml").model_copy(update={"output": folder})
            if rows and rows[-1].get("iteration", 0) >= config.budget.iterations:
                self._show(config)
                raise ConfigError(
                    f"this run has done all of its {config.budget.iterations:,} iterations",
                    todo="Raise Iterations in the panel Training and press Start there",
                )
            made = self._adopt(config, *self.session.actions.train(config, checkpoint))
            self._show(config)
            return made

        before = self.task.job
        self.task.start("Training", make, self._done)
        if self.task.job is not before:
            self._begin(rows)

    def pause_or_resume(self) -> None:
        """As a click on Pause, which is Resume while the run is paused."""
        self.task.pause_or_resume()
        self._tempo.forget()

    def stop(self) -> None:
        """Finish the iteration, save, and end."""
        self.task.stop()

    def save_now(self) -> None:
        """Write a checkpoint as soon as the iteration is over."""
        if self._control is not None and self.running:
            self._control.save_soon()

    def load_preset(self, name: str) -> None:
        """Take over a preset of config/training."""
        self.load_file(presets(FOLDER)[name])
        self.preset.value = name

    def load_file(self, path: Path) -> None:
        """Take over a configuration file; one that does not fit is told about and changes nothing."""
        try:
            config = load(TrainingConfig, path)
        except HumanoidBrainError as error:
            self.task.say(error_message(error))
            return
        self.form.load(config)
        self.preset.value = ""
        self.task.say()

    def reset(self) -> None:
        """The run that a new session begins with."""
        self.load_preset(FIRST)
        self.use_scene.value = False

    def _follow(self) -> None:
        """Take in what the run did in this frame, whether the panel is shown or not."""
        job = self.task.job
        if job is None or self._control is None:
            return
        events, self._cursor = job.events.read(self._cursor)
        grown = False
        for event in events:
            if event.name == "episode":
                self._successes.append(getattr(event, "success"))  # noqa: B009
            elif event.name == "iteration":
                self._take(getattr(event, "metrics"))  # noqa: B009
                self._tempo.mark()
                grown = True
            elif isinstance(event, FileWritten) and event.kind == "checkpoint":
                self.session.run_changed.emit(Path(event.path).parents[1])
        if grown:
            self.reported.emit()
        if job.state.final and self._view is not None:
            if self.session.live.value is self._view:
                self.session.live.value = None
            self._view = None

    def end(self, why: str) -> None:
        """The simulation was taken away: the run ends, with its state saved."""
        self.task.end(f"{why}; the run ended and was saved", "Resume it in the panel Runs")

    def close(self) -> None:
        """Follow nothing any longer."""
        self.task.close()
        for subscription in self._following:
            subscription.cancel()

    def collect(self) -> dict[str, Any]:
        """The draft, whether it fits or not."""
        return {
            "training": self.form.data,
            "preset": self.preset.value,
            "use_scene": self.use_scene.value,
            "pace": self.session.pace.collect(),
        }

    def apply(self, state: dict[str, Any]) -> None:
        """Take over an earlier draft."""
        self.form.apply(state["training"])
        name = state.get("preset", "")
        self.preset.value = name if name in presets(FOLDER) else ""
        self.use_scene.value = bool(state.get("use_scene", False))
        self.session.pace.apply(dict(state.get("pace", {})))

    # -- parts

    def _config(self) -> TrainingConfig:
        config: TrainingConfig = require(self.form, "Training")
        if not self.use_scene.value:
            return config
        scene = require(self.session.scene, "Scene")
        kept = {name: getattr(config.scene, name) for name in ("num_envs", "spacing", "physics")}
        return config.model_copy(update={"scene": scene.model_copy(update=kept)})

    def _show(self, config: TrainingConfig) -> None:
        self.form.load(config)
        self.preset.value, self.use_scene.value = "", False
        self.session.panel_asked.emit("Training")

    def _adopt(self, config: TrainingConfig, job: Any, control: TrainingControl, view: LiveView | None) -> Any:
        if self.session.worker.busy:
            return job  # the worker says why it cannot start
        self._control, self._cursor, self.running_config = control, 0, config
        self._begin(())
        self._view = self.session.live.value = view
        return job

    def _begin(self, rows: Sequence[dict[str, Any]]) -> None:
        self.curves.clear()
        self.terms.clear()
        self.metrics = {}
        self._successes.clear()
        self._tempo.forget()
        for row in rows:
            self._take(row)
        self.reported.emit()

    def _take(self, metrics: dict[str, Any]) -> None:
        self.metrics = metrics
        for name in CURVES:
            value = metrics.get(name)
            if is_plain(value):
                self.curves.setdefault(name, Series()).add(float(value))
        terms = metrics.get("rewards")
        for name, value in terms.items() if isinstance(terms, dict) else ():
            if is_plain(value):
                self.terms.setdefault(name, Series()).add(float(value))

    def _done(self, job: Any) -> None:
        config = self.running_config
        if config is not None:
            text = f"{config.task.name} ended after iteration {self.iteration:,}; all is saved in {config.output}"
            self.task.say(Message("good", text, "Play or evaluate it in the panel Runs"))
            self.session.run_changed.emit(config.output)

    def _left_text(self, left: float | None) -> str:
        if self.state is JobState.PAUSED:
            return "paused"
        return "-" if left is None else duration_text(left)


def count_text(count: float) -> str:
    """A large number, short: "1.25 M"."""
    if count >= 1e6:
        return f"{count / 1e6:.2f} M"
    return f"{count / 1e3:.1f} k" if count >= 1e4 else f"{count:,.0f}"
