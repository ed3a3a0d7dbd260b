# SPDX-License-Identifier: Apache-2.0
"""The view model of the runs panel: what was trained, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from humanoid_brain.config.evaluation import EvaluationConfig, PlayConfig
from humanoid_brain.ui.actions import Checkpoint, LiveView, Run, Shelf
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.observable import Event, Value
from humanoid_brain.ui.series import Series, is_plain, number_text
from humanoid_brain.ui.session import Session, require
from humanoid_brain.ui.task import Task
from humanoid_brain.ui.work import Message

OUTPUTS = Path("outputs")
"""Folder that runs are looked for in at first."""
METRICS = {
    "reward": "Reward per second",
    "episode_reward": "Episode reward",
    "episode_seconds": "Episode length",
    "velocity_error": "Velocity error",
    "falls_per_minute": "Falls per minute",
}
"""What curves of runs can be compared by, with titles."""
_SCAN_S = 0.004
"""Time in s per frame for looking through the disk."""


class RunsModel:
    """What the runs panel shows and does.

    Args:
        session: What the panels share.
        clock: Seconds that only grow.
    """

    def __init__(self, session: Session, clock: Callable[[], float] = time.perf_counter) -> None:
        self.session, self._clock = session, clock
        self.task = Task(session.worker)
        self.folder = Value(OUTPUTS)
        """Where runs are looked for."""
        self.runs: dict[Path, Run] = {}
        """Those that were found, newest first."""
        self.listed = Event()
        """Emitted when the list, or a run in it, is another one."""
        self.selected: Value[Path | None] = Value(None)
        """The run that the buttons are about."""
        self.checkpoint = Value("")
        """Name of its checkpoint that the buttons are about."""
        self.compared: Value[Path | None] = Value(None)
        """The run whose curve is drawn over that of the selected one."""
        self.metric = Value("reward")
        """What their curves show."""
        self.evaluation = Form(EvaluationConfig, EvaluationConfig(episodes=64, num_envs=64))
        """How to evaluate."""
        self.play = Form(PlayConfig)
        """How to play."""
        self.playing: LiveView | None = None
        """What the viewport shows of the policy that is played."""
        self._shelf: Shelf | None = None
        self._scan: Iterator[Run | None] | None = None
        self._found: dict[Path, Run] = {}
        self._again: set[Path] = set()
        self._following = [
            session.run_changed.subscribe(self._changed),
            self.folder.changed.subscribe(lambda folder: self.refresh()),
            session.worker.ticked.subscribe(self._follow),
        ]

    # -- state

    @property
    def scanning(self) -> bool:
        """Whether the disk is still being looked through."""
        return self._scan is not None

    @property
    def run(self) -> Run | None:
        """The selected run."""
        return self.runs.get(self.selected.value) if self.selected.value is not None else None

    @property
    def chosen(self) -> Checkpoint | None:
        """The selected checkpoint."""
        checkpoints = self.run.checkpoints if self.run is not None else ()
        return next((each for each in checkpoints if each.name == self.checkpoint.value), None)

    def curves(self) -> list[tuple[str, list[float]]]:
        """Name and curve of the selected run, and of the one it is compared with."""
        paths = [path for path in (self.selected.value, self.compared.value) if path is not None and path in self.runs]
        return [(self.title(self.runs[path]), self._curve(self.runs[path])) for path in paths]

    def title(self, run: Run) -> str:
        """The folder of a run, as seen from where runs are looked for."""
        try:
            return str(run.path.resolve().relative_to(self.folder.value.resolve()))
        except ValueError:
            return run.name

    def summary(self, run: Run) -> str:
        """A run in a line."""
        if run.config is None:
            return run.problem
        last = run.rows[-1] if run.rows else {}
        parts = [f"{run.config.task.name}, {run.config.scene.num_envs:,} envs"]
        parts.append(f"{int(last['iteration']):,} iterations" if "iteration" in last else "no iteration yet")
        if is_plain(last.get("reward")):
            parts.append(f"reward {number_text(last['reward'])}/s")
        return ", ".join(parts)

    # -- actions

    def refresh(self) -> None:
        """Look through the folder again."""
        if self._shelf is None:
            self._shelf = self.session.actions.shelf()
        self._found = {}
        self._scan = self._shelf.scan(self.folder.value)

    def select(self, path: Path) -> None:
        """Choose a run, and its newest checkpoint."""
        self.selected.value = path
        run = self.run
        self.checkpoint.value = run.checkpoints[-1].name if run is not None and run.checkpoints else ""
        if self.compared.value == path:
            self.compared.value = None
        self.listed.emit()

    def choose(self, name: str) -> None:
        """Choose a checkpoint of the selected run."""
        self.checkpoint.value = name
        self.listed.emit()

    def compare(self, path: Path) -> None:
        """Draw the curve of another run over that of the selected one, or no longer."""
        self.compared.value = None if self.compared.value == path or path == self.selected.value else path
        self.listed.emit()

    def resume(self) -> None:
        """Go on with the selected run from the selected checkpoint."""
        run, checkpoint = self.run, self.chosen
        if run is None or checkpoint is None:
            self._need()
            return
        rows = [row for row in run.rows if row.get("iteration", 0) <= checkpoint.totals.iteration]
        before = self.session.worker.job
        self.session.resume_asked.emit(run.path, checkpoint.name, rows)
        if self.session.worker.job is before:
            self.task.say(*self._why())

    def play_policy(self) -> None:
        """Let the policy of the selected checkpoint walk in the viewport."""
        chosen = self._selection()
        if chosen is None:
            return
        run, checkpoint = chosen

        def make() -> Any:
            config: PlayConfig = require(self.play, "Runs").model_copy(
                update={"run": run.path, "checkpoint": checkpoint.name}
            )
            job, view = self.session.actions.play(config)
            if not self.session.worker.busy:
                self.playing = self.session.live.value = view
            return job

        self.task.start("Play", make, lambda job: None)

    def film(self) -> None:
        """Make a film of the policy of the selected checkpoint."""
        chosen = self._selection()
        if chosen is None:
            return
        run, checkpoint = chosen
        output = run.path / "films" / checkpoint.name

        def make() -> Any:
            config: PlayConfig = require(self.play, "Runs").model_copy(
                update={"run": run.path, "checkpoint": checkpoint.name, "output": output}
            )
            return self.session.actions.film(config)

        def done(job: Any) -> None:
            if job.film:
                self.task.say(Message("good", f"The film is {job.film}"))

        self.task.start("Film", make, done)

    def evaluate(self) -> None:
        """Measure the policy of the selected checkpoint."""
        chosen = self._selection()
        if chosen is None:
            return
        run, checkpoint = chosen
        output = run.path / "evaluations" / checkpoint.name

        def make() -> Any:
            config: EvaluationConfig = require(self.evaluation, "Runs").model_copy(
                update={"run": run.path, "checkpoint": checkpoint.name, "output": output}
            )
            return self.session.actions.evaluate(config)

        def done(job: Any) -> None:
            report = job.report
            if report:
                self.task.say(Message("good", f"{checkpoint.name}: {evaluation_text(report)}", f"Report in {output}"))
            self._changed(run.path)

        self.task.start("Evaluation", make, done)

    def export(self, folder: Path) -> None:
        """Write the policy of the selected checkpoint into a folder of its own."""
        chosen = self._selection()
        if chosen is None:
            return
        run, checkpoint = chosen
        self.task.start(
            "Export",
            lambda: self.session.actions.export_policy(run.path, checkpoint.name, folder),
            lambda job: self.task.say(Message("good", f"The policy of {checkpoint.name} is in {folder}")),
        )

    def open_folder(self) -> None:
        """Show the selected run in the file manager."""
        if self.run is not None:
            self.session.services.open_folder(self.run.path)

    def _follow(self) -> None:
        """Take in what the job did, and look a little further through the disk."""
        if self.playing is not None and not self.task.running:
            if self.session.live.value is self.playing:
                self.session.live.value = None
            self.playing = None
        if self._scan is None and self._again and self._shelf is not None:
            self._scan = self._shelf.read(self._again.pop())
            self._found = dict(self.runs)
        if self._scan is not None:
            self._look()

    def reset(self) -> None:
        """The folder, and the settings, that a new session begins with."""
        fresh = RunsModel(self.session)
        self.apply(fresh.collect())
        fresh.close()

    def collect(self) -> dict[str, Any]:
        """The folder and how to play and evaluate."""
        return {
            "folder": str(self.folder.value),
            "metric": self.metric.value,
            "evaluation": self.evaluation.data,
            "play": self.play.data,
        }

    def apply(self, state: dict[str, Any]) -> None:
        """Take over an earlier state."""
        self.evaluation.apply(state["evaluation"])
        self.play.apply(state["play"])
        if state.get("metric") in METRICS:
            self.metric.value = state["metric"]
        folder = state.get("folder")
        if isinstance(folder, str) and folder:
            self.folder.value = Path(folder)

    def close(self) -> None:
        """Follow nothing any longer."""
        self.task.close()
        for subscription in self._following:
            subscription.cancel()

    # -- parts

    def _look(self) -> None:
        assert self._scan is not None
        began, fresh = self._clock(), False
        while self._clock() - began < _SCAN_S:
            try:
                found = next(self._scan)
            except StopIteration:
                self._scan = None
                fresh = self.runs.keys() != self._found.keys() or fresh
                self.runs = self._found
                break
            if found is not None:
                self._found[found.path] = found
                self.runs[found.path] = found
                fresh = True
        if fresh:
            if self.run is not None and self.chosen is None and self.run.checkpoints:
                self.checkpoint.value = self.run.checkpoints[-1].name
            self.listed.emit()

    def _changed(self, path: Path) -> None:
        """Something was written in a run: read it again, if it is in the list or belongs into it."""
        known = {each.resolve(): each for each in self.runs}
        if path.resolve() in known:
            self._again.add(known[path.resolve()])
        elif self._shelf is not None and self._scan is None:
            self.refresh()

    def _curve(self, run: Run) -> list[float]:
        values = (row.get(self.metric.value) for row in run.rows)
        return Series(float(value) for value in values if is_plain(value)).points

    def _selection(self) -> tuple[Run, Checkpoint] | None:
        if self.run is None or self.chosen is None:
            self._need()
            return None
        return self.run, self.chosen

    def _need(self) -> None:
        self.task.say(Message("error", "No checkpoint is chosen", "Choose a run, then one of its checkpoints"))

    def _why(self) -> list[Message]:
        """Why a run could not be resumed; the training panel has said it too."""
        worker = self.session.worker
        if worker.busy and worker.job is not None:
            text = f"{worker.title} is {worker.job.state.value}, and one job runs at a time"
            return [Message("error", text, f"Stop {worker.title} first")]
        return [Message("error", "The run could not be resumed", "The panel Training says why")]


def evaluation_text(report: Any) -> str:
    """The figures of an evaluation that count, in a line: where there is a target, to be there and not how fast."""
    parts: list[str] = []
    survival, error, reached = (report.get(name) for name in ("survival", "velocity_error", "reached"))
    if is_plain(survival):
        parts.append(f"{100 * survival:.0f} % survived")
    if is_plain(reached):
        parts.append(f"{100 * reached:.0f} % reached")
    elif is_plain(error):
        parts.append(f"{error:.2f} m/s off")
    return ", ".join(parts)
