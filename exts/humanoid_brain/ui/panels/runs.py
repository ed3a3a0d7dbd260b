# SPDX-License-Identifier: Apache-2.0
"""The runs panel: past runs, their curves and checkpoints, and what can be done with them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import omni.ui as ui

from humanoid_brain.config.base import Location
from humanoid_brain.ui import style
from humanoid_brain.ui.actions import Checkpoint
from humanoid_brain.ui.layout import panel_layout
from humanoid_brain.ui.panels.model_panel import ModelPanel
from humanoid_brain.ui.runs_model import METRICS, RunsModel, evaluation_text
from humanoid_brain.ui.series import number_text
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.widgets.choice import Choice, ValueChoice
from humanoid_brain.ui.widgets.parts import JobBar, Messages, Section, button
from humanoid_brain.ui.widgets.plots import Chart
from humanoid_brain.ui.widgets.run_list import ChoiceList, Line

_EVALUATION: tuple[Location, ...] = (
    *(("episodes",), ("num_envs",), ("episode",), ("push",), ("noise",), ("physics_dt",), ("device",), ("seed",)),
)
_PLAY: tuple[Location, ...] = (
    *(("robots",), ("device",), ("seed",), ("commands",)),
    *(("width",), ("height",), ("fps",), ("samples",), ("film",)),
)
_NONE = "No runs here yet. Start one in the panel Training"


class RunsPanel(ModelPanel[RunsModel]):
    """The tab Runs."""

    title: ClassVar[str] = "Runs"

    def __init__(self, session: Session) -> None:
        super().__init__(session, RunsModel(session))
        self._stale = True
        self._comparing: Choice | None = None

    def build(self) -> None:
        """Make the widgets, and look through the folder for the first time."""
        panel_layout(self._body, self._foot, self._head)
        self.subscriptions.add(
            self.model.task.messages.follow(lambda messages: self.messages.show(messages)),
            self.model.listed.subscribe(self._renew),
            self.model.metric.changed.subscribe(lambda name: self._renew()),
            self.model.folder.changed.subscribe(lambda folder: self._renew()),
        )
        self.model.refresh()

    def update(self) -> None:
        """One frame."""
        super().update()
        if self._stale:
            self._stale = False
            self._show()
        self.job.update(self.model.task.job)
        usable = self.model.chosen is not None and not self.model.task.running
        for each in (self.resume_button, self.play_button, self.film_button, self.evaluate_button, self.export_button):
            each.enabled = usable
        self.open_button.enabled = self.model.run is not None
        looking = " looking ..." if self.model.scanning else ""
        self.where.text = f"{self.model.folder.value}{looking}"

    def on_stage_closed(self) -> None:
        """End what walks or is measured."""
        self.model.task.end("The stage was closed", "Start it again")

    def on_simulation_stopped(self) -> None:
        """End what walks or is measured."""
        self.model.task.end("The simulation was stopped", "Start it again")

    def destroy(self) -> None:
        """End."""
        self._let_go()
        super().destroy()

    # -- parts

    def _head(self) -> None:
        with ui.HStack(height=26, spacing=style.GAP):
            ui.Label("Folder", width=52, name="dim")
            self.where = ui.Label("", elided_text=True)
            button("Choose ...", self._choose_folder, width=84)
            self.refresh_button = button("Refresh", self.model.refresh, width=72)

    def _body(self) -> None:
        with Section("Runs"):
            self.runs = ChoiceList(lambda key: self.model.select(Path(key)), _NONE)
        self.details = ui.VStack(height=0, spacing=style.GAP, visible=False)
        with self.details:
            with Section("Curve"):
                self._curve()
            with Section("Checkpoints"):
                self.checkpoints = ChoiceList(self.model.choose, "None that would load", 108)
                self.refused = ui.Label("", name="warning", word_wrap=True, height=0, visible=False)
        with Section("How to evaluate", collapsed=True):
            self.rows("evaluation", self.model.evaluation, _EVALUATION)
        with Section("How to play and film", collapsed=True):
            self.rows("play", self.model.play, _PLAY)

    def _curve(self) -> None:
        with ui.HStack(height=style.ROW, spacing=style.GAP):
            measuring = ValueChoice(self.model.metric, METRICS, width=180)
            self.metric = measuring.widget
            self.subscriptions.add(*measuring.subscriptions)
            ui.Label("Compare with", name="dim", width=0)
            self.compare = ui.Frame()
        self._chart_frame = ui.Frame(height=0)

    def _foot(self) -> None:
        self.messages = Messages()
        self.job = JobBar()
        with ui.HStack(height=28, spacing=style.GAP):
            self.resume_button = button("Resume", self.model.resume, primary=True, height=28)
            self.play_button = button("Play", self.model.play_policy, height=28, width=60)
            self.film_button = button("Film", self.model.film, height=28, width=52)
            self.evaluate_button = button("Evaluate", self.model.evaluate, height=28, width=78)
            self.export_button = button("Export policy", self._export, height=28, width=104)
            self.open_button = button("Open", self.model.open_folder, height=28, width=56)

    # -- what changes

    def _show(self) -> None:
        model = self.model
        lines = [
            Line(
                str(path),
                model.title(run),
                model.summary(run),
                "",
                str(path),
                usable=run.config is not None,
                chosen=path == model.selected.value,
            )
            for path, run in model.runs.items()
        ]
        self.runs.show(lines, "Looking ..." if model.scanning else _NONE)
        run = model.run
        self.details.visible = run is not None
        if run is None:
            return
        self.checkpoints.show([self._line(each) for each in reversed(run.checkpoints)])
        self.refused.text = "\n".join(run.refused)
        self.refused.visible = bool(run.refused)
        self._show_curves()

    def _line(self, each: Checkpoint) -> Line:
        title = f"Iteration {each.totals.iteration:,}"
        reward = f"reward {number_text(each.reward)}/s" if each.reward is not None else ""
        mark = evaluation_text(each.evaluation) if each.evaluation is not None else ""
        return Line(each.name, title, reward, mark, each.name, chosen=each.name == self.model.checkpoint.value)

    def _show_curves(self) -> None:
        curves = self.model.curves()
        names = [name for name, _ in curves]
        self._chart_frame.clear()
        with self._chart_frame:
            title, legend = ("", names) if len(names) > 1 else (METRICS[self.model.metric.value], [])
            self.chart = Chart(title, height=110, names=legend)
        self.chart.show(*[curve for _, curve in curves], caption="over the iterations")
        others = [path for path in self.model.runs if path != self.model.selected.value]
        labels = ["no other run", *(self.model.title(self.model.runs[path]) for path in others)]
        now = others.index(self.model.compared.value) + 1 if self.model.compared.value in others else 0

        def picked(place: int) -> None:
            self.model.compared.value = others[place - 1] if place else None
            self.model.listed.emit()

        self._let_go()
        self.compare.clear()
        with self.compare:
            self._comparing = Choice(now, labels, picked)
            self.other = self._comparing.widget

    def _let_go(self) -> None:
        if self._comparing is not None:
            self._comparing.close()

    def _renew(self) -> None:
        self._stale = True

    def _choose_folder(self) -> None:
        def picked(path: Path) -> None:
            self.model.folder.value = path

        self.session.services.pick_folder("Folder with runs", picked, folder=self.model.folder.value)

    def _export(self) -> None:
        start = self.model.selected.value
        self.session.services.pick_folder("Folder for the policy", self.model.export, folder=start)
